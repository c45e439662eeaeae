"""The schema after migrating, and what happens when migrating is disturbed."""

import asyncio
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert, inspect, select, text

from hearth.accounts.tables import USER
from hearth.db.engine import Database
from hearth.db.migrate import SchemaRefused, list_revisions, migrate
from hearth.db.server import load_identity
from hearth.db.tables import SERVER
from tests.db.schema import find_differences

ROOT = Path(__file__).parents[2]
SEALED_TABLES = (
    "receive_statement",
    "user_statement",
    "user_chain",
    "keyring_row",
    "generation_wrap",
    "generation",
    "device_key",
    "way_in",
    "vault",
)
EPOCH_TABLES = ("rewrap", "epoch_leave", "history_wrap", "epoch_history", "epoch_wrap", "epoch")
SAY_WHETHER_ALEMBIC_CAME = """
import asyncio, sys
from hearth.db.engine import Database
from hearth.db.migrate import migrate
async def main():
    database = Database(sys.argv[1])
    await database.start()
    await migrate(database)
    await database.stop()
asyncio.run(main())
print("alembic" in sys.modules)
"""


async def compare(database: Database) -> list[Any]:
    async with database.transaction("read") as transaction:
        return await transaction.run_sync(find_differences)


def start_program(url: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SAY_WHETHER_ALEMBIC_CAME, url],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


async def test_migrating_nothing_leads_to_the_tables_in_code(empty_database: Database) -> None:
    await migrate(empty_database)
    assert await compare(empty_database) == []


async def test_a_second_run_changes_nothing(empty_database: Database) -> None:
    await migrate(empty_database)
    identity = await load_identity(empty_database)
    await migrate(empty_database)
    assert await load_identity(empty_database) == identity


async def test_every_server_is_another(empty_database: Database) -> None:
    await migrate(empty_database)
    identity, secret = await load_identity(empty_database)
    assert len(identity.server_id) == len(identity.generation) == 16
    assert len(secret) == 32
    assert len({identity.server_id, identity.generation, secret[:16]}) == 3


def test_revisions_are_numbered_without_a_gap() -> None:
    assert list_revisions() == [f"{number:04}" for number in range(1, len(list_revisions()) + 1)]


def test_a_current_schema_costs_no_alembic(database_url: str) -> None:
    first = start_program(database_url).communicate()
    second = start_program(database_url).communicate()
    assert second[0] == "False\n", (first, second)


def test_two_processes_may_start_at_once(empty_database_url: str) -> None:
    programs = [start_program(empty_database_url) for _ in range(3)]
    results = [program.communicate() for program in programs]
    assert [program.returncode for program in programs] == [0, 0, 0], results

    async def check() -> None:
        database = Database(empty_database_url)
        assert await compare(database) == []
        async with database.transaction("read") as transaction:
            assert len((await transaction.execute(select(SERVER.c.id))).all()) == 1
        await database.stop()

    asyncio.run(check())


async def test_a_newer_schema_is_refused(database: Database) -> None:
    await migrate(database)
    async with database.transaction("write") as transaction:
        await transaction.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaRefused, match="newer Hearth"):
        await migrate(database)


async def test_a_database_of_the_first_revision_goes_on(database: Database) -> None:
    """What its closed conversations showed when they closed is not known any more, and is not made up."""
    await migrate(database)
    columns = ("frozen_delivered_seq", "frozen_read_seq")
    async with database.transaction("write") as transaction:
        for column in columns:
            await transaction.execute(text(f"ALTER TABLE member DROP COLUMN {column}"))
        await transaction.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    await migrate(database)
    assert await compare(database) == []


async def test_people_from_before_encryption_go_on_as_they_were(database: Database) -> None:
    """Accounts of revision 2 have no vault and no chain; everything that they had is there."""
    await migrate(database)
    values: dict[str, Any] = {
        "display_name": "",
        "about": "",
        "settings": {},
        "password": "v1$",
        "kdf_salt": bytes(16),
    }
    values |= {"kdf_memory": 8, "kdf_iterations": 1, "kdf_parallelism": 1, "status": "online", "log_seq": 0}
    values |= {"is_admin": False, "created_at": datetime(2026, 1, 1, tzinfo=UTC)}
    people = [{"id": n, "username": f"user{n}", "username_key": f"user{n}", **values} for n in range(1, 4)]
    async with database.transaction("write") as transaction:
        await transaction.execute(insert(USER), people)
        for name in SEALED_TABLES:
            await transaction.execute(text(f"DROP TABLE {name}"))
        await transaction.execute(text("ALTER TABLE user DROP COLUMN sealed_at"))
        await transaction.execute(text("UPDATE alembic_version SET version_num = '0002'"))
    await migrate(database)
    assert await compare(database) == []
    async with database.transaction("read") as transaction:
        users = (await transaction.execute(text("SELECT id, username, sealed_at FROM user"))).all()
        chains = (await transaction.execute(text("SELECT count(*) FROM user_chain"))).scalar_one()
    assert [tuple(user) for user in users] == [(n, f"user{n}", None) for n in range(1, 4)]
    assert chains == 0


async def test_conversations_from_before_epochs_go_on_as_they_were(database: Database) -> None:
    """Revision 3 has no epochs; stays of then began with the first entry that may be read."""
    await migrate(database)
    async with database.transaction("write") as transaction:
        for name in EPOCH_TABLES:
            await transaction.execute(text(f"DROP TABLE {name}"))
        await transaction.execute(text("ALTER TABLE member DROP COLUMN entered_seq"))
        await transaction.execute(text("UPDATE alembic_version SET version_num = '0003'"))
    await migrate(database)
    assert await compare(database) == []


class Killed(BaseException):
    """Stands for the end of the process."""


async def run_until(database: Database, last: int) -> int | None:
    """Migrate, but die before statement number `last`; return None when it went through, else `last`."""
    count = 0

    def strike(*_: object) -> None:
        nonlocal count
        count += 1
        if count == last:
            raise Killed

    sync_engine = database.engine.sync_engine
    event.listen(sync_engine, "before_cursor_execute", strike)
    try:
        await migrate(database)
    except Killed:
        return last
    finally:
        event.remove(sync_engine, "before_cursor_execute", strike)
        await database.engine.dispose()
    return None


async def test_cut_off_before_any_statement_it_goes_on_at_the_next_start(empty_database_url: str) -> None:
    """Each round dies one statement later on a database that has seen all the deaths before."""
    database = Database(empty_database_url)
    await database.start()
    last: int | None = 1
    deaths = 0
    while last is not None:
        last = await run_until(database, deaths + 1)
        deaths += last is not None
    assert deaths > 20
    await migrate(database)
    assert await compare(database) == []
    assert (await load_identity(database))[1], "a server has its secret"
    await database.stop()


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_killed_at_any_statement_a_fresh_database_ends_right(empty_database_url: str, tmp_path: Path) -> None:
    """A real death of the process, at every statement of a first start, each followed by one clean start."""
    program = Path(__file__).with_name("killed_migration.py")
    done = subprocess.run(
        [sys.executable, str(program), empty_database_url],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout) > 20


async def test_a_foreign_table_name_does_not_look_like_a_schema(empty_database: Database) -> None:
    async with empty_database.transaction("write") as transaction:
        await transaction.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
    await migrate(empty_database)
    async with empty_database.transaction("read") as transaction:
        names = await transaction.run_sync(lambda connection: inspect(connection).get_table_names())
    assert "message" in names
