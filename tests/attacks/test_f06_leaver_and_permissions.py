"""F6: who leaves reads on, who was reset lets themselves in, and an admin removes an equal."""

import copy

import pytest

from hearth.sealed.group.epoch import Action, Role, Target
from hearth.sealed.group.seeds import epoch_key
from tests.attacks.conftest import Open
from tests.attacks.device import Device
from tests.client.crypto.room import NO_HASH, Room

pytestmark = pytest.mark.sqlite


def hear(device: Device, room: Room) -> str | None:
    """Tell a device all but the newest epoch, and then that one."""
    assert set(device.meets(*room.cast.values())) == {None}
    assert device.reads(room.rows, room.hashes[0]) is None
    for n in range(1, room.n):
        assert device.learns_epoch(room, n) is None
    return device.learns_epoch(room, room.n)


def test_control_who_left_is_removed_by_the_next_who_writes(room: Room, open_device: Open) -> None:
    left = room.leave(3)
    room.remove(3, actor=2, cause=left.record_hash)
    room.send(2, "among us")
    alice = open_device(room, 1).learns(room)
    assert alice.texts() == ["among us"] and [one[0] for one in alice.show()["epochs"][-1][2]] == [1, 2]


def test_nothing_is_said_under_a_key_that_who_left_has(room: Room, open_device: Open) -> None:
    """The server goes on taking records of the old epoch: they are out of place, and nobody makes such."""
    room.leave(3)
    said = room.send(1, "only for us")
    bob = open_device(room).learns(room)
    assert bob.verdicts()[said.seq] == "out_of_place" and bob.texts() == []
    assert bob.sealing == ["rotating", "remove"]


def test_the_next_read_of_who_left_fails(room: Room) -> None:
    """Carol keeps all she had: no key of hers gives the next one, which is not sealed to her."""
    left = room.leave(3)
    room.remove(3, actor=2, cause=left.record_hash)
    assert 3 not in room.rosters[-1].by_user()
    old, new = room.epochs[0][2], room.epochs[1][2]
    next_key = epoch_key(new, room.records[1].hash())
    assert next_key not in {epoch_key(old, record.hash()) for record in room.records}


def test_nobody_is_removed_as_having_left_who_has_not(room: Room, open_device: Open) -> None:
    """Bob, a member, says that carol left and names a leave entry that there is not, or alice's."""
    for cause in (b"\7" * 32, room.leave(2).record_hash):
        attempt = copy.deepcopy(room)
        attempt.remove(3, actor=2, cause=cause)
        assert hear(open_device(attempt, 1), attempt) == "not_allowed"


@pytest.fixture
def with_admins(room: Room) -> Room:
    """Bob and carol are admins."""
    lines = [room.member(1, Role.OWNER), room.member(2, Role.ADMIN), room.member(3, Role.ADMIN)]
    targets = Target(2, Role.ADMIN, NO_HASH), Target(3, Role.ADMIN, NO_HASH)
    room.make(Action.ROLE, 1, lines, *targets)
    room.post_epoch()
    return room


def test_no_admin_removes_or_raises_an_equal(with_admins: Room, open_device: Open) -> None:
    removal = copy.deepcopy(with_admins)
    removal.remove(3, actor=2)
    assert hear(open_device(removal, 1), removal) == "not_allowed"
    raised = copy.deepcopy(with_admins)
    lines = [raised.member(1, Role.OWNER), raised.member(2, Role.OWNER), raised.member(3, Role.ADMIN)]
    raised.make(Action.ROLE, 2, lines, Target(2, Role.OWNER, NO_HASH))
    raised.post_epoch()
    assert hear(open_device(raised, 1), raised) == "not_allowed"
    by_owner = copy.deepcopy(with_admins)
    by_owner.remove(3, actor=1)
    assert hear(open_device(by_owner, 2), by_owner) is None


def test_a_change_that_its_action_does_not_name_is_refused(room: Room, open_device: Open) -> None:
    """A rotation that takes somebody along, or leaves somebody out."""
    room.make(Action.ROTATE, 1, [room.member(1, Role.OWNER), room.member(2, Role.MEMBER)])
    room.post_epoch()
    assert hear(open_device(room), room) == "not_allowed"


def test_who_was_reset_does_not_let_themselves_in(room: Room, open_device: Open) -> None:
    """The server resets bob's account and makes the epoch with the new key; or another member does."""
    bob = room.cast[2]
    bob.reset("bob 2", "bob new")
    lines = [room.member(1, Role.OWNER), room.member(2, Role.MEMBER), room.member(3, Role.MEMBER)]
    by_itself = copy.deepcopy(room)
    by_itself.make(Action.REIDENTIFY, 2, lines, Target(2, Role.MEMBER, NO_HASH), by="bob new")
    by_itself.post_epoch()
    assert hear(open_device(by_itself, 1), by_itself) == "not_allowed"
    silent = copy.deepcopy(room)
    silent.make(Action.ROTATE, 2, lines, by="bob new")
    silent.post_epoch()
    assert hear(open_device(silent, 1), silent) == "not_allowed"
    room.make(Action.REIDENTIFY, 1, lines, Target(2, Role.MEMBER, NO_HASH))
    room.post_epoch()
    assert hear(open_device(room, 3), room) is None


def test_the_actor_of_an_epoch_is_in_it(room: Room, open_device: Open) -> None:
    """So nobody leaves by an epoch of their own, with its key in their pocket."""
    lines = [room.member(1, Role.OWNER), room.member(2, Role.MEMBER)]
    room.make(Action.REMOVE, 3, lines, Target(3, Role.NONE, NO_HASH))
    room.post_epoch()
    assert hear(open_device(room, 1), room) == "not_allowed"
