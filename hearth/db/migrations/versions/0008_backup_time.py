"""Of when the backup is that took the database's place: people are told whose older password works again."""

import sqlalchemy as sa

from hearth.db.columns import UtcTime
from hearth.db.migrations.steps import add_column

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    add_column("server", sa.Column("backup_at", UtcTime))
