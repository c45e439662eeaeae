"""What every test may ask for: a fresh database of the kind under test.

HEARTH_TEST_DATABASE chooses the kind: sqlite (default) or mariadb.
"""

import asyncio
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.mariadb import MariaDBMissing, PrivateMariaDB, choose_place
from tests.unavailable import IS_CI, give_up

if TYPE_CHECKING:
    from tests.stage import Stage

KIND = os.environ.get("HEARTH_TEST_DATABASE", "sqlite")
KINDS = ("sqlite", "mariadb")
LONG_FILES = ("test_matrix.py", "test_openapi.py", "test_race.py")
"""Many short tests that share a server, so that one core has to do them all."""
CHOOSE_THEMSELVES = ("faults", "sabotage")


def pytest_configure(config: pytest.Config) -> None:
    if KIND not in KINDS:
        raise pytest.UsageError(f"HEARTH_TEST_DATABASE must be one of {', '.join(KINDS)}, not {KIND!r}")
    if place := choose_place():
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", place)


def pytest_report_header() -> str:
    return f"database under test: {KIND}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that no core ends alone; leave out what has no meaning here."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None and item.path.name not in LONG_FILES)
    meant = [item for item in items if is_meant(item)]
    config.hook.pytest_deselected(items=[item for item in items if not is_meant(item)])
    items[:] = meant


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: object) -> Generator[None, Any, Any]:
    """With CI=true a skipped test has failed, whatever skipped it."""
    report = yield
    if IS_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
    return report


def is_meant(item: pytest.Item) -> bool:
    """Whether a test is for the database under test, and for CI where that is what runs it.

    Such tests are left out, not skipped: what is skipped is what a machine lacks, and fails with CI=true.
    """
    if IS_CI and item.get_closest_marker("by_hand"):
        return False
    # What never meets a database is run once, with SQLite.
    if KIND != "sqlite" and not asks_for_a_database(item):
        return False
    return not any(item.get_closest_marker(kind) for kind in KINDS if kind != KIND)


def asks_for_a_database(item: pytest.Item) -> bool:
    """Tell whether a test may come out otherwise on another kind of database.

    By the names of its fixtures, which end so wherever one makes a database of the kind under test. Those
    that look at the kind by themselves are in CHOOSE_THEMSELVES.
    """
    names = getattr(item, "fixturenames", ())
    return (
        item.get_closest_marker(KIND) is not None
        or item.path.relative_to(item.config.rootpath).parts[1] in CHOOSE_THEMSELVES
        or any(name.endswith(("mariadb", "database_url")) for name in names)
    )


@pytest.fixture(autouse=True, scope="session")
def no_settings_from_outside() -> None:
    """A developer's own HEARTH_* settings must not reach the servers under test."""
    for variable in list(os.environ):
        if variable.startswith("HEARTH_") and not variable.startswith(("HEARTH_TEST_", "HEARTH_BENCH_")):
            del os.environ[variable]


@pytest.fixture(autouse=True, scope="session")
def shared_compiled_sql() -> None:
    from tests.compiled_sql import share_compiled_sql

    share_compiled_sql()


@pytest.fixture(scope="session")
def mariadb() -> Iterator[PrivateMariaDB]:
    """One private MariaDB server for the whole run."""
    try:
        server = PrivateMariaDB()
    except MariaDBMissing as missing:
        give_up(missing)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the current schema and nothing in it, to be copied."""
    path = tmp_path_factory.mktemp("template") / "hearth.db"
    migrate_once(f"sqlite+aiosqlite:///{path.as_posix()}")
    return path


@pytest.fixture(scope="session")
def migrated_mariadb(mariadb: PrivateMariaDB) -> str:
    """The statements that make a database with the current schema and nothing in it."""
    migrate_once(mariadb.create_database("hearth_template"))
    return mariadb.dump("hearth_template")


def migrate_once(url: str) -> None:
    from hearth.db.engine import Database
    from hearth.db.migrate import migrate

    async def make() -> None:
        database = Database(url)
        await database.start()
        await migrate(database)
        await database.stop()

    asyncio.run(make())


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database nobody has used, with or without the schema: the application migrates it at start."""
    if KIND == "sqlite":
        path = tmp_path / "hearth.db"
        shutil.copyfile(request.getfixturevalue("migrated_sqlite"), path)
        yield f"sqlite+aiosqlite:///{path.as_posix()}"
    else:
        yield from make_mariadb_database(request, request.getfixturevalue("migrated_mariadb"))


@pytest.fixture
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without any table."""
    if KIND == "sqlite":
        yield f"sqlite+aiosqlite:///{(tmp_path / 'empty.db').as_posix()}"
    else:
        yield from make_mariadb_database(request)


def make_mariadb_database(request: pytest.FixtureRequest, content: str = "") -> Iterator[str]:
    server: PrivateMariaDB = request.getfixturevalue("mariadb")
    name = f"hearth_{secrets.token_hex(6)}"
    yield server.create_database(name, content)
    server.drop_database(name)


@pytest.fixture
async def stage(database_url: str, tmp_path: Path) -> AsyncIterator["Stage"]:
    """The real application on a fresh database, with a clock that stands still and a bus that remembers."""
    from tests.stage import open_stage

    async with open_stage(database_url, tmp_path) as opened:
        yield opened
