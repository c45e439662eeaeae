"""F3: a new device has no pins, so the server shows it conversations and people of its own making."""

import copy

import pytest

from hearth.sealed.core import ed25519
from hearth.sealed.core.verdicts import Rejected, Verdict
from hearth.sealed.person.keyring import (
    ConversationId,
    HeadRow,
    How,
    OpenRow,
    PinRow,
    RowPlace,
    UserId,
    hash_set,
    open_row,
    read_keyring,
    seal_row,
)
from hearth.sealed.person.user_chain import Genesis
from tests.attacks.conftest import Open
from tests.attacks.device import Device
from tests.client.crypto.cast import NOW, SERVER, Person, seed_of
from tests.client.crypto.room import GROUP, Room
from tests.client.crypto.test_log import unsealed

pytestmark = pytest.mark.sqlite
A1, A2 = b"1" * 32, b"2" * 32


@pytest.fixture
def forged(room: Room) -> Room:
    """The same conversation with a bob and a carol of the server's making: everything in it verifies."""
    world = copy.deepcopy(room)
    for user, name in ((2, "bob"), (3, "carol")):
        world.cast[user] = forge(user, name)
    world.epochs, world.records, world.rosters, world.rows = [], [], [], []
    world.hashes = world.hashes[:1]
    world.create(time=NOW)
    return world


def forge(user: int, name: str) -> Person:
    """Return somebody under a known name, with an identity, a device and a receive key of the server's."""
    person = Person(user, name, identity=f"forged {name}")
    person.say(Genesis(ed25519.public_key(seed_of(person.identity)), name))
    person.set_devices(f"{name} new")
    person.renew_receive()
    return person


def anchor(device: Device, told: Room, true: Room) -> str | None:
    """Show a new device of alice's a world, when her keyring has the head row of the true one."""
    assert set(device.meets(*told.cast.values())) == {None}
    assert device.reads(told.rows, told.hashes[0]) is None
    signed, roster, _ = told.epochs[0]
    verdict = device.hears_epoch(signed, roster, 1, op="anchor", hash=true.records[0].hash().hex())
    device.take("head")
    return verdict


def test_control_the_true_world_is_the_one_that_the_head_row_names(room: Room, open_device: Open) -> None:
    room.send(2, "hello")
    alice = open_device(room, 1)
    assert anchor(alice, room, room) is None
    assert alice.has_seed(1, room.epochs[0][2]) is None
    assert alice.texts() == ["hello"]


def test_a_forged_world_is_not_the_one_that_the_head_row_names(
    room: Room, forged: Room, open_device: Open
) -> None:
    forged.send(2, "please pay")
    alice = open_device(forged, 1)
    assert anchor(alice, forged, room) == "fork"
    assert alice.texts() == []


def test_what_is_not_sealed_is_not_shown_where_a_head_row_knows_of_epochs(
    room: Room, open_device: Open
) -> None:
    """The server begins the log with a plain message and says that there never was an epoch."""
    empty = Room(room.cast)
    unsealed(empty)
    alice = open_device(empty, 1)
    alice.take("head")
    assert alice.reads(empty.rows, empty.hashes[0]) is None
    assert alice.verdicts() == {1: "not_sealed"}


def pin(key: bytes) -> PinRow:
    return PinRow("bob", key, 1, 4, b"h" * 32, How.COMPARED, 0, NOW)


def sealed(g: int, key: bytes, row: PinRow | HeadRow) -> OpenRow:
    """Seal a row as whoever has the key of generation g can, and open it as a device does."""
    row_id = UserId(2) if isinstance(row, PinRow) else ConversationId(GROUP)
    place = RowPlace(SERVER, 1, g, row.KIND, row_id.pack())
    return OpenRow(g, *open_row(key, place, seal_row(key, place, row)))


def test_pins_and_heads_under_a_generation_that_is_over_do_not_count() -> None:
    """Who stole a device keeps A_1: what it writes after generation 2 began is not believed."""
    true, forged = pin(b"t" * 32), pin(b"f" * 32)
    head = HeadRow(99, b"r" * 32, 1, b"l" * 32)
    stated = {1: hash_set([]), 2: hash_set([])}
    late = [sealed(1, A1, forged), sealed(1, A1, head)]
    assert read_keyring(late, stated).rows == {}
    assert list(read_keyring([*late, sealed(2, A2, true)], stated).rows.values()) == [true]


def test_a_keyring_without_its_pins_is_withheld() -> None:
    """The newest generation states which rows it carried over: without them the device keeps what it has."""
    carried = OpenRow(2, UserId(2), pin(b"t" * 32), is_of_set=True)
    stated = {2: hash_set([(*carried.name, carried.body.pack())])}
    assert len(read_keyring([carried], stated).rows) == 1
    with pytest.raises(Rejected) as caught:
        read_keyring([], stated)
    assert caught.value.verdict is Verdict.WITHHELD
