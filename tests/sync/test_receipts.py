"""Receipts are in no log: what was read while a device was away comes with the answer to `sync.open`."""

from hearth.client.replica.state import Replica
from hearth.contract import Actor
from hearth.friends.contract import RemoveFriend
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


async def test_after_the_friendship_nothing_of_the_other_is_told(stage: Stage) -> None:
    alice, bob, conversation_id = await make_friends(stage)
    for number in (1, 2):
        await send(stage, alice, conversation_id, number)
    await stage.run(alice, RemoveFriend(user_id=bob.user_id))
    await mark_read(stage, bob, conversation_id, 2)

    opened = await open_sync(stage, alice, log_seq=1, conversations={conversation_id: 2})

    [known] = [receipts for receipts in opened.receipts if receipts.conversation_id == conversation_id]
    assert {cursor.user_id: cursor.read_seq for cursor in known.cursors} == {
        alice.user_id: 2,
        bob.user_id: 0,
    }
