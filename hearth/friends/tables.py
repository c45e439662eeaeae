"""The tables of friends, as the description asks for them."""

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, Table, UniqueConstraint

from hearth.db.columns import METADATA, TABLE_OPTIONS, BigId, UtcTime, text

FRIEND_REQUEST = Table(
    "friend_request",
    METADATA,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("sender_id", BigId, ForeignKey("user.id"), nullable=False),
    Column("receiver_id", BigId, ForeignKey("user.id"), nullable=False),
    Column("status", text(20), nullable=False),
    Column("suppressed", Boolean, nullable=False),
    Column("timestamp", UtcTime, nullable=False),
    UniqueConstraint("sender_id", "receiver_id"),
    Index("ix_friend_request_receiver_id", "receiver_id", "status"),
    sqlite_autoincrement=True,
    **TABLE_OPTIONS,
)
"""One row per direction, used again by a later request. `suppressed` requests come from somebody whom the
receiver has blocked: the sender sees them as pending, the receiver never does."""

FRIENDSHIP = Table(
    "friendship",
    METADATA,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("user1_id", BigId, ForeignKey("user.id"), nullable=False),
    Column("user2_id", BigId, ForeignKey("user.id"), nullable=False),
    Column("timestamp", UtcTime, nullable=False),
    UniqueConstraint("user1_id", "user2_id"),
    Index("ix_friendship_user2_id", "user2_id"),
    CheckConstraint("user1_id < user2_id", name="user1_before_user2"),
    sqlite_autoincrement=True,
    **TABLE_OPTIONS,
)

BLOCK = Table(
    "block",
    METADATA,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("blocker_id", BigId, ForeignKey("user.id"), nullable=False),
    Column("blocked_id", BigId, ForeignKey("user.id"), nullable=False),
    Column("timestamp", UtcTime, nullable=False),
    UniqueConstraint("blocker_id", "blocked_id"),
    Index("ix_block_blocked_id", "blocked_id"),
    sqlite_autoincrement=True,
    **TABLE_OPTIONS,
)
