"""What a person's devices keep for each other, sealed: drafts, stars, what is muted, archived, pinned."""

import sqlalchemy as sa

from hearth.db.columns import BigId, binary, blob
from hearth.db.migrations.steps import create_table

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    create_table(
        "private_head",
        owner("private_head"),
        sa.Column("position", BigId, nullable=False),
        sa.Column("begins_after", BigId, nullable=False),
        sa.Column("total", BigId, nullable=False),
    )
    create_table(
        "private_row",
        owner("private_row"),
        sa.Column("kind", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("place", binary(16), primary_key=True),
        sa.Column("position", BigId, nullable=False),
        sa.Column("version", BigId, nullable=False),
        sa.Column("g", BigId, nullable=False),
        sa.Column("sealed", blob(), nullable=False),
        sa.UniqueConstraint("user_id", "position", name="uq_private_row_user_id_position"),
    )


def owner(table: str) -> sa.Column[int]:
    key = sa.ForeignKey("user.id", name=f"fk_{table}_user_id")
    return sa.Column("user_id", BigId, key, primary_key=True, autoincrement=False)
