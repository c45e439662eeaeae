"""How conversations come, close and open again, and who hears of it."""

import pytest
from sqlalchemy import func, select, update

from hearth.accounts.contract import DeleteAccount
from hearth.contract import Actor, Context
from hearth.conversations.access import get_access, list_member_ids
from hearth.conversations.contract import Conversation, ConversationChanged
from hearth.conversations.ids import make_direct_id, make_first_hash, make_self_id
from hearth.conversations.open import open_direct, open_self
from hearth.conversations.tables import CONVERSATION, MEMBER
from hearth.errors import NotFound
from hearth.friends.contract import BlockUser, RemoveFriend, RequestFriend, UnblockUser
from hearth.inbox.contract import GetInboxItems
from hearth.work import perform
from tests.friends.telling import befriend, list_told
from tests.stage import Stage

NAMES = ("alice", "bobby")


async def make_friends(stage: Stage) -> tuple[Actor, Actor, bytes]:
    alice, bob = await stage.user("alice"), await stage.user("bobby")
    await stage.user("carol")
    await befriend(stage, alice, bob, NAMES)
    return alice, bob, make_direct_id(stage.services.identity.server_id, alice.user_id, bob.user_id)


def changes(stage: Stage) -> list[Conversation]:
    return [event.conversation for event, _ in stage.published if isinstance(event, ConversationChanged)]


async def test_a_friendship_brings_one_conversation_to_both(stage: Stage) -> None:
    alice, bob = await stage.user("alice"), await stage.user("bobby")
    await stage.run(alice, RequestFriend(username="bobby"))
    await stage.run(bob, RequestFriend(username="alice"))
    (conversation,) = changes(stage)
    conversation_id = make_direct_id(stage.services.identity.server_id, alice.user_id, bob.user_id)
    assert conversation.id == conversation_id.hex()
    assert (conversation.kind, conversation.open) == ("direct", True)
    assert [card.username for card in conversation.users] == ["alice", "bobby"]
    async with stage.services.database.transaction("read") as transaction:
        head = (await get_access(transaction, conversation_id, alice.user_id)).head
        assert (head.last_seq, head.last_ordinal, head.log_hash) == (0, 0, make_first_hash(conversation_id))
        assert await list_member_ids(transaction, conversation_id) == (alice.user_id, bob.user_id)


async def test_it_closes_with_the_friendship_and_opens_again_with_it(stage: Stage) -> None:
    alice, bob, conversation_id = await make_friends(stage)
    await stage.run(bob, RemoveFriend(user_id=alice.user_id))
    assert [change.open for change in changes(stage)] == [False]
    assert {name for name, _ in list_told(stage)} == {"friend.removed", "conversation.changed"}
    stage.clear()
    await befriend(stage, alice, bob, NAMES)
    async with stage.services.database.transaction("read") as transaction:
        access = await get_access(transaction, conversation_id, bob.user_id)
        assert access.head.is_open
        assert len(access.stays) == 1
        count = select(func.count()).select_from(CONVERSATION).where(CONVERSATION.c.kind == "direct")
        assert (await transaction.execute(count)).scalar() == 1


async def test_opening_what_is_open_tells_nobody(stage: Stage) -> None:
    alice, bob, _ = await make_friends(stage)

    async def verb(context: Context) -> None:
        await open_direct(context, alice.user_id, bob.user_id)
        await open_self(context, alice.user_id)
        assert context.published == []

    await perform(stage.services, alice, verb)


async def test_everybody_has_notes_from_the_start(stage: Stage) -> None:
    alice = await stage.user("alice")
    notes = make_self_id(stage.services.identity.server_id, alice.user_id)
    (item,) = (await stage.run(alice, GetInboxItems(conversations=[notes.hex()]))).items
    assert (item.conversation.kind, item.conversation.open) == ("self", True)
    assert [member.user_id for member in item.members] == [alice.user_id]


async def test_a_stranger_is_answered_as_if_it_were_not_there(stage: Stage) -> None:
    _, _, conversation_id = await make_friends(stage)
    carol = await stage.user("caroline")
    problems = []
    async with stage.services.database.transaction("read") as transaction:
        for asked_for in (conversation_id, b"\x01" * 16):
            with pytest.raises(NotFound) as refused:
                await get_access(transaction, asked_for, carol.user_id)
            problems.append(refused.value.to_problem())
    assert problems[0] == problems[1]


async def test_conversations_with_a_deleted_user_close(stage: Stage) -> None:
    alice, bob, conversation_id = await make_friends(stage)
    await stage.run(alice, DeleteAccount(auth_key=b"alice".ljust(32, b"\0")))
    (change,) = [change for change in changes(stage) if change.kind == "direct"]
    assert (change.id, change.open) == (conversation_id.hex(), False)
    assert [(card.username, card.deleted) for card in change.users] == [("", True), ("bobby", False)]
    (item,) = (await stage.run(bob, GetInboxItems(conversations=[conversation_id.hex()]))).items
    assert item.conversation == change


async def list_frozen(stage: Stage, conversation_id: bytes) -> list[tuple[int | None, int | None]]:
    frozen = select(MEMBER.c.frozen_delivered_seq, MEMBER.c.frozen_read_seq)
    query = frozen.where(MEMBER.c.conversation_id == conversation_id).order_by(MEMBER.c.user_id)
    async with stage.services.database.transaction("read") as transaction:
        return [(row[0], row[1]) for row in await transaction.execute(query)]


@pytest.mark.parametrize("is_blocked", [False, True])
async def test_closing_keeps_where_everybody_was_and_opening_forgets_it(
    stage: Stage, is_blocked: bool
) -> None:
    alice, bob, conversation_id = await make_friends(stage)
    assert await list_frozen(stage, conversation_id) == [(None, None)] * 2
    async with stage.services.database.transaction("write") as transaction:
        for user_id, delivered, read in ((alice.user_id, 5, 4), (bob.user_id, 3, 0)):
            await transaction.execute(
                update(MEMBER)
                .where(MEMBER.c.conversation_id == conversation_id, MEMBER.c.user_id == user_id)
                .values(delivered_seq=delivered, read_seq=read)
            )
    end = BlockUser(username="bobby") if is_blocked else RemoveFriend(user_id=bob.user_id)
    await stage.run(alice, end)
    assert await list_frozen(stage, conversation_id) == [(5, 4), (3, 0)]
    if is_blocked:
        await stage.run(alice, UnblockUser(user_id=bob.user_id))
        assert await list_frozen(stage, conversation_id) == [(5, 4), (3, 0)]
    await befriend(stage, alice, bob, NAMES)
    assert await list_frozen(stage, conversation_id) == [(None, None)] * 2
