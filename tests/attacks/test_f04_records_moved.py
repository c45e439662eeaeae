"""F4: the server drops, reorders and repeats records, re-aims a reaction, says that things were deleted."""

from dataclasses import replace

import pytest

from hearth.sealed.core.hashing import sha256
from hearth.sealed.group.entries import EntryKind
from tests.attacks.conftest import Open
from tests.attacks.device import Device
from tests.attacks.server import HostileServer
from tests.client.crypto.room import Room

pytestmark = pytest.mark.sqlite
AGE = 100
"""So many entries later a missing counter is no delay any more (8.5)."""


def show(server: HostileServer, device: Device) -> Device:
    """Let a device that knows people and epochs be shown what the server tells."""
    room = server.room
    assert set(device.meets(*room.cast.values())) == {None}
    assert server.tell(device) is None
    assert device.learns_epoch(room, 1) is None
    return device


def fill(room: Room, count: int = AGE) -> None:
    for _ in range(count):
        room.send(3, "more")


def test_control_the_honest_log_is_shown_without_a_warning(room: Room, open_device: Open) -> None:
    lunch = room.send(2, "Lunch?")
    like = room.send(1, "👍", kind=EntryKind.REACTION, target=lunch)
    fill(room)
    device = show(HostileServer(room), open_device(room))
    assert set(device.verdicts().values()) == {None} and device.warned() == []
    assert device.show()["entries"][like.seq - 1][3] == lunch.seq


def test_a_reaction_is_not_moved_to_another_message(room: Room, open_device: Open) -> None:
    """Alice liked "Lunch?"; at its place the server tells "Send 5000"."""
    lunch = room.send(2, "Lunch?")
    pay = room.send(2, "Send 5000")
    like = room.send(1, "👍", kind=EntryKind.REACTION, target=lunch)
    server = HostileServer(room)
    server.swap(lunch.seq, pay.seq)
    device = show(server, open_device(room))
    assert device.verdicts()[like.seq] == "wrong_target"
    assert device.show()["entries"][like.seq - 1][3] is None


def test_a_reaction_is_not_aimed_elsewhere(room: Room, open_device: Open) -> None:
    lunch, pay = room.send(2, "Lunch?"), room.send(2, "Send 5000")
    like = room.send(1, "👍", kind=EntryKind.REACTION, target=lunch)
    server = HostileServer(room)
    server.alter(like.seq, target_seq=pay.seq)
    assert show(server, open_device(room)).verdicts()[like.seq] == "cannot_open"


def test_an_old_yes_is_not_said_again(room: Room, open_device: Open) -> None:
    yes = room.send(1, "Yes, pay")
    room.send(2, "Send 5000?")
    server = HostileServer(room)
    again = server.repeat(yes.seq)
    device = show(server, open_device(room))
    assert device.verdicts()[again] == "repeated_counter"
    assert device.texts().count("Yes, pay") == 1


def test_an_old_yes_is_not_said_again_to_a_device_that_begins_with_the_newest(
    room: Room, open_device: Open
) -> None:
    """It pages backwards: as soon as the first one comes, the repetition is none."""
    yes = room.send(1, "Yes, pay")
    room.send(2, "Send 5000?")
    server = HostileServer(room)
    again = server.repeat(yes.seq)
    device = open_device(room)
    assert set(device.meets(*room.cast.values())) == {None}
    assert server.tell(device, first=again) is None
    assert device.learns_epoch(room, 1) is None
    assert server.tell(device) is None
    assert device.verdicts()[again] == "repeated_counter"


@pytest.mark.parametrize(
    "new", [{"client_id": b"x" * 16}, {"counter": 7}, {"user": 3}, {"kind": EntryKind.STATE}]
)
def test_what_stands_beside_a_record_is_not_changed(
    room: Room, open_device: Open, new: dict[str, int]
) -> None:
    """So a repetition cannot be told under another counter either."""
    yes = room.send(1, "Yes, pay")
    server = HostileServer(room)
    server.alter(yes.seq, **new)
    assert show(server, open_device(room)).texts() == []


def test_a_message_that_is_dropped_is_missed(room: Room, open_device: Open) -> None:
    """By its device's counter, and by what others say that they have seen."""
    room.send(1, "one")
    gone = room.send(1, "two")
    room.send(1, "three")
    room.send(2, "I have seen two")
    fill(room)
    server = HostileServer(room)
    server.drop(gone.seq)
    assert gone.seq in show(server, open_device(room, 3)).warned()


def test_messages_that_change_places_are_noticed(room: Room, open_device: Open) -> None:
    first, second = room.send(1, "Shall I?"), room.send(2, "Yes")
    room.send(3, "I have seen both")
    server = HostileServer(room)
    server.swap(first.seq, second.seq)
    assert show(server, open_device(room)).warned()


def test_a_log_that_was_shown_is_not_shown_otherwise(room: Room, open_device: Open) -> None:
    room.send(1, "one")
    room.send(2, "two")
    device = show(HostileServer(room), open_device(room))
    server = HostileServer(room)
    server.swap(2, 3)
    assert server.tell(device) == "fork"
    assert device.texts() == ["one", "two"]


def test_what_nobody_deleted_is_withheld_not_deleted(room: Room, open_device: Open) -> None:
    told = room.send(1, "the truth")
    server = HostileServer(room)
    server.empty(told.seq)
    device = show(server, open_device(room))
    assert device.verdicts()[told.seq] == "withheld" and device.warned() == [told.seq]


def test_control_what_its_author_deleted_is_deleted(room: Room, open_device: Open) -> None:
    told = room.send(1, "a slip")
    room.send(1, "", kind=EntryKind.DELETION, target=told)
    server = HostileServer(room)
    server.empty(told.seq)
    device = show(server, open_device(room))
    assert set(device.verdicts().values()) == {None} and device.warned() == []


def test_a_deletion_by_somebody_who_may_not_hides_nothing(room: Room, open_device: Open) -> None:
    """A member in league with the server deletes what the owner said."""
    told = room.send(1, "the truth")
    room.send(3, "", kind=EntryKind.DELETION, target=told)
    server = HostileServer(room)
    server.empty(told.seq)
    assert show(server, open_device(room)).verdicts()[told.seq] == "withheld"


@pytest.mark.parametrize("length", [0, 31, 33])
def test_hashes_of_another_length_are_no_hashes(room: Room, open_device: Open, length: int) -> None:
    """Neither the one below a page nor the one of an entry that was emptied; nothing of the page is taken."""
    said = room.send(1, "hello")
    device, server = open_device(room), HostileServer(room)
    assert set(device.meets(*room.cast.values())) == {None}
    assert device.reads(room.rows, bytes(length)) == "malformed"
    server.alter(said.seq, record=b"", record_hash=bytes(length))
    assert device.reads(server.rows, room.hashes[0]) == "malformed"
    assert device.show()["entries"] == []


def test_bytes_of_the_servers_making_are_nobodys(room: Room, open_device: Open) -> None:
    said = room.send(1, "hello")
    record = said.record[:-1] + bytes([said.record[-1] ^ 1])
    server = HostileServer(room)
    server.rows[said.seq - 1] = replace(said, record=record, record_hash=sha256(record))
    assert show(server, open_device(room)).verdicts()[said.seq] == "cannot_open"
