"""Which rows of a keyring count, whoever else still has an old generation's key (section 6.3)."""

from collections.abc import Sequence

import pytest

from hearth.sealed.core.verdicts import Rejected, Verdict
from hearth.sealed.person.keyring import (
    ConversationId,
    EpochId,
    EpochRow,
    HeadRow,
    How,
    Keyring,
    OpenRow,
    PinRow,
    ReceiveRow,
    UserId,
    VersionId,
    hash_set,
    list_disputed,
    read_keyring,
)

CONVERSATION = ConversationId(b"c" * 16)
BOB = UserId(2)


def head(n: int, seq: int) -> HeadRow:
    return HeadRow(n, b"r" * 32, seq, b"l" * 32)


def pin(n: int, key: bytes = b"k" * 32, hash_: bytes = b"h" * 32, how: How = How.REQUEST) -> PinRow:
    return PinRow("bob", key, 1, n, hash_, how, 0, 17)


def read(rows: Sequence[OpenRow], newest: int = 2) -> Keyring:
    """Read rows whose sets are those that the rows themselves say."""
    sets = {g: set_of(rows, g) for g in range(1, newest + 1)}
    return read_keyring(rows, sets)


def set_of(rows: Sequence[OpenRow], g: int) -> bytes:
    return hash_set((*row.name, row.body.pack()) for row in rows if row.g == g and row.is_of_set)


def test_of_several_rows_the_highest_counts_and_of_equal_ones_the_later() -> None:
    rows = [OpenRow(2, CONVERSATION, head(n, seq)) for n, seq in ((2, 9), (3, 1), (2, 50), (3, 0))]
    versions = [OpenRow(2, VersionId(1), ReceiveRow(bytes(32), seed)) for seed in (b"a" * 32, b"b" * 32)]
    pins = [OpenRow(2, BOB, pin(n)) for n in (4, 6, 5)]
    counted = read([*rows, *versions, *pins]).rows
    assert list(counted.values()) == [head(3, 1), versions[1].body, pin(6)]


def test_who_keeps_an_old_generation_writes_no_pins_and_heads_but_only_seeds() -> None:
    forged = [OpenRow(1, BOB, pin(99)), OpenRow(1, CONVERSATION, head(99, 1))]
    seed = EpochRow(b"r" * 32, b"s" * 32)
    found = read([*forged, OpenRow(1, EpochId(b"c" * 16, 1), seed)])
    assert found.rows == {}
    assert found.seeds == {EpochId(b"c" * 16, 1): (seed,)}


def test_an_old_row_counts_when_the_same_stands_in_a_set() -> None:
    rows = [OpenRow(1, BOB, pin(4)), OpenRow(2, BOB, pin(4), is_of_set=True), OpenRow(1, BOB, pin(5))]
    assert list(read(rows).rows.values()) == [pin(4)]
    later = [OpenRow(1, BOB, pin(4)), OpenRow(2, BOB, pin(4), is_of_set=True)]
    assert list(read(later, newest=3).rows.values()) == [pin(4)]


def test_a_row_that_is_only_said_to_be_of_an_old_set_does_not_count() -> None:
    rows = [OpenRow(1, BOB, pin(9), is_of_set=True)]
    assert read_keyring(rows, {1: hash_set([]), 2: hash_set([])}).rows == {}


@pytest.mark.parametrize("change", ["drop", "add", "twice"])
def test_a_newest_set_that_the_server_changed_is_withheld(change: str) -> None:
    rows = [OpenRow(2, BOB, pin(4), is_of_set=True), OpenRow(2, CONVERSATION, head(1, 1), is_of_set=True)]
    stated = {2: set_of(rows, 2)}
    changed = {
        "drop": rows[1:],
        "add": [*rows, OpenRow(2, UserId(3), pin(4), is_of_set=True)],
        "twice": [*rows, rows[0]],
    }
    assert len(read_keyring(rows, stated).rows) == 2
    with pytest.raises(Rejected) as caught:
        read_keyring(changed[change], stated)
    assert caught.value.verdict is Verdict.WITHHELD


def test_two_pins_that_say_different_things_of_one_head_are_a_conflict() -> None:
    def found(other: PinRow) -> frozenset[int]:
        return read([OpenRow(2, BOB, pin(4)), OpenRow(2, BOB, other)]).conflicts

    assert found(pin(4, key=b"x" * 32)) == {2}
    assert found(pin(4, hash_=b"x" * 32)) == {2}
    assert found(pin(4)) == set()
    assert found(pin(5, key=b"x" * 32)) == set(), "a renewal, which the chain shows"
    other, compared = pin(4, key=b"x" * 32), pin(4, how=How.COMPARED)
    assert read([OpenRow(2, BOB, row) for row in (pin(4), other, compared)]).conflicts == set()
    assert read([OpenRow(2, BOB, row) for row in (compared, pin(4), other)]).conflicts == {2}


def test_what_is_in_dispute_goes_on_together_each_once_and_in_order() -> None:
    other, compared = pin(4, key=b"x" * 32), pin(4, how=How.COMPARED)
    assert list_disputed([pin(4), pin(4, how=How.LINK)]) == []
    assert list_disputed([pin(4), other, pin(4), other]) == [pin(4), other]
    assert list_disputed([other, compared, pin(4)]) == []
    assert list_disputed([other, compared, other]) == [compared, other]
