"""Which SQLite is used, and that one with the WAL-reset bug stores as safely without WAL."""

import subprocess
import sys
from pathlib import Path

import pytest

from hearth.db import sqlite
from hearth.db.durability import check_durability
from hearth.db.engine import Database
from hearth.db.migrate import migrate
from hearth.db.server import load_identity

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.sqlite


@pytest.mark.parametrize(
    ("version", "is_safe"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 52, 0), False),
        ((3, 53, 0), True),
        ((4, 0, 0), True),
    ],
)
def test_versions_with_the_wal_reset_bug_are_known(version: tuple[int, ...], is_safe: bool) -> None:
    assert sqlite.is_safe_for_wal(version) is is_safe


def test_the_library_in_use_is_the_one_that_everybody_imports() -> None:
    import sqlite3

    import aiosqlite

    assert sqlite3.sqlite_version == aiosqlite.sqlite_version == sqlite.LIBRARY.sqlite_version


async def test_with_an_old_library_a_rollback_journal_keeps_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        sqlite, "choose_pragmas", lambda version, choose=sqlite.choose_pragmas: choose((3, 40, 1))
    )
    database = Database(f"sqlite:///{tmp_path / 'old.db'}")
    await database.start()
    await migrate(database)
    async with database.transaction("read") as transaction:
        mode = (await transaction.exec_driver_sql("PRAGMA journal_mode")).scalar()
        synchronous = (await transaction.exec_driver_sql("PRAGMA synchronous")).scalar()
    assert (mode, synchronous) == ("delete", 3)
    assert await check_durability(database) == []
    assert (await load_identity(database))[1]
    assert "journal delete" in database.describe()
    await database.stop()


@pytest.mark.slow
def test_with_the_systems_library_everything_is_stored_alike() -> None:
    """The storage tests again in a Python that has no bundled library."""
    tests = [
        "tests/db/test_committer.py",
        "tests/db/test_lanes.py",
        "tests/messages/test_append.py",
        "tests/messages/test_history.py",
        "tests/messages/test_store.py",
    ]
    program = (
        "import sys; sys.modules['pysqlite3'] = None\n"
        "import pytest; from hearth.db import sqlite\n"
        "assert sqlite.LIBRARY.__name__ == 'sqlite3'\n"
        f"sys.exit(pytest.main(['-q', '-m', 'not slow', *{tests}]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_missing_file_is_not_made_by_opening_it(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="unable to open"):
        sqlite.open_connection(tmp_path / "none.db")
    assert list(tmp_path.iterdir()) == []
