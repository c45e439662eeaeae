"""F2: a stolen device goes on, and publishes a receive key, because the server withholds its removal."""

import copy

import pytest

from hearth.sealed.core.verdicts import Rejected, Verdict
from tests.attacks.conftest import Open
from tests.client.crypto.cast import meet
from tests.client.crypto.room import Room

pytestmark = pytest.mark.sqlite


@pytest.fixture
def stolen(room: Room) -> Room:
    """Carol has removed her phone, and her laptop has made the next epoch."""
    carol = room.cast[3]
    carol.set_devices("carol laptop")
    carol.renew_receive("carol laptop")
    room.rotate(actor=3, by="carol laptop")
    return room


def test_control_what_is_listed_writes_on(stolen: Room, open_device: Open) -> None:
    stolen.send(3, "mine", by="carol laptop")
    assert open_device(stolen).learns(stolen).texts() == ["mine"]


def test_after_the_epoch_that_states_the_removal_the_thief_writes_nothing(
    stolen: Room, open_device: Open
) -> None:
    """Under the old epoch it is out of place, under the new one it is no device of carol's."""
    old = stolen.send(3, "old", by="carol phone", epoch=1)
    new = stolen.send(3, "new", by="carol phone", epoch=2)
    bob = open_device(stolen).learns(stolen)
    assert bob.texts() == []
    assert [bob.verdicts()[row.seq] for row in (old, new)] == ["out_of_place", "not_listed"]


def test_an_epoch_whose_stated_head_is_withheld_is_not_taken_without_it(
    stolen: Room, open_device: Open
) -> None:
    """The server cannot show the epoch and keep the removal back: bob asks for it and does not seal."""
    carol, bob = stolen.cast[3], open_device(stolen)
    before = copy.copy(carol)
    before.statements, before.received = carol.statements[:2], carol.received[:1]
    assert set(bob.meets(stolen.cast[1], stolen.cast[2], before)) == {None}
    assert bob.reads(stolen.rows, stolen.hashes[0]) is None
    assert bob.learns_epoch(stolen, 1) is None
    assert bob.learns_epoch(stolen, 2) == "unproven"
    assert set(bob.meets(carol)) == {None}
    assert bob.learns_epoch(stolen, 2) is None


def test_who_knows_of_the_removal_makes_the_next_epoch_before_sealing(room: Room, open_device: Open) -> None:
    bob = open_device(room).learns(room)
    assert bob.sealing == ["ready"]
    room.cast[3].set_devices("carol laptop")
    bob.meets(room.cast[3])
    assert bob.sealing == ["rotating", "rotate"]


def test_a_receive_key_of_the_thief_ends_with_the_removal(room: Room, open_device: Open) -> None:
    """Attack B: published while the phone was listed; no epoch that states the removal may name it."""
    carol = room.cast[3]
    carol.renew_receive("carol phone")
    carol.set_devices("carol laptop")
    room.rotate(actor=1)
    bob = open_device(room)
    assert set(bob.meets(*room.cast.values())) == {None}
    assert bob.reads(room.rows, room.hashes[0]) is None
    assert bob.learns_epoch(room, 1) is None
    assert bob.learns_epoch(room, 2) == "not_allowed"


def test_a_receive_key_that_the_thief_publishes_afterwards_is_refused(room: Room, open_device: Open) -> None:
    carol, bob = room.cast[3], open_device(room).learns(room)
    carol.set_devices("carol laptop")
    carol.renew_receive("carol phone")
    assert bob.meets(carol) == [None, "not_listed"]
    carol.received.pop()
    carol.renew_receive("carol laptop")
    assert bob.hears_key(carol, 2, carol.received[-1]) is None


def test_an_old_receive_key_is_not_told_as_the_newest(room: Room) -> None:
    """Attack C: the server serves a version whose private part was stolen long ago."""
    carol = room.cast[3]
    carol.renew_receive()
    chain = meet(carol).chain(3)
    with pytest.raises(Rejected) as caught:
        chain.take_newest_receive(carol.received[0])
    assert caught.value.verdict is Verdict.ROLLBACK
    assert chain.take_newest_receive(carol.received[1]).body.version == 2


def test_a_removal_that_is_known_is_not_taken_back(room: Room, open_device: Open) -> None:
    """Another statement in its place is a fork, also when carol's own key signed it."""
    carol, bob = room.cast[3], open_device(room).learns(room)
    twin = copy.deepcopy(carol)
    carol.set_devices("carol laptop")
    assert bob.meets(carol) == [None]
    other = twin.set_devices("carol phone", "carol new")
    assert bob.take("chain", user=3, statement=other.hex()) == "fork"
