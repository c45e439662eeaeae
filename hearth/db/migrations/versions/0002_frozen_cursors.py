"""Where a member's cursors stood when the conversation closed: what the others are shown while it is closed.

Conversations that are closed already keep none: where the cursors stood then is not known any more, and where
they stand now must not be told.
"""

import sqlalchemy as sa

from hearth.db.columns import BigId
from hearth.db.migrations.steps import add_column

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    add_column("member", sa.Column("frozen_delivered_seq", BigId))
    add_column("member", sa.Column("frozen_read_seq", BigId))
