"""Entries by what they are aimed at: a deletion empties the edits of and reactions to its target, too."""

from sqlalchemy import text

from hearth.db.migrations.steps import create_index

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    create_index(
        "ix_message_target",
        "message",
        ["conversation_id", "target_seq"],
        sqlite_where=text("target_seq > 0"),
    )
