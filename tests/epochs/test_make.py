"""Making epochs of direct, self and group conversations: what is stored, and who is told what."""

import hashlib

from hearth.contract import Members, Users
from hearth.conversations.contract import ConversationChanged
from hearth.conversations.ids import make_first_hash
from hearth.epochs.contract import EpochMade, ListEpochHeads
from hearth.inbox.contract import GetInboxItems
from hearth.messages.contract import MessageSent, ReadHistory, SendMessage
from hearth.messages.rules import chain_log_hash
from hearth.sealed.group.epoch import Role
from tests.epochs.conftest import Cast
from tests.epochs.kit import make_direct, make_group, make_self
from tests.messages.unsealed import write_unsealed

ROTATE_QUERIES = 15


async def test_a_direct_conversation_begins(cast: Cast) -> None:
    room = make_direct(cast.alice, cast.bob)
    sent = await write_unsealed(cast.stage.services, cast.bob.phone, room.conversation)
    cast.stage.clear()
    command = room.create(cast.alice)
    taken = await room.run(cast.alice, command)
    assert (taken.conversation_id, taken.n, taken.seq) == (room.id, 1, sent.seq + 1)
    page = await cast.stage.run(cast.bob.phone, ReadHistory(conversation_id=room.id, seq=0))
    entry = page.entries[-1]
    assert (entry.seq, entry.kind, entry.counter, entry.epoch, entry.target_seq) == (2, 16, 0, 1, 0)
    assert (entry.from_user, entry.from_device) == (cast.alice.owner.user, cast.alice.id.hex())
    assert entry.client_id == room.records[0].hash()[:16].hex()
    assert entry.record == command.record
    digest = hashlib.sha256(command.record).digest()
    assert entry.log_hash == chain_log_hash(sent.log_hash, 2, 16, cast.alice.owner.user, digest)
    assert entry.ordinal == sent.ordinal, "an epoch is no message"
    assert page.last_ordinal == sent.ordinal


async def test_both_are_told_and_nobody_else(cast: Cast) -> None:
    room = make_direct(cast.alice, cast.bob)
    cast.stage.clear()
    taken = await room.run(cast.alice, room.create(cast.alice))
    both = tuple(sorted(room.homes))
    audience = Members(room.conversation, both)
    made = EpochMade(conversation_id=room.id, n=1, seq=1)
    told = [(event, to) for event, to in cast.stage.published if to.ids]
    assert (made, audience) in told
    sent = [(event.entry.seq, to) for event, to in told if isinstance(event, MessageSent)]
    assert sent == [(taken.seq, audience)]
    assert len(told) == 2


async def test_the_notes_begin(cast: Cast) -> None:
    room = make_self(cast.alice)
    assert (await room.run(cast.alice, room.create(cast.alice))).n == 1
    assert (await room.run(cast.alice, room.rotate(cast.alice))).n == 2


async def test_a_group_comes_into_being(cast: Cast) -> None:
    room = make_group(cast.alice, cast.bob, cast.carol)
    taken = await room.run(cast.alice, room.create(cast.alice))
    assert (taken.n, taken.seq) == (1, 1)
    told = {to for event, to in cast.stage.published if isinstance(event, ConversationChanged)}
    assert told == {Users(tuple(sorted(room.homes)))}
    for home in room.homes.values():
        items = await cast.stage.run(home.phone, GetInboxItems(conversations=[room.id]))
        item = items.items[0]
        roles = {member.user_id: member.role for member in item.members}
        assert roles == {
            cast.alice.owner.user: "owner",
            cast.bob.owner.user: "member",
            cast.carol.owner.user: "member",
        }
        assert (item.conversation.kind, item.conversation.open, item.last_seq) == ("group", True, 1)
        assert item.unread == 0
        page = await cast.stage.run(home.phone, ReadHistory(conversation_id=room.id, seq=0))
        assert page.hash_before == make_first_hash(room.conversation)
    items = await cast.stage.run(cast.dave.phone, GetInboxItems(conversations=[room.id]))
    assert items.items == []


