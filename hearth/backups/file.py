"""The form of a backup: one SQLite file without companions, marked as ours, for its owner's eyes only.

It is SQLite also for a server on MariaDB: so the same code verifies every backup, no foreign program or
password on a command line is needed, and a server can move from one database to the other.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import hearth.db.sqlite as sqlite
from hearth.db.migrate import list_revisions
from hearth.files import sync_directory
from hearth.refusal import Refusal

MARK = 0x48527468
"""SQLite's application_id of a Hearth backup ("HRth")."""


class BackupRefused(Refusal):
    """A backup cannot be made or used. The text says why and what to do."""


@contextmanager
def drafting(target: Path) -> Iterator[Path]:
    """Give the path of a new private file beside `target`; what is left of it afterwards is removed."""
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        yield draft
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            draft.with_name(draft.name + suffix).unlink(missing_ok=True)


def finish(draft: Path, target: Path) -> None:
    """Put a complete draft in its place, durably and for its owner alone; what is there is not replaced."""
    os.chmod(draft, 0o600)
    with draft.open("rb+") as file:
        os.fsync(file.fileno())
    if target.exists():
        raise BackupRefused(f"{target} is there already. Name another file.")
    draft.rename(target)
    sync_directory(target.parent)


@contextmanager
def reading(path: Path) -> Iterator[Any]:
    """Open a backup for reading. Raises BackupRefused when it is none."""
    uri = f"{path.absolute().as_uri()}?mode=ro"
    try:
        with closing(sqlite.LIBRARY.connect(uri, uri=True, isolation_level=None)) as connection:
            if connection.execute("PRAGMA application_id").fetchone()[0] != MARK:
                raise BackupRefused(f"{path} is not a Hearth backup.")
            yield connection
    except sqlite.LIBRARY.DatabaseError as error:
        raise BackupRefused(f"{path} is damaged or not a Hearth backup. Use another one.") from error


@contextmanager
def changing(path: Path) -> Iterator[Any]:
    """Open a draft for writing in one transaction, and leave it without companion files."""
    with closing(sqlite.open_connection(path)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield connection
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode=DELETE").fetchall()


def mark(path: Path) -> None:
    """Make a draft a Hearth backup."""
    with changing(path) as connection:
        connection.execute(f"PRAGMA application_id={MARK}")


def require_known_schema(connection: Any, path: Path) -> None:
    """Raise BackupRefused when a newer Hearth wrote this."""
    found = [row[0] for row in connection.execute("SELECT version_num FROM alembic_version")]
    known = list_revisions()
    if len(found) != 1 or found[0] not in known:
        raise BackupRefused(
            f"{path} was made by a newer Hearth (schema {', '.join(found) or 'unknown'}; this program "
            f"knows up to {known[-1]}). Install that version, then restore."
        )
