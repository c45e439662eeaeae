"""F12: an honest restore is not taken for an attack, and an attack is not excused as a restore."""

from dataclasses import replace

import pytest

from hearth.sealed.core.packed import Place
from tests.attacks.conftest import Open
from tests.attacks.device import Device
from tests.client.crypto.room import Room

pytestmark = pytest.mark.sqlite
GENERATION = b"g" * 16


@pytest.fixture
def restored(room: Room) -> Room:
    """The backup had two entries; alice's device offers what it has above them, under other seqs."""
    room.send(1, "before the backup")
    lost = room.seal(1, "after the backup")
    room.restore(2, GENERATION, Place(9, b"o" * 32))
    room.post(replace(lost, seq=len(room.rows) + 1))
    return room


def told(device: Device, generation: bytes) -> Device:
    """Let `sync.open` name a database generation."""
    device.take("database", generation=generation.hex())
    return device


def test_control_what_a_client_had_is_there_again(restored: Room, open_device: Open) -> None:
    device = told(open_device(restored, 3), GENERATION).learns(restored)
    assert device.texts() == ["before the backup", "after the backup"]
    assert device.warned() == []


def test_without_a_new_generation_nothing_was_restored(restored: Room, open_device: Open) -> None:
    device = open_device(restored, 3).learns(restored)
    assert device.verdicts()[3] == "not_allowed"


def test_a_restore_of_another_generation_is_none(restored: Room, open_device: Open) -> None:
    device = told(open_device(restored, 3), b"x" * 16).learns(restored)
    assert device.verdicts()[3] == "not_allowed"


def test_one_generation_restores_once(restored: Room, open_device: Open) -> None:
    restored.restore(1, GENERATION, Place(9, b"o" * 32))
    device = told(open_device(restored, 3), GENERATION).learns(restored)
    assert device.verdicts()[len(restored.rows)] == "not_allowed"


def test_the_server_itself_restores_nothing(restored: Room, open_device: Open) -> None:
    """Its entry would be signed by somebody who is no device of a member."""
    forged = restored.rows[2]
    restored.rows[2] = replace(forged, device=b"s" * 16)
    device = told(open_device(restored, 3), GENERATION)
    assert set(device.meets(*restored.cast.values())) == {None}
    assert device.reads(restored.rows, restored.hashes[0]) is None
    assert device.learns_epoch(restored, 1) is None
    assert device.verdicts()[3] == "wrong_place"


def test_after_a_restore_a_message_is_still_said_once(restored: Room, open_device: Open) -> None:
    """A server that says it was restored repeats an old yes."""
    again = restored.post(replace(restored.rows[1], seq=len(restored.rows) + 1))
    device = told(open_device(restored, 3), GENERATION).learns(restored)
    assert device.verdicts()[again.seq] == "repeated_counter"


def test_a_lower_head_without_a_restore_is_a_rollback(room: Room, open_device: Open) -> None:
    """A device that knows epoch 2 is shown the time before it."""
    room.rotate()
    device = open_device(room)
    assert set(device.meets(*room.cast.values())) == {None}
    assert device.reads(room.rows, room.hashes[0]) is None
    signed, roster, _ = room.epochs[1]
    named = room.records[1].hash().hex()
    assert device.hears_epoch(signed, roster, 2, op="anchor", hash=named) is None
    first, first_roster, _ = room.epochs[0]
    assert device.hears_epoch(first, first_roster, 1) == "rollback"
