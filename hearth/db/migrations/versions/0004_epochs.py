"""Epochs of conversations with their wraps, who left in which, and requests for seeds that did not arrive."""

import sqlalchemy as sa

from hearth.db.columns import BigId, UtcTime, binary, blob
from hearth.db.migrations.steps import add_column, create_index, create_table

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    add_column("member", sa.Column("entered_seq", BigId))
    create_epochs()
    create_wraps()
    create_leaves()
    create_rewraps()


def conversation(table: str) -> sa.Column[bytes]:
    key = sa.ForeignKey("conversation.id", name=f"fk_{table}_conversation_id")
    return sa.Column("conversation_id", binary(16), key, primary_key=True)


def number() -> sa.Column[int]:
    return sa.Column("n", BigId, primary_key=True, autoincrement=False)


def user(table: str) -> sa.Column[int]:
    key = sa.ForeignKey("user.id", name=f"fk_{table}_user_id")
    return sa.Column("user_id", BigId, key, primary_key=True, autoincrement=False)


def create_epochs() -> None:
    actor = sa.ForeignKey("user.id", name="fk_epoch_actor_id")
    create_table(
        "epoch",
        conversation("epoch"),
        number(),
        sa.Column("hash", binary(32), nullable=False),
        sa.Column("record", blob(), nullable=False),
        sa.Column("roster", blob()),
        sa.Column("roster_n", BigId, nullable=False),
        sa.Column("actor_id", BigId, actor, nullable=False),
        sa.Column("seq", BigId, nullable=False),
        sa.Column("timestamp", UtcTime, nullable=False),
    )
    create_index("ix_epoch_hash", "epoch", ["hash"])
    create_index("ix_epoch_seq", "epoch", ["conversation_id", "seq"])


def create_wraps() -> None:
    create_table(
        "epoch_wrap",
        user("epoch_wrap"),
        conversation("epoch_wrap"),
        number(),
        sa.Column("wrap", binary(1168), nullable=False),
    )
    create_table(
        "epoch_history",
        conversation("epoch_history"),
        number(),
        sa.Column("sealed", blob(), nullable=False),
    )
    create_table(
        "history_wrap",
        conversation("history_wrap"),
        number(),
        user("history_wrap"),
        sa.Column("wrap", binary(1168), nullable=False),
    )


def create_leaves() -> None:
    create_table(
        "epoch_leave",
        conversation("epoch_leave"),
        number(),
        user("epoch_leave"),
        sa.Column("hash", binary(32), nullable=False),
        sa.Column("seq", BigId, nullable=False),
    )


def create_rewraps() -> None:
    answerer = sa.ForeignKey("user.id", name="fk_rewrap_answered_by")
    create_table(
        "rewrap",
        conversation("rewrap"),
        number(),
        user("rewrap"),
        sa.Column("request", blob(), nullable=False),
        sa.Column("receive_hash", binary(32), nullable=False),
        sa.Column("timestamp", UtcTime, nullable=False),
        sa.Column("answer", binary(1168)),
        sa.Column("answered_by", BigId, answerer),
    )
    create_index("ix_rewrap_user_id", "rewrap", ["user_id"])
