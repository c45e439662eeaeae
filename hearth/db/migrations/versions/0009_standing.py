"""What is about a conversation as a whole is found by kind, what is aimed at an entry by target and kind."""

import sqlalchemy as sa
from sqlalchemy import text

from hearth.db.columns import BigId, binary
from hearth.db.migrations.steps import create_index, create_table, drop_index, fill_table

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    create_table(
        "standing",
        sa.Column(
            "conversation_id",
            binary(16),
            sa.ForeignKey("conversation.id", name="fk_standing_conversation_id"),
            primary_key=True,
        ),
        sa.Column("kind", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("seq", BigId, primary_key=True, autoincrement=False),
        sa.Column("is_ruling", sa.Boolean, nullable=False),
        sqlite_with_rowid=False,
    )
    fill_table("standing", "SELECT conversation_id, kind, seq, 1 FROM message WHERE kind IN (6, 7)")
    create_index(
        "ix_message_aimed",
        "message",
        ["conversation_id", "target_seq", "kind"],
        sqlite_where=text("target_seq > 0"),
    )
    drop_index("ix_message_target", "message")
