"""Which pins count for a device that has a keyring and a memory, after earlier keys were taken (6.3, 9.2)."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from hearth.client.device_file import DeviceFile
from hearth.client.keys.own import Own
from hearth.client.keys.pins import list_known
from hearth.sealed.person.keyring import How, OpenRow, PinRow, UserId, hash_set
from tests.client.alice import make_file, make_owner
from tests.client.keys.test_keyring import begin

BOB = UserId(2)
NEWER = PinRow("bob", b"n" * 32, 2, 9, b"9" * 32, How.REQUEST, 0, 1)
TAKEN = PinRow("bob", b"e" * 32, 1, 4, b"4" * 32, How.REQUEST, 0, 2, (NEWER.hash_of(2),))
OTHER = PinRow("bob", b"o" * 32, 2, 8, b"8" * 32, How.REQUEST, 0, 3)


@pytest.fixture
def file() -> DeviceFile:
    file = make_file()
    assert file.state.keys is not None
    file.state.keys.databases, file.state.generation = ["before"], "now"
    return file


def rows(*pins: PinRow) -> list[OpenRow]:
    return [OpenRow(1, BOB, pin) for pin in pins]


def read(file: DeviceFile, shown: Iterable[OpenRow]) -> Own:
    own = begin(file, make_owner(file), shown)
    own.take_rows()
    return own


@pytest.mark.parametrize("shown", [(NEWER, TAKEN), (TAKEN, NEWER), (NEWER, TAKEN, NEWER)])
def test_a_pin_that_takes_another_back_counts_in_whatever_order_they_are_shown(
    file: DeviceFile, shown: tuple[PinRow, ...]
) -> None:
    own = read(file, rows(*shown))
    assert own.pins.by_user == {2: TAKEN}
    assert [body for _, body in own.carried()] == [TAKEN], "what is taken back is not carried over"


def test_another_devices_decision_counts_over_what_this_device_keeps(file: DeviceFile) -> None:
    """And what this device keeps is no use to a server that hides the decision later."""
    own = read(file, [])
    own.met.keep(2, NEWER.pack())
    again = read(file, [])
    assert again.pins.by_user == {2: NEWER}
    again.stored += rows(TAKEN)
    again.take_rows()
    assert again.pins.by_user == {2: TAKEN}
    assert read(file, rows(TAKEN)).pins.by_user == {2: TAKEN}


def test_what_another_device_saw_meanwhile_is_not_taken_back(file: DeviceFile) -> None:
    own = read(file, rows(NEWER, OTHER, TAKEN))
    assert own.pins.by_user == {2: OTHER} and own.standing[2] == [OTHER, TAKEN]
    assert [body for _, body in own.carried()] == [OTHER, OTHER, TAKEN], "they are in dispute"


def test_what_is_known_is_what_ever_counted_and_nothing_that_an_older_key_wrote() -> None:
    first, forged, old = replace(NEWER, n=5), replace(NEWER, n=99), replace(NEWER, n=6)
    stored = [OpenRow(1, BOB, first, is_of_set=True), OpenRow(1, BOB, forged), *rows(NEWER)]
    sets = {1: hash_set([(first.KIND, BOB.pack(), first.pack())])}
    counted = {((old.KIND, BOB.pack()), old)}
    known = list_known(stored, sets, counted, [(2, TAKEN), (2, first)])
    assert known == {2: [first, old, TAKEN]}
    assert list_known(stored, {1: b"x" * 32}, set(), [(2, TAKEN)]) == {2: [TAKEN]}


def test_a_restore_was_told_where_there_were_two_generations(file: DeviceFile) -> None:
    assert read(file, []).pins.was_told
    file.state.generation = "before"
    assert not read(file, []).pins.was_told
    assert file.state.keys is not None
    file.state.keys.databases = ["before", "then"]
    assert read(file, []).pins.was_told
    fresh = make_file()
    fresh.state.generation = "now"
    assert not read(fresh, []).was_told
