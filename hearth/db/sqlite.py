"""SQLite: which library is used, what every connection is set to, and how one is opened.

Importing this module puts the bundled library (pysqlite3) in the place of the system's, so it comes before
anything that imports sqlite3. A library with the WAL-reset bug is only used with a rollback journal.
"""

import importlib
import logging
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

LOG = logging.getLogger(__name__)
# At DEBUG the driver writes every statement with its values: password verifiers, token hashes, messages.
logging.getLogger("aiosqlite").disabled = True
OLDEST = (3, 35, 0)
WAL_RESET_FIXED = (3, 51, 3)
WAL_RESET_BACKPORTS = {(3, 50): 7, (3, 44): 6}
WITHDRAWN = (3, 52, 0)
CHECKPOINT_PAGES = 4000
"""16 MiB of log before it is copied into the file: busy pages change many times in it and are copied once."""
BUSY_TIMEOUT = 5.0
"""Seconds a connection waits for another writer before it gives up."""


def load_library() -> ModuleType:
    """Return the sqlite3 module to use: the bundled one where there is a wheel for it, else the system's."""
    try:
        bundled = importlib.import_module("pysqlite3")
    except ImportError:
        return importlib.import_module("sqlite3")
    sys.modules["sqlite3"] = bundled
    sys.modules["sqlite3.dbapi2"] = importlib.import_module("pysqlite3.dbapi2")
    return bundled


LIBRARY = load_library()
# Without an adapter, the driver raises and drops an error inside for every bytes it binds: 1.2 µs each.
LIBRARY.register_adapter(bytes, bytearray)


def is_safe_for_wal(version: tuple[int, ...]) -> bool:
    """Whether this version is free of the WAL-reset bug (3.7.0 to 3.51.2, https://sqlite.org/wal.html)."""
    if version[:3] == WITHDRAWN:
        return False
    fixed_in = WAL_RESET_BACKPORTS.get((version[0], version[1]))
    return version >= WAL_RESET_FIXED or (fixed_in is not None and version[2] >= fixed_in)


def choose_pragmas(version: tuple[int, ...]) -> dict[str, str | int]:
    """Return what every connection sets, in this order; durable at every commit with any version."""
    is_wal = is_safe_for_wal(version)
    return {
        "busy_timeout": int(BUSY_TIMEOUT * 1000),
        "journal_mode": "wal" if is_wal else "delete",
        "synchronous": "FULL" if is_wal else "EXTRA",
        "foreign_keys": "ON",
        "fullfsync": "ON",
        "checkpoint_fullfsync": "ON",
        "journal_size_limit": 64 * 1024 * 1024,
        "wal_autocheckpoint": CHECKPOINT_PAGES,
    }


def open_connection(path: Path, *, create: bool = False) -> Any:
    """Open the file and set the pragmas; a missing file is an error unless `create`. Not tied to a thread."""
    uri = f"{path.absolute().as_uri()}?mode={'rwc' if create else 'rw'}"
    connection = LIBRARY.connect(
        uri, uri=True, isolation_level=None, check_same_thread=False, timeout=BUSY_TIMEOUT
    )
    try:
        for name, value in choose_pragmas(LIBRARY.sqlite_version_info).items():
            connection.execute(f"PRAGMA {name}={value}").fetchall()
    except BaseException:
        connection.close()
        raise
    return connection


def describe() -> str:
    """Return one line about the library and the mode it is used in."""
    origin = "bundled" if LIBRARY.__name__ == "pysqlite3" else "the system's"
    pragmas = choose_pragmas(LIBRARY.sqlite_version_info)
    return (
        f"SQLite {LIBRARY.sqlite_version} ({origin}), journal {pragmas['journal_mode']}, "
        f"synchronous {pragmas['synchronous']}"
    )
