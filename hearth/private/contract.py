"""What one's own devices ask of their private rows: put some, read on from a position.

The server sees of a row its kind and place, its length and when it changes (protocol-encryption.md, 6.4).
"""

from typing import Annotated, Literal

from msgspec import Meta

from hearth.contract import Command, Event, Id, Shape
from hearth.vault.contract import Counter, Number

PrivateKind = Literal[1, 2, 3, 4, 5, 6]
PrivateBytes = Annotated[bytes, Meta(min_length=33 + 256, max_length=33 + 15_872)]


class NewPrivateRow(Shape, forbid_unknown_fields=True):
    """A row that takes the place of version `before`, 0 where there is none yet.

    `place` is a conversation's id, 16 random bytes for a scheduled message (5), zeros for preferences (6).
    `version` is above `before`, by at most 2^20. `g` is the newest generation.
    """

    kind: PrivateKind
    place: Id
    before: Counter
    version: Number
    g: Number
    sealed: PrivateBytes


class PrivateRow(Shape):
    """A stored row. Its `position` is a new one, above all others, whenever it changes."""

    position: Number
    kind: PrivateKind
    place: Id
    version: Number
    g: Number
    sealed: PrivateBytes


class PrivatePage(Shape):
    """Rows by position. `position` is the newest there ever was; there is more when the last is below it.

    A cursor that is above it belongs to another database: what there is begins at 0.
    """

    rows: list[PrivateRow]
    position: Counter


class PrivateTaken(Shape):
    """`position` is that of the newest row. Rows of other devices may have come below it."""

    position: Counter


class PutPrivateRows(Command, name="private.put", limit="120/60s", large=True):
    """Put rows, all of them or none; those that stand there already, byte for byte, are passed over.

    `row_moved` says that another version stands there than `before` names. For listed devices only.
    """

    rows: Annotated[list[NewPrivateRow], Meta(min_length=1, max_length=100)]


class ListPrivateRows(Command, name="private.list", limit="300/60s"):
    """A page of one's private rows from above a position; for listed devices only."""

    after: Counter = 0
    limit: Annotated[int, Meta(ge=1, le=500)] = 200


class PrivateRowsChanged(Event, name="private.changed"):
    """To one's own devices: rows were put."""

    position: Counter
