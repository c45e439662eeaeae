"""The table of messages: every conversation's log."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, UniqueConstraint, text

from hearth.db.columns import METADATA, TABLE_OPTIONS, BigId, UtcTime, binary, blob

MESSAGE = Table(
    "message",
    METADATA,
    Column("conversation_id", binary(16), ForeignKey("conversation.id"), primary_key=True),
    Column("seq", BigId, primary_key=True, autoincrement=False),
    Column("ordinal", BigId, nullable=False),
    Column("client_id", binary(16), nullable=False),
    Column("from_user", BigId, ForeignKey("user.id"), nullable=False),
    Column("from_device", binary(16), nullable=False),
    Column("counter", BigId, nullable=False),
    Column("kind", Integer, nullable=False),
    Column("target_seq", BigId, nullable=False),
    Column("epoch", BigId, nullable=False),
    Column("message", blob(), nullable=False),
    Column("record_hash", binary(32), nullable=False),
    Column("log_hash", binary(32), nullable=False),
    Column("timestamp", UtcTime, nullable=False),
    UniqueConstraint("conversation_id", "from_user", "client_id"),
    Index("ix_message_aimed", "conversation_id", "target_seq", "kind", sqlite_where=text("target_seq > 0")),
    sqlite_with_rowid=False,
    **TABLE_OPTIONS,
)
"""`seq` is gapless; `ordinal` counts entries of kind message up to and with this one; `target_seq` 0 is none,
and below 0 one in the log that a restore has lost. `client_id` is random for signed entries (signed.py).
`message` is the record; its hashes stay when it is emptied. SQLite clusters it by its key, and keeps only
what is aimed at something in the index of targets."""

STANDING = Table(
    "standing",
    METADATA,
    Column("conversation_id", binary(16), ForeignKey("conversation.id"), primary_key=True),
    Column("kind", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigId, primary_key=True, autoincrement=False),
    Column("is_ruling", Boolean, nullable=False),
    sqlite_with_rowid=False,
    **TABLE_OPTIONS,
)
"""Where the entries stand that are about a conversation as a whole: kinds 6 (state) and 7 (pin). They are few
and asked for without the messages around them. `is_ruling`: by who may change the settings; others repeat a
state only."""
