"""Rows of the inbox on a real database: contents, audiences, and the number of queries."""

import hashlib
from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert, update

from hearth.contract import Actor
from hearth.conversations.ids import make_direct_id, make_first_hash
from hearth.conversations.tables import CONVERSATION, MEMBER
from hearth.friends.contract import RemoveFriend
from hearth.inbox.contract import GetInboxItems, InboxItem
from hearth.messages.contract import SendMessage
from hearth.messages.tables import MESSAGE
from tests.epochs.kit import make_record_of
from tests.epochs.written import begin_epochs
from tests.friends.telling import befriend
from tests.stage import Stage


def direct(stage: Stage, one: Actor, other: Actor) -> str:
    return make_direct_id(stage.services.identity.server_id, one.user_id, other.user_id).hex()


async def send(stage: Stage, actor: Actor, conversation_id: str, number: int, *, kind: int = 1) -> None:
    command = SendMessage(
        conversation_id=conversation_id,
        client_id=hashlib.md5(f"{actor.user_id} {number}".encode()).hexdigest(),
        counter=number,
        record=make_record_of(f"message {number}".encode()),
        kind=1 if kind else 0,
        epoch=1,
    )
    await stage.run(actor, command)


async def mark_read(stage: Stage, actor: Actor, conversation_id: str, read_seq: int) -> None:
    """Move a cursor without the committer's delay."""
    async with stage.services.database.transaction("write") as transaction:
        own = (MEMBER.c.conversation_id == bytes.fromhex(conversation_id), MEMBER.c.user_id == actor.user_id)
        await transaction.execute(update(MEMBER).where(*own).values(read_seq=read_seq))


async def get(stage: Stage, actor: Actor, *conversation_ids: str) -> list[InboxItem]:
    items: list[InboxItem] = (
        await stage.run(actor, GetInboxItems(conversations=list(conversation_ids)))
    ).items
    return items


async def make_friends(stage: Stage) -> tuple[Actor, Actor, str]:
    alice, bob = await stage.user("alice"), await stage.user("bobby")
    await befriend(stage, alice, bob, ("alice", "bobby"))
    conversation_id = direct(stage, alice, bob)
    await begin_epochs(stage.services, bytes.fromhex(conversation_id))
    stage.clear()
    return alice, bob, conversation_id


async def test_an_empty_conversation(stage: Stage) -> None:
    alice, bob, conversation_id = await make_friends(stage)
    (item,) = await get(stage, alice, conversation_id)
    assert (item.last_seq, item.last_ordinal, item.unread, item.last_entry) == (0, 0, 0, None)
    assert item.log_hash == make_first_hash(bytes.fromhex(conversation_id))
    assert [member.user_id for member in item.members] == [alice.user_id, bob.user_id]


async def test_unread_counts_others_messages_after_ones_cursor(stage: Stage) -> None:
    alice, bob, conversation_id = await make_friends(stage)
    for number in (1, 2, 3):
        await send(stage, bob, conversation_id, number)
    (item,) = await get(stage, alice, conversation_id)
    assert (item.unread, item.last_seq, item.last_ordinal) == (3, 3, 3)
    assert item.last_entry is not None and item.last_entry.record == make_record_of(b"message 3")
    assert item.last_entry.log_hash == item.log_hash
    (of_bob,) = await get(stage, bob, conversation_id)
    assert of_bob.unread == 0
    await mark_read(stage, alice, conversation_id, 2)
    assert (await get(stage, alice, conversation_id))[0].unread == 1
    await send(stage, alice, conversation_id, 4)
    assert (await get(stage, alice, conversation_id))[0].unread == 0
    assert (await get(stage, bob, conversation_id))[0].unread == 1


async def test_entries_that_are_no_messages_are_not_counted(stage: Stage) -> None:
    alice, bob, conversation_id = await make_friends(stage)
    for number, kind in ((1, 1), (2, 0), (3, 0), (4, 1), (5, 0)):
        await send(stage, bob, conversation_id, number, kind=kind)
    (item,) = await get(stage, alice, conversation_id)
    assert (item.last_seq, item.last_ordinal, item.unread) == (5, 2, 2)
    await mark_read(stage, alice, conversation_id, 3)
    assert (await get(stage, alice, conversation_id))[0].unread == 1
    await mark_read(stage, alice, conversation_id, 4)
    assert (await get(stage, alice, conversation_id))[0].unread == 0


