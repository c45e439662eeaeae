"""The tables of epochs: records and rosters byte for byte, and what is sealed to single members."""

from sqlalchemy import Column, ForeignKey, Index, Table

from hearth.db.columns import METADATA, TABLE_OPTIONS, BigId, UtcTime, binary, blob

EPOCH = Table(
    "epoch",
    METADATA,
    Column("conversation_id", binary(16), ForeignKey("conversation.id"), primary_key=True),
    Column("n", BigId, primary_key=True, autoincrement=False),
    Column("hash", binary(32), nullable=False),
    Column("record", blob(), nullable=False),
    Column("roster", blob()),
    Column("roster_n", BigId, nullable=False),
    Column("actor_id", BigId, ForeignKey("user.id"), nullable=False),
    Column("seq", BigId, nullable=False),
    Column("timestamp", UtcTime, nullable=False),
    Index("ix_epoch_hash", "hash"),
    Index("ix_epoch_seq", "conversation_id", "seq"),
    **TABLE_OPTIONS,
)
"""One row for each epoch there ever was; `seq` is that of its entry. A roster is stored once: `roster_n` is
the epoch whose row has it, null in the rows after it that have the same."""

EPOCH_WRAP = Table(
    "epoch_wrap",
    METADATA,
    Column("user_id", BigId, ForeignKey("user.id"), primary_key=True, autoincrement=False),
    Column("conversation_id", binary(16), ForeignKey("conversation.id"), primary_key=True),
    Column("n", BigId, primary_key=True, autoincrement=False),
    Column("wrap", binary(1168), nullable=False),
    **TABLE_OPTIONS,
)
"""Seeds that are not in their member's keyring yet."""

EPOCH_HISTORY = Table(
    "epoch_history",
    METADATA,
    Column("conversation_id", binary(16), ForeignKey("conversation.id"), primary_key=True),
    Column("n", BigId, primary_key=True, autoincrement=False),
    Column("sealed", blob(), nullable=False),
    **TABLE_OPTIONS,
)
"""What an epoch gave its newcomers of earlier ones; it goes with the last of their wraps."""

HISTORY_WRAP = Table(
    "history_wrap",
    METADATA,
    Column("conversation_id", binary(16), ForeignKey("conversation.id"), primary_key=True),
    Column("n", BigId, primary_key=True, autoincrement=False),
    Column("user_id", BigId, ForeignKey("user.id"), primary_key=True, autoincrement=False),
    Column("wrap", binary(1168), nullable=False),
    **TABLE_OPTIONS,
)

EPOCH_LEAVE = Table(
    "epoch_leave",
    METADATA,
    Column("conversation_id", binary(16), ForeignKey("conversation.id"), primary_key=True),
    Column("n", BigId, primary_key=True, autoincrement=False),
    Column("user_id", BigId, ForeignKey("user.id"), primary_key=True, autoincrement=False),
    Column("hash", binary(32), nullable=False),
    Column("seq", BigId, nullable=False),
    **TABLE_OPTIONS,
)
"""Who left in an epoch: `hash` is SHA-256 of the leave entry, which `remove` names as its cause."""

CONVERSATION_RESTORE = Table(
    "conversation_restore",
    METADATA,
    Column("conversation_id", binary(16), ForeignKey("conversation.id"), primary_key=True),
    Column("generation", binary(16), primary_key=True),
    Column("seq", BigId, nullable=False),
    Column("hash", binary(32)),
    **TABLE_OPTIONS,
)
"""Where a log goes on after a restore: the one entry of kind 18 that a database generation has in it.

`hash` is SHA-256 of that entry; null in rows from before it was kept.
"""

REWRAP = Table(
    "rewrap",
    METADATA,
    Column("conversation_id", binary(16), ForeignKey("conversation.id"), primary_key=True),
    Column("n", BigId, primary_key=True, autoincrement=False),
    Column("user_id", BigId, ForeignKey("user.id"), primary_key=True, autoincrement=False),
    Column("request", blob(), nullable=False),
    Column("receive_hash", binary(32), nullable=False),
    Column("timestamp", UtcTime, nullable=False),
    Column("answer", binary(1168)),
    Column("answered_by", BigId, ForeignKey("user.id")),
    Index("ix_rewrap_user_id", "user_id"),
    **TABLE_OPTIONS,
)
"""The newest request of a member for the seed of an epoch, and its answer when there is one."""
