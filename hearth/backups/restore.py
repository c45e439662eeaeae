"""Putting a backup in the place of a database: verified first, on a copy, and only where no server runs.

The restored database is a new generation: devices drop what they knew and take everything anew. One-time
links of the backup's day are void. The database that was there is kept beside it.
"""

import asyncio
import os
import secrets
import shutil
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import make_url as read_url

import hearth.db.sqlite as sqlite
from hearth.backups.file import BackupRefused, changing, drafting
from hearth.backups.rows import copy_rows
from hearth.backups.verify import Summary, verify
from hearth.backups.write import make_url
from hearth.config import Config
from hearth.db.engine import Database
from hearth.db.migrate import migrate
from hearth.files import sync_directory
from hearth.lock import DirectoryLock

CONNECTED = (
    "SELECT count(*) FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()"
)


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored, and where the database that was there is now."""

    summary: Summary
    kept: Path | None


def restore_backup(config: Config, backup: Path, *, sign_out: bool = False) -> Restored:
    """Restore a file that `make_backup` wrote. Raises BackupRefused, DirectoryInUse; then nothing changed.

    `sign_out` ends the sessions that the backup holds: those signed out since then live again otherwise.
    """
    backup = backup.expanduser().absolute()
    if not backup.is_file():
        raise BackupRefused(f"There is no file {backup}.")
    verify(backup)
    target = config.sqlite_directory
    with drafting((target or config.data) / "restored.db") as draft:
        if target is None:
            summary = _prepare(backup, draft, sign_out)
            asyncio.run(_fill_mariadb(Database(make_url(draft)), Database(config.database_url)))
            return Restored(summary, None)
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        with DirectoryLock(target):
            summary = _prepare(backup, draft, sign_out)
            return Restored(summary, _replace(Database(config.database_url).path, draft))


def _prepare(backup: Path, draft: Path, sign_out: bool) -> Summary:
    """Copy the backup, bring it to this program's schema, make it a new generation, and verify all that."""
    try:
        shutil.copyfile(backup, draft)
        draft.chmod(0o600)
        asyncio.run(_upgrade(Database(make_url(draft))))
        with changing(draft) as connection:
            restored_at = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}.000000"
            row = (secrets.token_bytes(16), restored_at)
            connection.execute("UPDATE server SET generation = ?, restored_at = ?", row)
            connection.execute("DELETE FROM invite")
            connection.execute("DELETE FROM sign_in_reset")
            if sign_out:
                connection.execute("DELETE FROM device")
    except OSError as error:
        raise BackupRefused(f"The backup could not be copied to {draft.parent}: {error}.") from error
    return verify(draft)


async def _upgrade(database: Database) -> None:
    try:
        await migrate(database)
    finally:
        await database.stop()


def _replace(path: Path, draft: Path) -> Path | None:
    """Put the draft where the database is; return where that one is now.

    Its log is written into it first, so that at no moment one file lies beside another one's log.
    """
    with draft.open("rb+") as file:
        os.fsync(file.fileno())
    kept = None
    if path.exists():
        kept = path.with_name(f"{path.name}.before-restore-{datetime.now(UTC):%Y%m%d-%H%M%S}")
        _settle(path)
        path.rename(kept)
    for suffix in ("-wal", "-shm", "-journal"):
        companion = path.with_name(path.name + suffix)
        if companion.exists() and kept is not None:
            companion.rename(kept.with_name(kept.name + suffix))
    draft.rename(path)
    sync_directory(path.parent)
    return kept


def _settle(path: Path) -> None:
    """Bring a database into one file. A damaged one stays as it is: that is why somebody restores."""
    try:
        with closing(sqlite.open_connection(path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            connection.execute("PRAGMA journal_mode=DELETE").fetchall()
    except (OSError, sqlite.LIBRARY.Error):
        return


async def _fill_mariadb(source: Database, target: Database) -> None:
    """Copy into a database in which nobody has registered; what is in use is never overwritten."""
    name = read_url(str(target.url)).database
    try:
        await migrate(target)
        async with target.transaction("read") as transaction:
            users = (await transaction.execute(text("SELECT count(*) FROM `user`"))).scalar_one()
            connected = (await transaction.execute(text(CONNECTED))).scalar_one()
        if users:
            raise BackupRefused(
                f"The database {name} is in use: it has {users} users. Make an empty one, restore "
                "into that, and let Hearth use it."
            )
        if connected:
            raise BackupRefused(f"Something is connected to the database {name}. Stop the server first.")
        await copy_rows(source, target)
    finally:
        await source.stop()
        await target.stop()
