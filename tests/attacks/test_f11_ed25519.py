"""F11: keys of small or mixed order are valid in one engine and not in another: a group splits by browser."""

import json
from pathlib import Path
from typing import Any

import pytest

from hearth.sealed.core import ed25519
from hearth.sealed.core.verdicts import Rejected, Verdict
from hearth.sealed.person.user_chain import IDENTITY_SIGNS, Devices
from hearth.sealed.person.user_chain import Device as Listed
from hearth.sealed.person.user_state import next_statement
from tests.attacks.conftest import Open
from tests.client.crypto.cast import NOW, SERVER, device_id, kem_hash, seed_of
from tests.client.crypto.room import Room

pytestmark = pytest.mark.sqlite
VECTORS = Path(__file__).parents[1] / "vectors" / "ed25519.json"
SMALL = [
    b"\x01" + bytes(31),
    b"\xec" + b"\xff" * 30 + b"\x7f",
    bytes(32),
    bytes(31) + b"\x80",
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85"),
    bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
    bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"),
]
"""All points of order 1, 2, 4 and 8 in their canonical encoding."""
UNIVERSAL = b"\x01" + bytes(63)
"""R is the neutral point, S is 0: under a key of small order it fits every message in lax engines."""


def list_phone(room: Room, key: bytes) -> bytes:
    """Carol signs a list whose only device has this key."""
    carol = room.cast[3]
    phone = Listed(device_id("carol new"), key, kem_hash("carol new"), (1,))
    statement = Devices((phone,))
    made = next_statement(carol.state, SERVER, 3, statement, signer=IDENTITY_SIGNS, time=NOW)
    return made.sign(seed_of(carol.identity))


def test_control_a_key_as_it_should_be_is_listed(room: Room, open_device: Open) -> None:
    bob = open_device(room).learns(room)
    good = list_phone(room, ed25519.public_key(b"k" * 32))
    assert bob.take("chain", user=3, statement=good.hex()) is None


@pytest.mark.parametrize("key", SMALL, ids=[key.hex()[:8] + key.hex()[-2:] for key in SMALL])
def test_a_key_of_small_order_is_in_nobodys_list(room: Room, open_device: Open, key: bytes) -> None:
    bob = open_device(room).learns(room)
    assert bob.take("chain", user=3, statement=list_phone(room, key).hex()) == "bad_key"


@pytest.mark.parametrize("key", SMALL, ids=[key.hex()[:8] + key.hex()[-2:] for key in SMALL])
def test_the_signature_for_everything_signs_nothing(key: bytes) -> None:
    for message in (b"", b"hearth", b"I owe you 5000"):
        with pytest.raises(Rejected) as caught:
            ed25519.verify(key, UNIVERSAL, message)
        assert caught.value.verdict is Verdict.BAD_SIGNATURE


def load() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(VECTORS.read_text(encoding="utf-8"))["vectors"]
    return found


def test_mixed_orders_are_judged_without_cofactor() -> None:
    """The vectors that Node, Chromium and Python run (e2e/test_vectors.py); some engines take more."""
    seen = set()
    for vector in load():
        public, signature, message = (
            bytes.fromhex(vector["in"][name]) for name in ("public", "signature", "message")
        )
        assert ed25519.is_valid(public, signature, message) is vector["out"]["valid"], vector["name"]
        seen.add(vector["out"]["valid"])
    assert seen == {True, False}