async def test_messages_go_on_above_an_epoch(cast: Cast) -> None:
    """The committer finds the log where the epoch left it, with the members as they are then."""
    room = await cast.group()
    for number, home in enumerate((cast.alice, cast.bob, cast.carol), 1):
        message = SendMessage(
            conversation_id=room.id, client_id=f"{number:032x}", counter=1, record=b"\1" + bytes(288), epoch=1
        )
        assert (await cast.stage.run(home.phone, message)).seq == number * 2
        assert (await room.run(cast.alice, room.rotate(cast.alice))).seq == number * 2 + 1
        cast.stage.clock.advance(60)
    page = await cast.stage.run(cast.bob.phone, ReadHistory(conversation_id=room.id, seq=0))
    digest = make_first_hash(room.conversation)
    for entry in page.entries:
        record = hashlib.sha256(entry.record).digest()
        digest = chain_log_hash(digest, entry.seq, entry.kind, entry.from_user, record)
        assert entry.log_hash == digest


async def test_who_is_removed_reads_that_and_nothing_after(cast: Cast) -> None:
    room = await cast.group()
    taken = await room.run(cast.alice, room.remove(cast.alice, cast.bob))
    made = [to.ids for event, to in cast.stage.published if isinstance(event, EpochMade)]
    assert made == [tuple(sorted({cast.alice.owner.user, cast.carol.owner.user}))]
    changed = [event for event, to in cast.stage.published if to == Users((cast.bob.owner.user,))]
    assert [event.conversation.open for event in changed if isinstance(event, ConversationChanged)] == [False]
    cast.stage.clear()
    await room.run(cast.alice, room.add(cast.alice, cast.dave))
    told = {user for _, to in cast.stage.published for user in to.ids}
    assert cast.bob.owner.user not in told
    page = await cast.stage.run(cast.bob.phone, ReadHistory(conversation_id=room.id, seq=0))
    assert page.entries[-1].seq == page.last_seq == taken.seq
    item = (await cast.stage.run(cast.bob.phone, GetInboxItems(conversations=[room.id]))).items[0]
    shown = {user.id for user in item.conversation.users}
    assert shown == {cast.alice.owner.user, cast.bob.owner.user, cast.carol.owner.user}
    present = {member.user_id for member in item.members}
    assert present == {cast.alice.owner.user, cast.carol.owner.user}
    assert not item.conversation.open
    heads = await cast.stage.run(cast.bob.phone, ListEpochHeads(conversation_ids=[room.id]))
    assert [head.n for head in heads.heads] == [1]


async def test_roles_change_with_the_epoch(cast: Cast) -> None:
    room = await cast.group()
    await room.run(cast.alice, room.set_role(cast.alice, cast.bob, Role.ADMIN))
    item = (await cast.stage.run(cast.carol.phone, GetInboxItems(conversations=[room.id]))).items[0]
    assert {member.user_id: member.role for member in item.members}[cast.bob.owner.user] == "admin"


async def test_a_repeat_is_answered_as_before(cast: Cast) -> None:
    room = await cast.pair()
    command = room.rotate(cast.alice)
    first = await room.run(cast.alice, command)
    cast.stage.clear()
    assert await room.run(cast.alice, command) == first
    assert cast.stage.bus.sent == []
    await room.run(cast.bob, room.rotate(cast.bob))
    assert await cast.stage.run(cast.alice.phone, command) == first, "also after others"


async def test_a_rotation_costs_the_same_whatever_came_before(cast: Cast) -> None:
    room = await cast.group(cast.bob, cast.carol, cast.dave)
    counts = []
    for _ in range(3):
        cast.stage.clear()
        await room.run(cast.alice, room.rotate(cast.alice))
        counts.append(cast.stage.queries)
        cast.stage.clock.advance(60)
    assert counts == [ROTATE_QUERIES] * 3
