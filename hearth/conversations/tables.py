"""The tables of conversations."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Table

from hearth.db.columns import METADATA, TABLE_OPTIONS, BigId, UtcTime, binary, text

CONVERSATION = Table(
    "conversation",
    METADATA,
    Column("id", binary(16), primary_key=True),
    Column("kind", text(10), nullable=False),
    Column("is_open", Boolean, nullable=False),
    Column("last_seq", BigId, nullable=False),
    Column("last_ordinal", BigId, nullable=False),
    Column("log_hash", binary(32), nullable=False),
    Column("epoch", BigId, nullable=False),
    Column("created_by", BigId, ForeignKey("user.id"), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    **TABLE_OPTIONS,
)
"""A direct one's id is computed from its two users, a self one's from its user (e2ee design, section 3).
`is_open` is whether anything may be sent; it falls with the friendship, in the same transaction."""

MEMBER = Table(
    "member",
    METADATA,
    Column("conversation_id", binary(16), ForeignKey("conversation.id"), primary_key=True),
    Column("user_id", BigId, ForeignKey("user.id"), primary_key=True, autoincrement=False),
    Column("joined_seq", BigId, primary_key=True, autoincrement=False),
    Column("role", text(10), nullable=False),
    Column("left_seq", BigId),
    Column("delivered_seq", BigId, nullable=False),
    Column("read_seq", BigId, nullable=False),
    Column("muted_until", UtcTime),
    Column("pinned", Boolean, nullable=False),
    Column("archived", Boolean, nullable=False),
    Column("frozen_delivered_seq", BigId),
    Column("frozen_read_seq", BigId),
    Column("entered_seq", BigId),
    Index("ix_member_user_id", "user_id", "left_seq"),
    **TABLE_OPTIONS,
)
"""One row per stay. A person may read the union of their stays: seqs after joined_seq, up to left_seq.
The frozen cursors are what the others are shown while the conversation is closed: where this member's cursors
stood when it closed. They are null while it is open. `entered_seq` is the entry that brought a member in,
where that is not the first one they may read."""
