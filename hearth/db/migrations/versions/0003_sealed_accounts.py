"""Vaults, own chains and keyrings, user chains and receive statements; and who has a chain.

Accounts that are older than encryption have none of it until they set it up.
"""

import sqlalchemy as sa

from hearth.db.columns import BigId, UtcTime, binary, blob
from hearth.db.migrations.steps import add_column, create_index, create_table

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    add_column("user", sa.Column("sealed_at", UtcTime))
    create_vault()
    create_generations()
    create_chains()


def owner(table: str) -> sa.Column[int]:
    """Return the first part of every key here: whose it is."""
    key = sa.ForeignKey("user.id", name=f"fk_{table}_user_id")
    return sa.Column("user_id", BigId, key, primary_key=True, autoincrement=False)


def create_vault() -> None:
    create_table(
        "vault",
        owner("vault"),
        sa.Column("version", BigId, nullable=False),
        sa.Column("sealed", blob(), nullable=False),
        sa.Column("password_wrap", binary(65), nullable=False),
        sa.Column("keyring_position", BigId, nullable=False),
        sa.Column("keyring_rows", BigId, nullable=False),
    )
    create_table(
        "way_in",
        owner("way_in"),
        sa.Column("kind", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("id", binary(16), primary_key=True),
        sa.Column("way_in", binary(1232), nullable=False),
        sa.Column("proof_hash", binary(32), nullable=False),
    )
    create_table(
        "device_key",
        owner("device_key"),
        sa.Column("device_id", binary(16), primary_key=True),
        sa.Column("public_key", binary(1216), nullable=False),
    )


def create_generations() -> None:
    create_table(
        "generation",
        owner("generation"),
        sa.Column("g", BigId, primary_key=True, autoincrement=False),
        sa.Column("statement", blob(), nullable=False),
        sa.Column("hash", binary(32), nullable=False),
        sa.Column("chain_n", BigId, nullable=False),
        sa.Column("incarnation", BigId, nullable=False),
        sa.Column("predecessor", binary(65)),
        sa.Column("timestamp", UtcTime, nullable=False),
    )
    create_table(
        "generation_wrap",
        owner("generation_wrap"),
        sa.Column("g", BigId, primary_key=True, autoincrement=False),
        sa.Column("recipient", binary(16), primary_key=True),
        sa.Column("wrap", binary(1168), nullable=False),
    )
    create_table(
        "keyring_row",
        owner("keyring_row"),
        sa.Column("position", BigId, primary_key=True, autoincrement=False),
        sa.Column("g", BigId, nullable=False),
        sa.Column("kind", sa.Integer, nullable=False),
        sa.Column("row_id", binary(40), nullable=False),
        sa.Column("sealed", binary(1024), nullable=False),
        sa.Column("is_of_set", sa.Boolean, nullable=False),
        sa.Column("digest", binary(32), nullable=False),
        sa.UniqueConstraint("user_id", "digest", name="uq_keyring_row_user_id_digest"),
    )


def create_chains() -> None:
    create_table(
        "user_chain",
        owner("user_chain"),
        sa.Column("n", BigId, nullable=False),
        sa.Column("hash", binary(32), nullable=False),
        sa.Column("receive_version", BigId, nullable=False),
        sa.Column("state", blob(), nullable=False),
    )
    create_table(
        "user_statement",
        owner("user_statement"),
        sa.Column("n", BigId, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Integer, nullable=False),
        sa.Column("incarnation", BigId, nullable=False),
        sa.Column("hash", binary(32), nullable=False),
        sa.Column("statement", blob(), nullable=False),
        sa.Column("timestamp", UtcTime, nullable=False),
    )
    create_index("ix_user_statement_hash", "user_statement", ["user_id", "hash"])
    create_table(
        "receive_statement",
        owner("receive_statement"),
        sa.Column("version", BigId, primary_key=True, autoincrement=False),
        sa.Column("hash", binary(32), nullable=False),
        sa.Column("statement", blob(), nullable=False),
        sa.Column("public_key", binary(1216), nullable=False),
        sa.Column("timestamp", UtcTime, nullable=False),
    )
    create_index("ix_receive_statement_hash", "receive_statement", ["user_id", "hash"])
