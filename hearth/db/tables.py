"""The one table that belongs to no noun: which server and which generation of its database this is."""

from sqlalchemy import Column, Integer, Table

from hearth.db.columns import METADATA, TABLE_OPTIONS, UtcTime, binary, blob

SERVER = Table(
    "server",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("server_id", binary(16), nullable=False),
    Column("generation", binary(16), nullable=False),
    Column("secret", blob(), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("restored_at", UtcTime),
    Column("backup_at", UtcTime),
    **TABLE_OPTIONS,
)
"""One row with id 1. `restored_at` is when a backup last took the database's place, `backup_at` when that one
was begun: each backup says it of itself.

`secret` (32 bytes) keys the stable fake parameters of unknown usernames."""
