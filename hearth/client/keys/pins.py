"""Which pins count for a device: of what the keyring shows, and of what it knows besides (6.3, 9.2)."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from hearth.client.keys.make import Row
from hearth.sealed.person.keyring import (
    OpenRow,
    PinRow,
    RowBody,
    UserId,
    hash_rows,
    list_disputed,
    list_standing,
)

Pin = tuple[int, PinRow]
"""Of whom it is, and what it says."""


def list_pins(rows: Iterable[OpenRow]) -> list[Pin]:
    """Return the pins among rows, in their order."""
    return [
        (row.id.user, row.body) for row in rows if isinstance(row.id, UserId) and isinstance(row.body, PinRow)
    ]


def order_pins(remembered: Sequence[Pin], counting: Sequence[Pin], shown: Collection[Pin]) -> list[Pin]:
    """Return all that may count, in order: what the keyring has lost stands after what it shows."""
    before = [one for one in remembered if one in shown and one not in counting]
    return [*before, *counting, *(one for one in remembered if one not in shown)]


def find_standing(pins: Iterable[Pin], others: Iterable[PinRow] = ()) -> dict[int, list[PinRow]]:
    """Return the pins that none takes back, by user and in order."""
    found: dict[int, list[PinRow]] = {}
    for row_id, body in list_standing([(UserId(user), pin) for user, pin in pins], others):
        if isinstance(body, PinRow) and isinstance(row_id, UserId):
            found.setdefault(row_id.user, []).append(body)
    return found


def choose_pins(standing: Mapping[int, Sequence[PinRow]]) -> dict[int, PinRow]:
    """Return which counts of each person: the highest n, and of those the last."""
    return {user: max(reversed(said), key=lambda pin: pin.n) for user, said in standing.items()}


def list_known(
    stored: Sequence[OpenRow],
    sets: Mapping[int, bytes],
    counted: Iterable[tuple[tuple[int, bytes], RowBody]],
    listed: Iterable[Pin],
) -> dict[int, list[PinRow]]:
    """Return every pin that counts under whatever generation, taken back or not: what a decision after a
    restore may take back. A row that only an older key vouches for is none.
    """
    verified = {g for g, stated in sets.items() if hash_rows(stored, g) == stated}
    of_sets = list_pins(row for row in stored if row.is_of_set and row.g in verified)
    once = [(UserId.unpack(row_id).user, body) for (_, row_id), body in counted if isinstance(body, PinRow)]
    once.sort(key=lambda one: (one[1].n, one[1].time))
    known: dict[int, list[PinRow]] = {}
    for user, pin in dict.fromkeys([*of_sets, *once, *listed]):
        known.setdefault(user, []).append(pin)
    return known


def find_disputed(rows: Iterable[OpenRow], others: Iterable[PinRow] = ()) -> list[Row]:
    """Return the pins of whom more than one thing was said since somebody compared, without those that a pin
    takes back, of these rows or of `others`.
    """
    standing = find_standing(list_pins(rows), others)
    return [(UserId(user), pin) for user, said in standing.items() for pin in list_disputed(said)]
