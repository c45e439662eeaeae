"""F7: the server resets bob and lets "him" ask for the seeds that are missing."""

from dataclasses import replace
from typing import Any

import pytest

from hearth.sealed.core import hpke
from hearth.sealed.group.rewrap import RewrapRequest
from hearth.sealed.group.seeds import answer_rewrap
from hearth.sealed.person.receive import Receive
from tests.attacks.conftest import Open
from tests.attacks.device import Device
from tests.client.crypto.cast import NOW, SERVER, device_id, seed_of
from tests.client.crypto.room import GROUP, Room

pytestmark = pytest.mark.sqlite


def ask(room: Room, by: str, version: int = 0, **changes: Any) -> str:
    """A request for the seed of epoch 1 in bob's name, signed by a device."""
    bob = room.cast[2]
    version = version or len(bob.received)
    request = RewrapRequest(
        server=SERVER,
        conversation=GROUP,
        n=1,
        record_hash=room.records[0].hash(),
        user=2,
        device=device_id(by),
        receive_version=version,
        receive_hash=Receive.open(bob.received[version - 1]).hash,
        time=NOW,
        extensions=(),
    )
    return replace(request, **changes).sign(seed_of(by)).hex()


def answers(alice: Device, request: str) -> str | None:
    """Return why alice stays silent, in both implementations; None when she would answer."""
    step = {"op": "answer", "request": request}
    ours = alice.pair.python.take(step)["verdict"]
    web = alice.pair.nodes.ask(view=alice.pair.name, steps=[step])[0]["verdict"]
    assert ours == web
    return None if ours is None else str(ours)


@pytest.fixture
def alice(room: Room, open_device: Open) -> Device:
    """Her device has met bob."""
    device = open_device(room, 1).learns(room)
    device.take("meet", user=2)
    return device


def test_control_who_lost_a_seed_is_given_it_again(room: Room, alice: Device) -> None:
    assert answers(alice, ask(room, "bob phone")) is None
    room.cast[2].renew_receive()
    alice.meets(room.cast[2])
    assert answers(alice, ask(room, "bob phone")) is None, "also at a newer receive key"


def test_a_reset_account_is_given_no_earlier_seed(room: Room, alice: Device) -> None:
    room.cast[2].reset("bob by the server", "bob new")
    assert set(alice.meets(room.cast[2])) == {None}
    assert answers(alice, ask(room, "bob new")) == "changed_identity"
    alice.take("accept", user=2)
    assert answers(alice, ask(room, "bob new")) == "changed_identity", "nor when the person was accepted"


def test_a_device_that_was_removed_is_given_nothing(room: Room, alice: Device) -> None:
    bob = room.cast[2]
    request = ask(room, "bob laptop")
    assert answers(alice, request) is None
    bob.set_devices("bob phone")
    alice.meets(bob)
    assert answers(alice, ask(room, "bob laptop")) == "not_listed"


def test_nothing_is_sealed_to_a_receive_key_that_is_over(room: Room, alice: Device) -> None:
    """The server repeats an old request, whose private key may be in somebody's hands by now."""
    old = ask(room, "bob phone")
    room.cast[2].renew_receive()
    alice.meets(room.cast[2])
    assert answers(alice, old) == "rollback"


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"user": 3}, "fork"),
        ({"record_hash": b"x" * 32}, "wrong_place"),
        ({"receive_hash": b"x" * 32}, "fork"),
        ({"device": device_id("bob laptop")}, "bad_signature"),
    ],
)
def test_a_request_that_the_server_made_or_changed_is_not_answered(
    room: Room, alice: Device, changes: dict[str, Any], verdict: str
) -> None:
    assert answers(alice, ask(room, "bob phone", **changes)) == verdict


def test_an_answer_of_the_servers_making_is_no_seed(room: Room, open_device: Open) -> None:
    bob = open_device(room, 2)
    assert set(bob.meets(*room.cast.values())) == {None}
    assert bob.reads(room.rows, room.hashes[0]) is None
    assert bob.hears_epoch(*room.epochs[0][:2], 1) is None
    receive = seed_of(room.cast[2].receive_name(1))
    receive_hash = Receive.open(room.cast[2].received[0]).hash
    record_hash = room.records[0].hash()
    for seed, verdict in ((b"s" * 32, "bad_commitment"), (room.epochs[0][2], None)):
        wrap = answer_rewrap(hpke.public_key(receive), record_hash, receive_hash, seed)
        step = {"n": 1, "wrap": wrap.hex(), "receive_seed": receive.hex()}
        assert bob.take("answered", receive_hash=receive_hash.hex(), **step) == verdict
