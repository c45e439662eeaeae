"""F1: HPKE has no sender, so the server seals keys of its own choice to a device and names them as new."""

import pytest

from hearth.sealed.core import hpke
from hearth.sealed.core.verdicts import Rejected, Verdict
from hearth.sealed.group.seeds import PastSeed, seal_history, wrap_history, wrap_seed
from hearth.sealed.person.generations import Generation, unwrap_generation, wrap_generation
from hearth.sealed.person.own_chain import OwnChain
from tests.attacks.conftest import Open
from tests.client.crypto.cast import Person, device_id, seed_of
from tests.client.crypto.room import Room
from tests.client.crypto.test_own_chain import Maker, begin, key_of

pytestmark = pytest.mark.sqlite
PHONE = seed_of("alice phone kem")
CHOSEN = seed_of("a key that the server knows")


def deliver(own: OwnChain, signed: bytes, key: bytes) -> None:
    """Let the server seal a key to alice's phone as the newest generation, and her phone take it."""
    statement = Generation.open(signed)
    wrap = wrap_generation(hpke.public_key(PHONE), statement.hash, device_id("alice phone"), key)
    found = unwrap_generation(PHONE, statement.body, statement.hash, device_id("alice phone"), wrap)
    own.take(signed, found)


def refused(own: OwnChain, signed: bytes, key: bytes, verdict: Verdict) -> None:
    with pytest.raises(Rejected) as caught:
        deliver(own, signed, key)
    assert caught.value.verdict is verdict
    assert own.newest is not None and own.newest.statement.g == 1


@pytest.fixture
def home() -> tuple[Person, Maker, OwnChain]:
    return begin()


def test_control_a_generation_that_an_own_device_made_is_taken(home: tuple[Person, Maker, OwnChain]) -> None:
    _, maker, own = home
    deliver(own, maker.make("alice laptop").sign(seed_of("alice laptop")), key_of(2))
    assert own.newest is not None and own.newest.key == key_of(2)


def test_another_key_under_a_true_statement_is_refused(home: tuple[Person, Maker, OwnChain]) -> None:
    _, maker, own = home
    refused(own, maker.make("alice laptop").sign(seed_of("alice laptop")), CHOSEN, Verdict.BAD_COMMITMENT)


def test_a_statement_that_the_server_signed_is_refused(home: tuple[Person, Maker, OwnChain]) -> None:
    _, maker, own = home
    refused(own, maker.make("alice laptop").sign(seed_of("server")), key_of(2), Verdict.BAD_SIGNATURE)


def test_a_device_of_the_servers_making_makes_none(home: tuple[Person, Maker, OwnChain]) -> None:
    _, maker, own = home
    made = maker.make("server", device=device_id("server")).sign(seed_of("server"))
    refused(own, made, key_of(2), Verdict.NOT_LISTED)


def test_seeds_of_the_servers_choice_open_no_epoch(room: Room, open_device: Open) -> None:
    """The same rule for the wraps of epochs, and for the list that a newcomer is given."""
    room.send(1, "hello")
    bob, epoch = open_device(room, 2), room.records[0]
    assert bob.meets(*room.cast.values()) and bob.reads(room.rows, room.hashes[0]) is None
    assert bob.hears_epoch(*room.epochs[0][:2], 1) is None
    receive = seed_of(room.cast[2].receive_name(1))
    public = hpke.public_key(receive)

    def wrap(seed: bytes) -> str:
        return wrap_seed(public, epoch.hash(), 2, seed).hex()

    assert bob.take("wrap", n=1, wrap=wrap(CHOSEN), receive_seed=receive.hex()) == "bad_commitment"
    sealed = seal_history(b"h" * 32, epoch.hash(), [PastSeed(1, CHOSEN)])
    given = wrap_history(public, epoch.hash(), 2, b"h" * 32)
    bob.take("history", n=1, wrap=given.hex(), sealed=sealed.hex(), receive_seed=receive.hex())
    assert bob.texts() == [] and bob.verdicts()[2] == "keyless"
    assert bob.take("wrap", n=1, wrap=wrap(room.epochs[0][2]), receive_seed=receive.hex()) is None
    assert bob.texts() == ["hello"]
