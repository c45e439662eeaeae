"""The row that says which server this is: made at the first migration, read at every start."""

import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from hearth.contract import Transaction
from hearth.db.tables import SERVER
from hearth.services import Identity

if TYPE_CHECKING:
    from hearth.db.engine import Database


async def fill_identity(transaction: Transaction) -> None:
    """Write the row with fresh random ids and secret unless it is there."""
    if (await transaction.execute(select(SERVER.c.id))).first() is not None:
        return
    row = {
        "id": 1,
        "server_id": secrets.token_bytes(16),
        "generation": secrets.token_bytes(16),
        "secret": secrets.token_bytes(32),
        "created_at": datetime.now(UTC),
    }
    await transaction.execute(insert(SERVER), row)


async def load_identity(database: "Database") -> tuple[Identity, bytes]:
    """Return which server and generation this is, and the secret (32 bytes)."""
    async with database.transaction("read") as transaction:
        row = (await transaction.execute(select(SERVER))).one()
    times = {"restored_at": row.restored_at, "backup_at": row.backup_at}
    return Identity(bytes(row.server_id), bytes(row.generation), **times), bytes(row.secret)
