"""Brings the database's schema to the version this program knows, at every start.

The usual case (nothing to do) costs one query and does not import Alembic. Otherwise one process at a time
upgrades: SQLite in one transaction, MariaDB statement by statement, each of which may be repeated.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from hearth.db.server import fill_identity

if TYPE_CHECKING:
    from hearth.db.engine import Database

FOLDER = Path(__file__).parent / "migrations"
LOCK_SECONDS = 120
VERSION_TABLE = text(
    "CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"
)
CURRENT = text("SELECT version_num, (SELECT count(*) FROM server) FROM alembic_version")


class SchemaRefused(Exception):
    """The database cannot be used by this version of Hearth. The text says why and what to do."""


def list_revisions() -> list[str]:
    """Return the revisions this program knows, oldest first, by the names of their files."""
    return sorted(path.name.split("_")[0] for path in (FOLDER / "versions").glob("[0-9]*_*.py"))


async def migrate(database: "Database") -> None:
    """Upgrade the schema if need be and make the server's own row.

    Raises SchemaRefused when the database was written by a newer Hearth.
    """
    if await _is_current(database):
        return
    if database.dialect == "sqlite":
        await _migrate_sqlite(database)
    else:
        await _migrate_mariadb(database)


async def _is_current(database: "Database") -> bool:
    try:
        async with database.transaction("read") as transaction:
            row = (await transaction.execute(CURRENT)).first()
    except DBAPIError:  # a table is missing: nothing, or only half of it, has been migrated
        return False
    if row is None:
        return False
    revisions = list_revisions()
    if row[0] not in revisions:
        raise SchemaRefused(
            f"This database was made by a newer Hearth (schema {row[0]}; this program knows "
            f"up to {revisions[-1]}). Install that version again, or restore the backup from before."
        )
    return bool(row[0] == revisions[-1] and row[1] == 1)


async def _migrate_sqlite(database: "Database") -> None:
    """One transaction for everything; whoever comes second waits for it and finds nothing left to do."""
    async with database.transaction("write") as transaction:
        await transaction.run_sync(_upgrade)
        await fill_identity(transaction)


async def _migrate_mariadb(database: "Database") -> None:
    """DDL commits by itself here, so a named lock keeps others out instead of a transaction."""
    name = "CONCAT('hearth migration ', MD5(DATABASE()))"
    async with database.engine.connect() as connection:
        got = (await connection.execute(text(f"SELECT GET_LOCK({name}, {LOCK_SECONDS})"))).scalar()
        if got != 1:
            raise SchemaRefused(
                "Another process has been upgrading this database for two minutes; wait for it."
            )
        try:
            await _upgrade_and_fill(connection)
        finally:
            await connection.rollback()
            await connection.execute(text(f"SELECT RELEASE_LOCK({name})"))


async def _upgrade_and_fill(connection: AsyncConnection) -> None:
    await connection.run_sync(_upgrade)
    await connection.commit()
    await fill_identity(connection)
    await connection.commit()


def _upgrade(connection: Connection) -> None:
    connection.execute(VERSION_TABLE)
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    script = ScriptDirectory.from_config(config)
    with EnvironmentContext(
        config, script, fn=lambda revision, _: script._upgrade_revs("head", revision)
    ) as context:
        context.configure(connection=connection)
        context.run_migrations()
