"""What of the keyring counts for a device, where somebody who was removed has a generation's key (6.3)."""

from collections.abc import Iterable
from typing import Any

import msgspec
import pytest

from hearth.client.device_file import DeviceFile
from hearth.client.keys import connect
from hearth.client.keys.connect import keep_current
from hearth.client.keys.own import Own, digest_row
from hearth.sealed.person.generations import Generation
from hearth.sealed.person.keyring import (
    ConversationId,
    EpochId,
    EpochRow,
    HeadRow,
    How,
    OpenRow,
    PinRow,
    UserId,
    hash_set,
)
from hearth.sealed.person.own_chain import OwnGeneration
from hearth.sealed.person.user_chain import NO_HASH, Retire
from tests.client.alice import DEVICE, SERVER, make_file, make_owner
from tests.directory.kit import NOW, Owner

THIEF, TABLET = b"t" * 16, b"u" * 16
GROUP = b"g" * 16


@pytest.fixture
def file() -> DeviceFile:
    return make_file()


@pytest.fixture
def owner(file: DeviceFile) -> Owner:
    return make_owner(file, THIEF)


def make_pin(user: int, how: How = How.COMPARED, n: int = 2) -> OpenRow:
    return OpenRow(1, UserId(user), PinRow("bob", b"i" * 32, 1, n, b"h" * 32, how, 0, 1))


def make_head(n: int) -> OpenRow:
    return OpenRow(1, ConversationId(GROUP), HeadRow(n, b"r" * 32, 1, b"l" * 32))


def of_set(row: OpenRow) -> OpenRow:
    return OpenRow(row.g, row.id, row.body, is_of_set=True)


def begin(file: DeviceFile, owner: Owner, rows: Iterable[OpenRow], by: bytes = DEVICE) -> Own:
    """Return a device that was started now; generation 1 states the head at which alice had two devices."""
    rows = list(rows)
    own = Own(file, lambda *_: _refuse())
    own.take_statements(owner.statements)
    stated = own.chain.states[1]
    named = [(*row.name, row.body.pack()) for row in rows if row.is_of_set]
    statement = Generation(
        SERVER, 1, 1, NO_HASH, stated.head, bytes(32), hash_set(named), NOW, by, extensions=()
    )
    signed = Generation.open(statement.sign(owner.seeds[by]))
    own.generations.generations[1] = OwnGeneration(signed, b"k" * 32, stated)
    own.stored += rows
    return own


async def _refuse() -> Any:
    raise AssertionError("nothing is asked")


def read(own: Own) -> list[OpenRow]:
    own.take_rows()
    return own.counting


ROWS = [of_set(make_pin(2)), of_set(make_head(1)), make_pin(3), make_pin(2, n=9), make_head(9)]


def test_control_while_nobody_was_removed_all_count(file: DeviceFile, owner: Owner) -> None:
    own = begin(file, owner, ROWS)
    assert read(own) == ROWS
    assert own.pins.by_user.keys() == {2, 3} and own.find_head(GROUP) == make_head(9).body


@pytest.mark.parametrize("how", ["retired", "made room"])
def test_control_who_left_or_made_room_takes_nothing_along(file: DeviceFile, owner: Owner, how: str) -> None:
    """The generation that follows comes after these statements, not with them."""
    if how == "retired":
        owner.say(Retire(), THIEF)
    else:
        owner.list_devices([DEVICE, TABLET])
    assert read(begin(file, owner, ROWS)) == ROWS


def test_what_a_removed_device_may_have_written_under_its_old_key_does_not_count(
    file: DeviceFile, owner: Owner
) -> None:
    """A restored server has lost the generation that came with the removal, and shows the one before."""
    owner.list_devices([DEVICE])
    own = begin(file, owner, ROWS)
    assert read(own) == ROWS[:2]
    assert own.pins.by_user == {2: ROWS[0].body} and own.find_head(GROUP) == ROWS[1].body
    assert {body for _, body in own.carried()} == {ROWS[0].body, ROWS[1].body}


def test_nor_does_a_set_that_it_signed_itself(file: DeviceFile, owner: Owner) -> None:
    owner.list_devices([DEVICE])
    own = begin(file, owner, ROWS, by=THIEF)
    assert read(own) == [] and own.carried() == [] and own.pins.by_user == {}


def test_what_was_known_before_the_restore_counts_on(file: DeviceFile, owner: Owner) -> None:
    """By a program that ran then, and of a program that was started since what it had pinned itself."""
    before = begin(file, owner, ROWS[:3])
    before.take_rows()
    assert file.state.keys is not None
    own_pin = make_pin(4)
    assert isinstance(own_pin.body, PinRow)
    before.met.keep(4, own_pin.body.pack())
    owner.list_devices([DEVICE])
    own = begin(file, owner, [*ROWS, own_pin], by=DEVICE)
    assert read(own) == [*ROWS[:2], own_pin]
    own.counted |= before.counted
    assert read(own) == [*ROWS[:3], own_pin]


def test_a_seed_is_judged_by_its_record_as_ever(file: DeviceFile, owner: Owner) -> None:
    owner.list_devices([DEVICE])
    seed = OpenRow(1, EpochId(GROUP, 1), EpochRow(b"r" * 32, b"s" * 32))
    assert read(begin(file, owner, [seed])) == [seed]


async def test_what_is_left_to_carry_over_is_what_was_there_when_it_was_left(
    file: DeviceFile, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The generation came with a removal: whoever went has the key of the one before."""
    own, appended = begin(file, owner, []), list[object]()
    own.stored += [make_pin(2), make_pin(3), make_pin(2, n=9)]
    own.keys.carry_from = 1
    own.keys.carry = [digest_row(row.id, row.body) for row in own.stored[:2]]
    own.generations.generations[2] = own.generations.generations.pop(1)

    async def append(rows: list[tuple[object, object]]) -> None:
        appended.extend(body for _, body in rows)

    async def catch_up(_own: Own) -> bool:
        return True

    monkeypatch.setattr(own, "append", append)
    monkeypatch.setattr(connect, "catch_up_rows", catch_up)
    monkeypatch.setattr(connect, "is_receive_mine", lambda _own: True)
    monkeypatch.setattr(own.generations, "find_stale", lambda _now: None)
    await keep_current(own)
    assert appended == [row.body for row in own.stored[:2]]
    assert own.keys == msgspec.structs.replace(own.keys, carry_from=None, carry=[])
