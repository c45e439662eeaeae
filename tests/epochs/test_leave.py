"""Leaving a group: once, by a listed device, in the newest epoch; and what the others make of it."""

import hashlib
from typing import Any

import pytest

from hearth.contract import Actor, Members
from hearth.epochs.contract import LeaveGroup, Left
from hearth.epochs.rules import EpochMoved
from hearth.errors import NotFound
from hearth.messages.contract import MessageSent, ReadHistory, SendMessage
from hearth.messages.sealed import EpochTooOld
from hearth.sealed.group.entries import Leave
from hearth.sealed.group.epoch import Action, Role, Target
from hearth.vault.rules import NotAccepted
from tests.directory.conftest import Home
from tests.directory.kit import NOW
from tests.epochs.conftest import Cast
from tests.epochs.kit import Room, sign_leave


async def leaves(room: Room, home: Home, device: Actor | None = None, **changes: Any) -> Left:
    left: Left = await home.stage.run(device or home.phone, sign_leave(room, home, device, **changes))
    return left


async def refuses(room: Room, home: Home, error: type[Exception], **changes: Any) -> Any:
    with pytest.raises(error) as caught:
        await leaves(room, home, **changes)
    return caught.value


async def rejects(room: Room, home: Home, verdict: str, **changes: Any) -> None:
    assert (await refuses(room, home, NotAccepted, **changes)).fields == {"verdict": verdict}


async def test_a_leave_is_an_entry_of_the_log_that_all_members_hear_of(cast: Cast) -> None:
    room = await cast.group()
    command = sign_leave(room, cast.bob)
    left: Left = await cast.stage.run(cast.bob.phone, command)
    assert (left.n, left.seq) == (1, 2)
    page = await cast.stage.run(cast.carol.phone, ReadHistory(conversation_id=room.id, seq=0))
    entry = page.entries[-1]
    assert (entry.kind, entry.record, entry.epoch, entry.counter) == (17, command.entry, 1, 0)
    assert entry.client_id == Leave.open(command.entry).hash[:16].hex()
    events = cast.stage.published
    told = [{*to.ids} for event, to in events if isinstance(event, MessageSent) and isinstance(to, Members)]
    assert told == [{home.owner.user for home in (cast.alice, cast.bob, cast.carol)}]


async def test_the_same_bytes_again_are_answered_as_before_also_once_one_is_gone(cast: Cast) -> None:
    room = await cast.group()
    command = sign_leave(room, cast.bob)
    first = await cast.stage.run(cast.bob.phone, command)
    assert await cast.stage.run(cast.bob.phone, command) == first
    await remove_left(room, cast.carol, cast.bob, command)
    assert await cast.stage.run(cast.bob.phone, command) == first
    await refuses(room, cast.bob, NotFound)


async def remove_left(room: Room, by: Home, gone: Home, command: LeaveGroup) -> None:
    """Make the epoch without who left, by whoever has the right of everybody to."""
    cause = hashlib.sha256(command.entry).digest()
    lines = [line for line in room.members() if line.user != gone.owner.user]
    target = Target(gone.owner.user, Role.NONE, cause)
    await room.run(by, room.draft(by, Action.REMOVE, lines, [target]))


async def test_everybody_may_remove_who_left_and_only_by_their_entry(cast: Cast) -> None:
    room = await cast.group()
    command = sign_leave(room, cast.bob)
    with pytest.raises(NotAccepted):
        await remove_left(room, cast.carol, cast.bob, command)
    await cast.stage.run(cast.bob.phone, command)
    await remove_left(room, cast.carol, cast.bob, command)
    assert room.n == 2


async def test_nothing_more_is_taken_under_the_epoch_that_somebody_left_in(cast: Cast) -> None:
    room = await cast.group()

    async def say(number: int) -> None:
        client_id, record = number.to_bytes(16, "big").hex(), b"\x01" + bytes(288)
        message = SendMessage(
            conversation_id=room.id, client_id=client_id, counter=number, record=record, epoch=room.n
        )
        await cast.stage.run(cast.alice.phone, message)

    await say(1)
    await leaves(room, cast.bob)
    with pytest.raises(EpochTooOld):
        await say(2)
    await room.run(cast.alice, room.rotate(cast.alice))
    await say(2)


async def test_one_leaves_once_and_the_last_owner_last(cast: Cast) -> None:
    room = await cast.group()
    await rejects(room, cast.alice, "not_allowed")
    await leaves(room, cast.bob)
    await rejects(room, cast.bob, "not_allowed", time=NOW + 1)
    await leaves(room, cast.carol)
    await leaves(room, cast.alice)


async def test_an_entry_of_another_epoch_record_or_server_is_not_taken(cast: Cast) -> None:
    room = await cast.group()
    old = sign_leave(room, cast.bob)
    await rejects(room, cast.bob, "wrong_place", server=b"x" * 16)
    await rejects(room, cast.bob, "fork", record_hash=b"x" * 32)
    await room.run(cast.alice, room.rotate(cast.alice))
    with pytest.raises(EpochMoved):
        await cast.stage.run(cast.bob.phone, old)
    await refuses(room, cast.bob, EpochMoved, epoch=9)


async def test_only_ones_own_listed_device_lets_one_leave(cast: Cast) -> None:
    room = await cast.group()
    with pytest.raises(NotAccepted):
        await cast.stage.run(cast.carol.phone, sign_leave(room, cast.bob))
    laptop = await cast.bob.adds()
    with pytest.raises(NotAccepted):
        await cast.stage.run(laptop, sign_leave(room, cast.bob))
    session = await cast.bob.signs_in()
    cast.bob.owner.seeds[session.device_id] = b"s" * 32
    with pytest.raises(NotAccepted):
        await leaves(room, cast.bob, session)
    cast.bob.owner.seeds[cast.bob.id] = b"f" * 32
    await rejects(room, cast.bob, "bad_signature")
    await leaves(room, cast.bob, laptop)


async def test_nobody_leaves_what_is_no_group_or_not_theirs(cast: Cast) -> None:
    pair = await cast.pair()
    await rejects(pair, cast.alice, "not_allowed")
    room = await cast.group()
    await refuses(room, cast.erin, NotFound)
    await refuses(room, cast.erin, NotFound, conversation=b"n" * 16)
    await refuses(pair, cast.bob, NotFound, conversation=b"n" * 16)
