"""Making a backup of a database that may be in use: one moment of it, verified before it counts as one.

SQLite: VACUUM INTO reads one snapshot while the server goes on writing, and leaves what was deleted behind.
"""

import asyncio
import os
import shutil
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import hearth.db.sqlite as sqlite
from hearth.backups.file import BackupRefused, changing, drafting, finish, mark
from hearth.backups.rows import copy_rows, require_current
from hearth.backups.verify import Summary, verify
from hearth.config import Config
from hearth.db.engine import Database
from hearth.db.migrate import migrate

MARGIN = 8 * 1024 * 1024


def make_backup(config: Config, target: Path) -> Summary:
    """Write everything into a new file with mode 0600 and return what it holds. Raises BackupRefused."""
    target = target.expanduser().absolute()
    if target.exists():
        raise BackupRefused(f"{target} is there already. Name another file.")
    if not target.parent.is_dir():
        raise BackupRefused(f"There is no directory {target.parent}.")
    begun = datetime.now(UTC)
    with drafting(target) as draft:
        try:
            if Database(config.database_url).dialect == "sqlite":
                _write_sqlite(Database(config.database_url).path, draft)
            else:
                asyncio.run(_write_mariadb(Database(config.database_url), Database(make_url(draft))))
            mark(draft)
            _say_when(draft, begun)
            summary = verify(draft)
            finish(draft, target)
        except (OSError, sqlite.LIBRARY.Error) as error:
            raise BackupRefused(f"The backup could not be written to {target.parent}: {error}.") from error
    return summary


def make_url(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path.as_posix()}"


def _write_sqlite(path: Path, draft: Path) -> None:
    if not path.is_file():
        raise BackupRefused(f"There is no database at {path}. Name its directory with --data.")
    needed, free = path.stat().st_size + MARGIN, shutil.disk_usage(draft.parent).free
    if free < needed:
        raise BackupRefused(
            f"{draft.parent} has {free >> 20} MiB free, and {needed >> 20} MiB may be needed. "
            "Choose another place."
        )
    # Made before SQLite makes it, so that nobody else can read it at any moment.
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with closing(sqlite.open_connection(path)) as connection:
        connection.execute("VACUUM INTO ?", (str(draft),))


def _say_when(draft: Path, begun: datetime) -> None:
    """Write into a backup when it was begun: what was changed after that is not in it, or may not be.

    One of a database that an older Hearth wrote has no place for that.
    """
    with changing(draft) as connection:
        if any(row[1] == "backup_at" for row in connection.execute("PRAGMA table_info(server)")):
            connection.execute("UPDATE server SET backup_at = ?", (f"{begun:%Y-%m-%d %H:%M:%S}.000000",))


async def _write_mariadb(source: Database, target: Database) -> None:
    try:
        await require_current(source)
        await target.start()
        await migrate(target)
        await copy_rows(source, target)
    finally:
        await source.stop()
        await target.stop()
