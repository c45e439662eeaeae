"""The tables of private rows: sealed bytes under kind and place, with what keeps them in order."""

from sqlalchemy import Column, ForeignKey, Integer, Table, UniqueConstraint

from hearth.db.columns import METADATA, TABLE_OPTIONS, BigId, binary, blob

PRIVATE_HEAD = Table(
    "private_head",
    METADATA,
    Column("user_id", BigId, ForeignKey("user.id"), primary_key=True, autoincrement=False),
    Column("position", BigId, nullable=False),
    Column("begins_after", BigId, nullable=False),
    Column("total", BigId, nullable=False),
    **TABLE_OPTIONS,
)
"""One for everybody who ever put a row. `position`, of the newest row, never falls; `total` counts.

Rows at or below `begins_after` were left by a reset: nobody reads them, and they are dropped by and by.
"""

PRIVATE_ROW = Table(
    "private_row",
    METADATA,
    Column("user_id", BigId, ForeignKey("user.id"), primary_key=True, autoincrement=False),
    Column("kind", Integer, primary_key=True, autoincrement=False),
    Column("place", binary(16), primary_key=True),
    Column("position", BigId, nullable=False),
    Column("version", BigId, nullable=False),
    Column("g", BigId, nullable=False),
    Column("sealed", blob(), nullable=False),
    UniqueConstraint("user_id", "position"),
    **TABLE_OPTIONS,
)
