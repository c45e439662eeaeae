"""What the server checks of private rows: all that needs no key (docs/protocol-encryption.md, 6.4 and 11)."""

from collections.abc import Mapping, Sequence

from hearth.errors import Conflict
from hearth.private.contract import NewPrivateRow
from hearth.private.rows import Name, Stored
from hearth.sealed.core.padding import bucket_of
from hearth.sealed.core.verdicts import Verdict, require

MOST_ROWS = 5_000
MOST_VERSIONS = 2**20
"""So much higher may a version be than the one before: a restore is caught up with, no number runs out."""
ROWS = "50000/86400s"
"""Rows that one device puts: ten times all there can be, which every new generation takes once."""
BOX, VERSION = 33, 1
PREFERENCES = 6


class RowMoved(Conflict):
    code = "row_moved"
    title = "Another version of this row stands there"


def name_rows(rows: Sequence[NewPrivateRow]) -> dict[Name, NewPrivateRow]:
    """Return rows by name. Raises Rejected(malformed) when one is there twice."""
    named = {Name(row.kind, bytes.fromhex(row.place)): row for row in rows}
    require(len(named) == len(rows), Verdict.MALFORMED, "a row that is there twice")
    return named


def is_known(row: NewPrivateRow, stored: Stored | None) -> bool:
    """Tell whether a row stands there already, byte for byte."""
    return stored is not None and (row.version, row.g, row.sealed) == (
        stored.version,
        stored.g,
        stored.sealed,
    )


def check_row(name: Name, row: NewPrivateRow, newest_g: int) -> None:
    """Raise Rejected: malformed (place, length, version), wrong_link (not under the newest generation)."""
    fits = (name.kind == PREFERENCES) == (name.place == bytes(16))
    require(fits, Verdict.MALFORMED, "a kind of row that has no such place")
    length = len(row.sealed) - BOX
    is_box = row.sealed[0] == VERSION and bucket_of(length) == length
    require(is_box, Verdict.MALFORMED, "no box of a padded length")
    rises = row.before < row.version <= row.before + MOST_VERSIONS
    require(rises, Verdict.MALFORMED, "a version that does not follow the one before")
    require(row.g == newest_g, Verdict.WRONG_LINK, "a row that is not under the newest generation")


def require_before(rows: Mapping[Name, NewPrivateRow], stored: Mapping[Name, Stored]) -> None:
    """Raise RowMoved unless each row takes the place of the version that it names."""
    for name, row in rows.items():
        standing = stored.get(name)
        if row.before != (0 if standing is None else standing.version):
            raise RowMoved
