"""The first tables: server, accounts, friends, conversations, messages."""

import sqlalchemy as sa

from hearth.db.columns import BigId, UtcTime, binary, blob, text
from hearth.db.migrations.steps import create_index, create_table

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_table(
        "server",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("server_id", binary(16), nullable=False),
        sa.Column("generation", binary(16), nullable=False),
        sa.Column("secret", blob(), nullable=False),
        sa.Column("created_at", UtcTime, nullable=False),
    )
    create_accounts()
    create_friends()
    create_conversations()


def create_accounts() -> None:
    create_table(
        "avatar",
        sa.Column("id", binary(32), primary_key=True),
        sa.Column("content_type", text(20), nullable=False),
        sa.Column("content", blob(), nullable=False),
        sa.Column("created_at", UtcTime, nullable=False),
    )
    create_table(
        "user",
        sa.Column("id", BigId, primary_key=True, autoincrement=True),
        sa.Column("username", text(50), nullable=False),
        sa.Column("username_key", text(191), nullable=False),
        sa.Column("password", text(255), nullable=False),
        sa.Column("kdf_salt", binary(16), nullable=False),
        sa.Column("kdf_memory", sa.Integer, nullable=False),
        sa.Column("kdf_iterations", sa.Integer, nullable=False),
        sa.Column("kdf_parallelism", sa.Integer, nullable=False),
        sa.Column("display_name", text(512), nullable=False),
        sa.Column("about", text(4096), nullable=False),
        sa.Column("avatar_id", binary(32), sa.ForeignKey("avatar.id", name="fk_user_avatar_id")),
        sa.Column("status", text(20), nullable=False),
        sa.Column("last_seen", UtcTime),
        sa.Column("settings", sa.JSON, nullable=False),
        sa.Column("is_admin", sa.Boolean, nullable=False),
        sa.Column("log_seq", BigId, nullable=False),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("disabled_at", UtcTime),
        sa.Column("deleted_at", UtcTime),
        sa.UniqueConstraint("username_key", name="uq_user_username_key"),
        sqlite_autoincrement=True,
    )
    create_index("ix_user_avatar_id", "user", ["avatar_id"])
    create_table(
        "device",
        sa.Column("id", binary(16), primary_key=True),
        sa.Column("user_id", BigId, sa.ForeignKey("user.id", name="fk_device_user_id"), nullable=False),
        sa.Column("token_hash", binary(32), nullable=False),
        sa.Column("name", text(120), nullable=False),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("last_seen", UtcTime, nullable=False),
        sa.Column("revoked_at", UtcTime),
        sa.UniqueConstraint("token_hash", name="uq_device_token_hash"),
    )
    create_index("ix_device_user_id", "device", ["user_id"])
    create_table(
        "invite",
        sa.Column("token_hash", binary(32), primary_key=True),
        sa.Column("makes_admin", sa.Boolean, nullable=False),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("expires_at", UtcTime, nullable=False),
        sa.Column("uses_left", sa.Integer, nullable=False),
    )
    create_table(
        "sign_in_reset",
        sa.Column("token_hash", binary(32), primary_key=True),
        sa.Column(
            "user_id", BigId, sa.ForeignKey("user.id", name="fk_sign_in_reset_user_id"), nullable=False
        ),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("expires_at", UtcTime, nullable=False),
    )
    create_table(
        "user_log",
        sa.Column(
            "user_id",
            BigId,
            sa.ForeignKey("user.id", name="fk_user_log_user_id"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("seq", BigId, primary_key=True, autoincrement=False),
        sa.Column("kind", text(64), nullable=False),
        sa.Column("payload", blob(), nullable=False),
        sa.Column("timestamp", UtcTime, nullable=False),
    )


def create_friends() -> None:
    create_table(
        "friend_request",
        sa.Column("id", BigId, primary_key=True, autoincrement=True),
        sa.Column(
            "sender_id", BigId, sa.ForeignKey("user.id", name="fk_friend_request_sender_id"), nullable=False
        ),
        sa.Column(
            "receiver_id",
            BigId,
            sa.ForeignKey("user.id", name="fk_friend_request_receiver_id"),
            nullable=False,
        ),
        sa.Column("status", text(20), nullable=False),
        sa.Column("suppressed", sa.Boolean, nullable=False),
        sa.Column("timestamp", UtcTime, nullable=False),
        sa.UniqueConstraint("sender_id", "receiver_id", name="uq_friend_request_sender_id_receiver_id"),
        sqlite_autoincrement=True,
    )
    create_index("ix_friend_request_receiver_id", "friend_request", ["receiver_id", "status"])
    create_table(
        "friendship",
        sa.Column("id", BigId, primary_key=True, autoincrement=True),
        sa.Column("user1_id", BigId, sa.ForeignKey("user.id", name="fk_friendship_user1_id"), nullable=False),
        sa.Column("user2_id", BigId, sa.ForeignKey("user.id", name="fk_friendship_user2_id"), nullable=False),
        sa.Column("timestamp", UtcTime, nullable=False),
        sa.UniqueConstraint("user1_id", "user2_id", name="uq_friendship_user1_id_user2_id"),
        sa.CheckConstraint("user1_id < user2_id", name="user1_before_user2"),
        sqlite_autoincrement=True,
    )
    create_index("ix_friendship_user2_id", "friendship", ["user2_id"])
    create_table(
        "block",
        sa.Column("id", BigId, primary_key=True, autoincrement=True),
        sa.Column("blocker_id", BigId, sa.ForeignKey("user.id", name="fk_block_blocker_id"), nullable=False),
        sa.Column("blocked_id", BigId, sa.ForeignKey("user.id", name="fk_block_blocked_id"), nullable=False),
        sa.Column("timestamp", UtcTime, nullable=False),
        sa.UniqueConstraint("blocker_id", "blocked_id", name="uq_block_blocker_id_blocked_id"),
        sqlite_autoincrement=True,
    )
    create_index("ix_block_blocked_id", "block", ["blocked_id"])


def create_conversations() -> None:
    create_table(
        "conversation",
        sa.Column("id", binary(16), primary_key=True),
        sa.Column("kind", text(10), nullable=False),
        sa.Column("is_open", sa.Boolean, nullable=False),
        sa.Column("last_seq", BigId, nullable=False),
        sa.Column("last_ordinal", BigId, nullable=False),
        sa.Column("log_hash", binary(32), nullable=False),
        sa.Column("epoch", BigId, nullable=False),
        sa.Column(
            "created_by", BigId, sa.ForeignKey("user.id", name="fk_conversation_created_by"), nullable=False
        ),
        sa.Column("created_at", UtcTime, nullable=False),
    )
    create_table(
        "member",
        sa.Column(
            "conversation_id",
            binary(16),
            sa.ForeignKey("conversation.id", name="fk_member_conversation_id"),
            primary_key=True,
        ),
        sa.Column(
            "user_id",
            BigId,
            sa.ForeignKey("user.id", name="fk_member_user_id"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("joined_seq", BigId, primary_key=True, autoincrement=False),
        sa.Column("role", text(10), nullable=False),
        sa.Column("left_seq", BigId),
        sa.Column("delivered_seq", BigId, nullable=False),
        sa.Column("read_seq", BigId, nullable=False),
        sa.Column("muted_until", UtcTime),
        sa.Column("pinned", sa.Boolean, nullable=False),
        sa.Column("archived", sa.Boolean, nullable=False),
    )
    create_index("ix_member_user_id", "member", ["user_id", "left_seq"])
    create_table(
        "message",
        sa.Column(
            "conversation_id",
            binary(16),
            sa.ForeignKey("conversation.id", name="fk_message_conversation_id"),
            primary_key=True,
        ),
        sa.Column("seq", BigId, primary_key=True, autoincrement=False),
        sa.Column("ordinal", BigId, nullable=False),
        sa.Column("client_id", binary(16), nullable=False),
        sa.Column("from_user", BigId, sa.ForeignKey("user.id", name="fk_message_from_user"), nullable=False),
        sa.Column("from_device", binary(16), nullable=False),
        sa.Column("counter", BigId, nullable=False),
        sa.Column("kind", sa.Integer, nullable=False),
        sa.Column("target_seq", BigId, nullable=False),
        sa.Column("epoch", BigId, nullable=False),
        sa.Column("message", blob(), nullable=False),
        sa.Column("record_hash", binary(32), nullable=False),
        sa.Column("log_hash", binary(32), nullable=False),
        sa.Column("timestamp", UtcTime, nullable=False),
        sa.UniqueConstraint(
            "conversation_id", "from_user", "client_id", name="uq_message_conversation_id_from_user_client_id"
        ),
        sqlite_with_rowid=False,
    )
