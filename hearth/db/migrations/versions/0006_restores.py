"""When the database was last restored, and where each conversation's log goes on after that."""

import sqlalchemy as sa

from hearth.db.columns import BigId, UtcTime, binary
from hearth.db.migrations.steps import add_column, create_table

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    add_column("server", sa.Column("restored_at", UtcTime))
    key = sa.ForeignKey("conversation.id", name="fk_conversation_restore_conversation_id")
    create_table(
        "conversation_restore",
        sa.Column("conversation_id", binary(16), key, primary_key=True),
        sa.Column("generation", binary(16), primary_key=True),
        sa.Column("seq", BigId, nullable=False),
    )
