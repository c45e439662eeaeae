"""Copying every row of one database into another of the same schema: one snapshot, counted on both sides."""

from typing import TYPE_CHECKING

from sqlalchemy import func, insert, inspect, select

# All that hang tables on METADATA: none of them may be forgotten, whatever else has been imported.
import hearth.accounts.tables
import hearth.conversations.tables
import hearth.db.tables
import hearth.directory.tables
import hearth.epochs.tables
import hearth.friends.tables
import hearth.messages.tables
import hearth.private.tables
import hearth.vault.tables  # noqa: F401 - see above
from hearth.backups.file import BackupRefused
from hearth.contract import Transaction
from hearth.db.columns import METADATA
from hearth.db.migrate import CURRENT, list_revisions

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hearth.db.engine import Database

BATCH = 200
BESIDE = {"alembic_version"}


async def require_current(database: "Database") -> None:
    """Raise BackupRefused unless the schema is the one that this program knows best."""
    async with database.transaction("read") as transaction:
        found = (await transaction.execute(CURRENT)).first()
    if found is None or found[0] != list_revisions()[-1]:
        raise BackupRefused(
            "This database was written by another version of Hearth. Use that version's hearth command."
        )


async def copy_rows(source: "Database", target: "Database") -> None:
    """Replace everything in `target`, whose schema is current, by what `source` holds at one moment.

    MariaDB's snapshot is that of a REPEATABLE READ transaction: writers go on meanwhile.
    """
    async with source.transaction("read") as reading, target.transaction("write") as writing:
        await _require_same_tables(reading)
        for table in reversed(METADATA.sorted_tables):
            await writing.execute(table.delete())
        for table in METADATA.sorted_tables:
            rows = await reading.stream(select(table))
            async for part in rows.mappings().partitions(BATCH):
                await writing.execute(insert(table), [dict(row) for row in part])
            counts = [
                (await side.execute(select(func.count()).select_from(table))).scalar_one()
                for side in (reading, writing)
            ]
            if counts[0] != counts[1]:
                raise BackupRefused(f"Of {counts[0]} rows of {table.name} only {counts[1]} were copied.")


async def _require_same_tables(transaction: Transaction) -> None:
    """A table that this program forgot must not be lost in silence."""

    def list_tables(connection: "Connection") -> set[str]:
        return set(inspect(connection).get_table_names())

    found = await transaction.run_sync(list_tables) - BESIDE
    if found != METADATA.tables.keys():
        odd = ", ".join(sorted(found ^ METADATA.tables.keys()))
        raise BackupRefused(f"The database has other tables than this version of Hearth expects: {odd}.")
