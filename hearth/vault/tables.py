"""The tables of the vault: sealed bytes with what the server must know to keep them in order."""

from sqlalchemy import Boolean, Column, ForeignKey, Integer, Table, UniqueConstraint

from hearth.db.columns import METADATA, TABLE_OPTIONS, BigId, UtcTime, binary, blob

VAULT = Table(
    "vault",
    METADATA,
    Column("user_id", BigId, ForeignKey("user.id"), primary_key=True, autoincrement=False),
    Column("version", BigId, nullable=False),
    Column("sealed", blob(), nullable=False),
    Column("password_wrap", binary(65), nullable=False),
    Column("keyring_position", BigId, nullable=False),
    Column("keyring_rows", BigId, nullable=False),
    **TABLE_OPTIONS,
)
"""The newest version only. `keyring_position`, of the newest row, never falls; `keyring_rows` counts.

The keyring is its `keyring_rows` newest rows; those below were left by a reset and are dropped by and by.
"""

WAY_IN = Table(
    "way_in",
    METADATA,
    Column("user_id", BigId, ForeignKey("user.id"), primary_key=True, autoincrement=False),
    Column("kind", Integer, primary_key=True, autoincrement=False),
    Column("id", binary(16), primary_key=True),
    Column("way_in", binary(1232), nullable=False),
    Column("proof_hash", binary(32), nullable=False),
    **TABLE_OPTIONS,
)

DEVICE_KEY = Table(
    "device_key",
    METADATA,
    Column("user_id", BigId, ForeignKey("user.id"), primary_key=True, autoincrement=False),
    Column("device_id", binary(16), primary_key=True),
    Column("public_key", binary(1216), nullable=False),
    **TABLE_OPTIONS,
)
"""A row for each device that is listed in the user chain now, one of zeros for the vault, and no other."""

GENERATION = Table(
    "generation",
    METADATA,
    Column("user_id", BigId, ForeignKey("user.id"), primary_key=True, autoincrement=False),
    Column("g", BigId, primary_key=True, autoincrement=False),
    Column("statement", blob(), nullable=False),
    Column("hash", binary(32), nullable=False),
    Column("chain_n", BigId, nullable=False),
    Column("incarnation", BigId, nullable=False),
    Column("predecessor", binary(65)),
    Column("timestamp", UtcTime, nullable=False),
    **TABLE_OPTIONS,
)
"""`chain_n` is the user chain's head that the statement names, `incarnation` the one that it was made in."""

GENERATION_WRAP = Table(
    "generation_wrap",
    METADATA,
    Column("user_id", BigId, ForeignKey("user.id"), primary_key=True, autoincrement=False),
    Column("g", BigId, primary_key=True, autoincrement=False),
    Column("recipient", binary(16), primary_key=True),
    Column("wrap", binary(1168), nullable=False),
    **TABLE_OPTIONS,
)
"""Recipient zeros is the vault. Kept for the newest generations only: older keys lie in the boxes."""

KEYRING_ROW = Table(
    "keyring_row",
    METADATA,
    Column("user_id", BigId, ForeignKey("user.id"), primary_key=True, autoincrement=False),
    Column("position", BigId, primary_key=True, autoincrement=False),
    Column("g", BigId, nullable=False),
    Column("kind", Integer, nullable=False),
    Column("row_id", binary(40), nullable=False),
    Column("sealed", binary(1024), nullable=False),
    Column("is_of_set", Boolean, nullable=False),
    Column("digest", binary(32), nullable=False),
    UniqueConstraint("user_id", "digest"),
    **TABLE_OPTIONS,
)
"""`digest` is SHA-256 of the sealed bytes, whose salt is fresh: a row that comes again is the same row.
`is_of_set`: it came with its generation, in whose statement the hash of that set stands."""