async def test_what_is_not_ones_own_is_left_out(stage: Stage) -> None:
    _, bob, conversation_id = await make_friends(stage)
    carol = await stage.user("carol")
    assert await get(stage, carol, conversation_id, "00" * 16) == []
    (item,) = await get(stage, bob, conversation_id, "00" * 16, conversation_id)
    assert item.conversation.id == conversation_id
    assert stage.published == []


async def test_they_come_in_the_order_asked_for_once_each(stage: Stage) -> None:
    alice, _, first = await make_friends(stage)
    carol = await stage.user("carol")
    await befriend(stage, alice, carol, ("alice", "carol"))
    second = direct(stage, alice, carol)
    for order in ([first, second], [second, first]):
        items = await get(stage, alice, *order, *order)
        assert [item.conversation.id for item in items] == order


async def test_a_closed_conversation_does_not_tell_what_others_read_since(stage: Stage) -> None:
    alice, bob, conversation_id = await make_friends(stage)
    for number in (1, 2):
        await send(stage, alice, conversation_id, number)
    await mark_read(stage, bob, conversation_id, 1)
    (item,) = await get(stage, alice, conversation_id)
    known = {member.user_id: member.read_seq for member in item.members}
    assert known == {alice.user_id: 2, bob.user_id: 1}
    await stage.run(bob, RemoveFriend(user_id=alice.user_id))
    await mark_read(stage, bob, conversation_id, 2)
    (item,) = await get(stage, alice, conversation_id)
    assert not item.conversation.open
    assert {member.user_id: member.read_seq for member in item.members} == known
    assert item.last_entry is not None


async def fill(stage: Stage, user: Actor, count: int, moment: datetime) -> list[str]:
    """Put a user into `count` groups with two messages each, by hand: groups have no commands yet."""
    ids = [hashlib.md5(f"group {number}".encode()).digest() for number in range(count)]
    stays = {"joined_seq": 0, "role": "member", "delivered_seq": 0, "read_seq": 1}
    flags = {"pinned": False, "archived": False}
    async with stage.services.database.transaction("write") as transaction:
        await transaction.execute(
            insert(CONVERSATION),
            [
                {
                    "id": id_,
                    "kind": "group",
                    "is_open": True,
                    "last_seq": 2,
                    "last_ordinal": 2,
                    "log_hash": b"2" * 32,
                    "epoch": 0,
                    "created_by": user.user_id,
                    "created_at": moment,
                }
                for id_ in ids
            ],
        )
        await transaction.execute(
            insert(MEMBER),
            [{"conversation_id": id_, "user_id": user.user_id, **stays, **flags} for id_ in ids],
        )
        await transaction.execute(
            insert(MESSAGE),
            [
                {
                    "conversation_id": id_,
                    "seq": seq,
                    "ordinal": seq,
                    "client_id": seq.to_bytes(16, "big"),
                    "from_user": user.user_id,
                    "from_device": b"d" * 16,
                    "counter": seq,
                    "kind": 1,
                    "target_seq": 0,
                    "epoch": 0,
                    "message": b"hello",
                    "record_hash": b"r" * 32,
                    "log_hash": str(seq).encode() * 32,
                    "timestamp": moment + timedelta(seconds=number),
                }
                for number, id_ in enumerate(ids)
                for seq in (1, 2)
            ],
        )
    return [id_.hex() for id_ in ids]


@pytest.mark.parametrize("count", [2, 50])
async def test_fifty_rows_cost_as_many_queries_as_two(stage: Stage, count: int) -> None:
    alice = await stage.user("alice")
    ids = await fill(stage, alice, count, stage.clock.now())
    stage.clear()
    items = await get(stage, alice, *ids)
    assert [item.unread for item in items] == [1] * count
    assert stage.queries == 6, stage.statements


async def test_who_left_a_group_sees_it_as_it_was_then(stage: Stage) -> None:
    alice, bob = await stage.user("alice"), await stage.user("bobby")
    (group,) = await fill(stage, alice, 1, stage.clock.now())
    values = {"role": "member", "delivered_seq": 0, "pinned": False, "archived": False}
    async with stage.services.database.transaction("write") as transaction:
        await transaction.execute(
            insert(MEMBER).values(
                conversation_id=bytes.fromhex(group),
                user_id=bob.user_id,
                joined_seq=0,
                left_seq=1,
                read_seq=0,
                **values,
            )
        )
    (item,) = await get(stage, bob, group)
    assert (item.last_seq, item.last_ordinal, item.unread, item.log_hash) == (1, 1, 1, b"1" * 32)
    assert item.last_entry is not None and item.last_entry.seq == 1
    assert [member.user_id for member in item.members] == [alice.user_id]
    assert [card.id for card in item.conversation.users] == [alice.user_id, bob.user_id]
