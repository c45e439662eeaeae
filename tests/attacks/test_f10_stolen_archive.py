"""F10: a thief with one generation's key and a server that kept everything: how far that opens.

Nothing is claimed about what was sealed before: the archive opens kept history. What comes after the device
is removed stays closed.
"""

from pathlib import Path

import pytest

from hearth.sealed.core import hpke
from hearth.sealed.core.verdicts import Rejected, Verdict
from hearth.sealed.person.generations import (
    Generation,
    open_predecessor,
    seal_predecessor,
    unwrap_generation,
    wrap_generation,
)
from hearth.sealed.person.keyring import EpochId, EpochRow, RowPlace, open_row, seal_row
from hearth.sealed.person.own_chain import OwnChain, Stale
from tests.client.crypto.cast import NOW, SERVER, Person, device_id, meet, seed_of
from tests.client.crypto.test_own_chain import Maker, key_of

pytestmark = pytest.mark.sqlite
SECURITY = Path(__file__).parents[2] / "docs" / "security.md"


class Server:
    """Keeps every wrap, box and row that there ever was."""

    def __init__(self) -> None:
        self.alice = Person(1, "alice").begin("alice phone", "alice laptop")
        self.maker = Maker(self.alice)
        self.statements: list[Generation] = []
        self.wraps: dict[tuple[int, str], bytes] = {}
        self.boxes: dict[int, bytes] = {}

    def generation(self, *devices: str) -> Generation:
        """Let alice's laptop make the next generation for these devices."""
        statement = self.maker.make("alice laptop")
        g = statement.g
        for name in devices:
            public = hpke.public_key(seed_of(name))
            self.wraps[g, name] = wrap_generation(public, statement.hash(), device_id(name), key_of(g))
        if self.statements:
            self.boxes[g] = seal_predecessor(key_of(g), statement, key_of(g - 1))
        self.statements.append(statement)
        return statement

    def opens(self, g: int, name: str) -> bytes:
        """Return a generation's key by a device's key, whoever has that."""
        statement = self.statements[g - 1]
        wrap = self.wraps[g, name]
        return unwrap_generation(seed_of(name), statement, statement.hash(), device_id(name), wrap)


@pytest.fixture
def server() -> Server:
    """Alice's phone was stolen and removed; her laptop has made the next generation."""
    server = Server()
    server.generation("alice phone", "alice laptop")
    server.alice.set_devices("alice laptop")
    server.generation("alice laptop")
    return server


def test_control_the_device_that_stayed_opens_both(server: Server) -> None:
    key = server.opens(2, "alice laptop")
    assert key == key_of(2)
    older = open_predecessor(key, server.statements[1], server.statements[0], server.boxes[2])
    assert older == server.opens(1, "alice laptop") == key_of(1)


def test_the_stolen_device_opens_nothing_that_came_after_its_removal(server: Server) -> None:
    assert server.opens(1, "alice phone") == key_of(1), "kept history, as docs/security.md says"
    assert (2, "alice phone") not in server.wraps
    with pytest.raises(Rejected) as caught:
        unwrap_generation(
            seed_of("alice phone"),
            server.statements[1],
            server.statements[1].hash(),
            device_id("alice laptop"),
            server.wraps[2, "alice laptop"],
        )
    assert caught.value.verdict is Verdict.CANNOT_OPEN


def test_an_old_generation_opens_neither_the_next_nor_its_rows(server: Server) -> None:
    stolen = server.opens(1, "alice phone")
    with pytest.raises(Rejected):
        open_predecessor(stolen, server.statements[1], server.statements[0], server.boxes[2])
    row = EpochRow(b"r" * 32, b"s" * 32)
    place = RowPlace(SERVER, 1, 2, row.KIND, EpochId(b"c" * 16, 9).pack())
    sealed = seal_row(key_of(2), place, row)
    assert open_row(key_of(2), place, sealed)[1] == row
    for key in (stolen, seed_of("alice phone")):
        with pytest.raises(Rejected) as caught:
            open_row(key, place, sealed)
        assert caught.value.verdict is Verdict.CANNOT_OPEN


def test_who_sees_the_removal_makes_the_next_generation_before_writing(server: Server) -> None:
    """Without it the thief would read each new row, too."""
    own = OwnChain(meet(server.alice).chain(1))
    old = Maker(server.alice)
    chain = meet(Person(1, "alice").begin("alice phone", "alice laptop")).chain(1)
    first = old.make("alice laptop", chain=chain.states[1].head)
    own.take(first.sign(seed_of("alice laptop")), key_of(1))
    assert own.find_stale(NOW) is Stale.DEVICE_LEFT
    own.take(old.make("alice laptop").sign(seed_of("alice laptop")), key_of(2))
    assert own.find_stale(NOW) is None


def test_no_forward_secrecy_is_claimed_against_a_server_that_keeps_copies() -> None:
    text = " ".join(SECURITY.read_text(encoding="utf-8").split())
    assert "A server that keeps copies has what was deleted" in text
    assert "There is no forward secrecy against such a server." in text
