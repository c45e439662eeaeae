"""The tables of the directory: user chains and receive statements, byte for byte, and the chains' heads."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table

from hearth.db.columns import METADATA, TABLE_OPTIONS, BigId, UtcTime, binary, blob

USER_CHAIN = Table(
    "user_chain",
    METADATA,
    Column("user_id", BigId, ForeignKey("user.id"), primary_key=True, autoincrement=False),
    Column("n", BigId, nullable=False),
    Column("hash", binary(32), nullable=False),
    Column("receive_version", BigId, nullable=False),
    Column("state", blob(), nullable=False),
    **TABLE_OPTIONS,
)
"""The head of each chain. `state` is what hearth.sealed makes of the statements: none is read again."""

USER_STATEMENT = Table(
    "user_statement",
    METADATA,
    Column("user_id", BigId, ForeignKey("user.id"), primary_key=True, autoincrement=False),
    Column("n", BigId, primary_key=True, autoincrement=False),
    Column("kind", Integer, nullable=False),
    Column("incarnation", BigId, nullable=False),
    Column("hash", binary(32), nullable=False),
    Column("statement", blob(), nullable=False),
    Column("timestamp", UtcTime, nullable=False),
    Index("ix_user_statement_hash", "user_id", "hash"),
    **TABLE_OPTIONS,
)

RECEIVE_STATEMENT = Table(
    "receive_statement",
    METADATA,
    Column("user_id", BigId, ForeignKey("user.id"), primary_key=True, autoincrement=False),
    Column("version", BigId, primary_key=True, autoincrement=False),
    Column("hash", binary(32), nullable=False),
    Column("statement", blob(), nullable=False),
    Column("public_key", binary(1216), nullable=False),
    Column("timestamp", UtcTime, nullable=False),
    Index("ix_receive_statement_hash", "user_id", "hash"),
    **TABLE_OPTIONS,
)
