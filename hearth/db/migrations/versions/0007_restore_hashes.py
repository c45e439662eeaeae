"""Which entry says where a log goes on after a restore: its author is answered as before."""

import sqlalchemy as sa

from hearth.db.columns import binary
from hearth.db.migrations.steps import add_column

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    add_column("conversation_restore", sa.Column("hash", binary(32)))
