"""People with chains, and rows that only look sealed: the server sees lengths."""

import secrets
from typing import Any

from hearth.private.contract import NewPrivateRow, PrivateRow
from tests.directory.conftest import alice, make_home

__all__ = ["alice", "make_home", "make_row", "names_of"]
SHORTEST = 33 + 256


def make_row(place: int = 1, **changed: Any) -> NewPrivateRow:
    """A first row of one of alice's conversations, or what is changed of that."""
    sealed = b"\1" + secrets.token_bytes(SHORTEST - 1)
    row: dict[str, Any] = {"kind": 1, "before": 0, "version": 1, "g": 1, "sealed": sealed}
    return NewPrivateRow(place=f"{place:032x}", **row | changed)


def names_of(rows: list[PrivateRow]) -> list[tuple[int, int, int]]:
    """Position, place and version of each."""
    return [(row.position, int(row.place, 16), row.version) for row in rows]
