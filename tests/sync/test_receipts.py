"""Receipts are in no log: what was read while a device was away comes with the answer to `sync.open`."""

import pytest

from hearth.client.replica.state import Replica
from hearth.contract import Actor
from hearth.friends.contract import BlockUser, RemoveFriend, UnblockUser
from hearth.inbox.contract import GetInboxItems
from hearth.messages.contract import ReadHistory
from tests.friends.telling import befriend
from tests.inbox.test_items import make_friends, mark_read, send
from tests.stage import Stage
from tests.sync.test_open import open_sync


async def open_replica(stage: Stage, actor: Actor) -> Replica:
    replica = Replica(actor.user_id)
    replica.apply_opened(await open_sync(stage, actor))
    return replica


async def test_what_was_read_elsewhere_meanwhile_is_known_after_opening(stage: Stage) -> None:
    alice, bob, conversation_id = await make_friends(stage)
    for number in (1, 2, 3):
        await send(stage, bob, conversation_id, number)
    replica = await open_replica(stage, alice)
    assert replica.conversations[conversation_id].unread == 3

    await mark_read(stage, alice, conversation_id, 3)  # on her phone
    opened = await open_sync(stage, alice, log_seq=replica.log_seq, conversations=replica.heads())

    assert opened.snapshot is None and opened.items == []
    replica.apply_opened(opened)
    assert replica.conversations[conversation_id].unread == 0
    assert not replica.stale


async def test_the_other_persons_ticks_are_known_after_opening(stage: Stage) -> None:
    alice, bob, conversation_id = await make_friends(stage)
    for number in (1, 2):
        await send(stage, alice, conversation_id, number)
    replica = await open_replica(stage, alice)
    await mark_read(stage, bob, conversation_id, 2)

    replica.apply_opened(
        await open_sync(stage, alice, log_seq=replica.log_seq, conversations=replica.heads())
    )

    assert replica.conversations[conversation_id].members[bob.user_id].read_seq == 2


@pytest.mark.parametrize("is_blocked", [False, True])
async def test_after_the_friendship_ticks_stand_still_and_friends_again_see_all(
    stage: Stage, is_blocked: bool
) -> None:
    """Whoever ended it, and however: both keep what they knew, in all three answers, and learn no more."""
    alice, bob, conversation_id = await make_friends(stage)
    for number in (1, 2, 3):
        await send(stage, alice, conversation_id, number)
    await mark_read(stage, bob, conversation_id, 2)
    end = BlockUser(username="bobby") if is_blocked else RemoveFriend(user_id=bob.user_id)
    await stage.run(alice, end)
    await mark_read(stage, bob, conversation_id, 3)

    assert await ask_everywhere(stage, alice, conversation_id, bob.user_id) == [2, 2, 2]
    assert await ask_everywhere(stage, bob, conversation_id, alice.user_id) == [3, 3, 3]
    assert await ask_everywhere(stage, bob, conversation_id, bob.user_id) == [3, 3, 3]

    if is_blocked:
        await stage.run(alice, UnblockUser(user_id=bob.user_id))
        assert await ask_everywhere(stage, alice, conversation_id, bob.user_id) == [2, 2, 2]
    await befriend(stage, alice, bob, ("alice", "bobby"))
    assert await ask_everywhere(stage, alice, conversation_id, bob.user_id) == [3, 3, 3]


async def ask_everywhere(stage: Stage, asker: Actor, conversation_id: str, user_id: int) -> list[int]:
    """Return up to where a user has read, as a page, a row and `sync.open` tell it."""
    page = await stage.run(asker, ReadHistory(conversation_id=conversation_id, seq=0))
    (item,) = (await stage.run(asker, GetInboxItems(conversations=[conversation_id]))).items
    opened = await open_sync(stage, asker, log_seq=1, conversations={conversation_id: page.last_seq})
    [known] = [receipts for receipts in opened.receipts if receipts.conversation_id == conversation_id]
    return [
        next(cursor.read_seq for cursor in cursors if cursor.user_id == user_id)
        for cursors in (page.members, item.members, known.cursors)
    ]
