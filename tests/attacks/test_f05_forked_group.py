"""F5: two people make the next epoch at once, and the server shows one half the one, the rest the other."""

import copy
from dataclasses import replace

import pytest

from hearth.sealed.core.verdicts import Verdict
from hearth.sealed.group.sealing import Sealing, State, Step, View
from hearth.sealed.group.seeds import epoch_key
from tests.attacks.conftest import Open
from tests.client.crypto.room import Room

pytestmark = pytest.mark.sqlite


@pytest.fixture
def forks(room: Room) -> tuple[Room, Room]:
    """Alice removes carol; at the same time bob, who has not seen it, rotates."""
    other = copy.deepcopy(room)
    room.remove(3)
    other.rotate(actor=2)
    return room, other


def test_control_of_one_epoch_after_the_other_both_are_taken(room: Room, open_device: Open) -> None:
    room.remove(3)
    room.rotate(actor=2)
    room.send(1, "among us")
    assert open_device(room).learns(room).texts() == ["among us"]


def test_a_second_record_of_an_epoch_is_a_fork(forks: tuple[Room, Room], open_device: Open) -> None:
    ours, theirs = forks
    bob = open_device(theirs).learns(theirs)
    signed, roster, _ = ours.epochs[1]
    assert bob.hears_epoch(signed, roster, 2) == "fork"


def test_what_was_said_in_one_half_cannot_be_carried_into_the_other(
    forks: tuple[Room, Room], open_device: Open
) -> None:
    """An insider of both seals alice's signed words again: the record names the epoch by hash, not number."""
    ours, theirs = forks
    said = ours.send(1, "carol is out")
    theirs.post(replace(said, seq=len(theirs.rows) + 1))
    bob = open_device(theirs).learns(theirs)
    assert bob.texts() == []


def test_two_records_never_share_a_key(forks: tuple[Room, Room]) -> None:
    ours, theirs = forks
    seed = ours.epochs[1][2]
    assert epoch_key(seed, ours.records[1].hash()) != epoch_key(seed, theirs.records[1].hash())


def test_the_log_of_one_half_does_not_fit_what_the_other_has_seen(
    forks: tuple[Room, Room], open_device: Open
) -> None:
    """Whoever was in one half is shown the other only as a change of a known log."""
    ours, theirs = forks
    bob = open_device(theirs).learns(theirs)
    assert bob.reads(ours.rows, ours.hashes[0]) == "fork"


def test_the_codes_of_the_halves_differ(forks: tuple[Room, Room], open_device: Open) -> None:
    """What two people read to each other in the conversation's security page."""
    codes = [open_device(half, 1).learns(half).show()["code"] for half in forks]
    assert codes[0] is not None and codes[0] != codes[1]


def test_a_head_below_or_beside_the_known_one_ends_sealing() -> None:
    """An offline client or one that comes back is shown epoch n − k, or another record n."""
    view = View(5, b"h" * 32, has_key=True)
    for n, record_hash, verdict in ((4, b"g" * 32, Verdict.ROLLBACK), (5, b"x" * 32, Verdict.FORK)):
        sealing = Sealing()
        assert sealing.confirm(n, record_hash, view) is Step.TELL_PERSON
        assert (sealing.state, sealing.evidence) == (State.STOPPED, [verdict])
        assert sealing.look_again(view) is Step.TELL_PERSON and not sealing.may_seal
    honest = Sealing()
    assert honest.confirm(5, b"h" * 32, view) is Step.NOTHING and honest.may_seal
