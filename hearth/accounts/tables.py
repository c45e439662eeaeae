"""The tables of accounts."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, Table

from hearth.db.columns import METADATA, TABLE_OPTIONS, BigId, UtcTime, binary, blob, text

USER = Table(
    "user",
    METADATA,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("username", text(50), nullable=False),
    Column("username_key", text(191), nullable=False, unique=True),
    Column("password", text(255), nullable=False),
    Column("kdf_salt", binary(16), nullable=False),
    Column("kdf_memory", Integer, nullable=False),
    Column("kdf_iterations", Integer, nullable=False),
    Column("kdf_parallelism", Integer, nullable=False),
    Column("display_name", text(512), nullable=False),
    Column("about", text(4096), nullable=False),
    Column("avatar_id", binary(32), ForeignKey("avatar.id")),
    Column("status", text(20), nullable=False),
    Column("last_seen", UtcTime),
    Column("settings", JSON, nullable=False),
    Column("is_admin", Boolean, nullable=False),
    Column("log_seq", BigId, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("disabled_at", UtcTime),
    Column("deleted_at", UtcTime),
    Column("sealed_at", UtcTime),
    Index("ix_user_avatar_id", "avatar_id"),
    sqlite_autoincrement=True,
    **TABLE_OPTIONS,
)
"""`username_key` is the confusables skeleton of the case-folded NFKC name; it stays when the user is deleted.
`password` is a tagged verifier from which the password cannot be read. Ids are never used twice. Since
`sealed_at` there is a vault, and the password changes only together with it."""

DEVICE = Table(
    "device",
    METADATA,
    Column("id", binary(16), primary_key=True),
    Column("user_id", BigId, ForeignKey("user.id"), nullable=False),
    Column("token_hash", binary(32), nullable=False, unique=True),
    Column("name", text(120), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("last_seen", UtcTime, nullable=False),
    Column("revoked_at", UtcTime),
    Index("ix_device_user_id", "user_id"),
    **TABLE_OPTIONS,
)

AVATAR = Table(
    "avatar",
    METADATA,
    Column("id", binary(32), primary_key=True),
    Column("content_type", text(20), nullable=False),
    Column("content", blob(), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    **TABLE_OPTIONS,
)
"""Pictures by the SHA-256 of their bytes; removed when no user shows them any more."""

INVITE = Table(
    "invite",
    METADATA,
    Column("token_hash", binary(32), primary_key=True),
    Column("makes_admin", Boolean, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("uses_left", Integer, nullable=False),
    **TABLE_OPTIONS,
)

SIGN_IN_RESET = Table(
    "sign_in_reset",
    METADATA,
    Column("token_hash", binary(32), primary_key=True),
    Column("user_id", BigId, ForeignKey("user.id"), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    **TABLE_OPTIONS,
)

USER_LOG = Table(
    "user_log",
    METADATA,
    Column("user_id", BigId, ForeignKey("user.id"), primary_key=True, autoincrement=False),
    Column("seq", BigId, primary_key=True, autoincrement=False),
    Column("kind", text(64), nullable=False),
    Column("payload", blob(), nullable=False),
    Column("timestamp", UtcTime, nullable=False),
    **TABLE_OPTIONS,
)
"""`payload` is the event's JSON. Gapless per user; old entries go, then a device takes a snapshot."""
