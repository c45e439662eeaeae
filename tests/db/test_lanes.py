"""The committer's connection under faults: only what is on disk is answered, and it comes back by itself."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from sqlalchemy import text

from hearth.db import committer as committer_module
from hearth.db import lanes, sqlite
from hearth.db.bulk import Statement, Steps, Syntax
from hearth.db.committer import Committer
from hearth.db.engine import Database
from hearth.db.mariadb import SESSION
from hearth.errors import HearthError, StorageUnavailable
from tests.db.writer import Writer, gather
from tests.mariadb import PrivateMariaDB


class Faulty:
    """A connection that raises instead of carrying out certain statements."""

    def __init__(self, connection: Any, statement: str) -> None:
        self.connection = connection
        self.statement = statement

    def execute(self, sql: str, *parameters: Any) -> Any:
        if sql.startswith(self.statement):
            error = sqlite.LIBRARY.OperationalError("disk I/O error")
            error.sqlite_errorcode = 10
            raise error
        return self.connection.execute(sql, *parameters)

    def close(self) -> None:
        self.connection.close()


def open_with(monkeypatch: pytest.MonkeyPatch, change: Any) -> None:
    """From now on the committer's connections are what `change` makes of them."""
    opened = sqlite.open_connection
    monkeypatch.setattr(sqlite, "open_connection", lambda path, **options: change(opened(path, **options)))


async def restart_lane(writer: Writer) -> None:
    """Make the committer open its connection anew."""
    lane = writer.committer._lane
    assert isinstance(lane, lanes.SqliteLane)
    await asyncio.get_running_loop().run_in_executor(lane._thread, lane._discard)


def limit_pages(connection: Any) -> Any:
    connection.execute("PRAGMA max_page_count=1")
    return connection


def forbid_writing(connection: Any) -> Any:
    connection.execute("PRAGMA query_only=ON")
    return connection


def fail_commits(connection: Any) -> Any:
    return Faulty(connection, "COMMIT")


@pytest.mark.sqlite
@pytest.mark.parametrize("fault", [limit_pages, forbid_writing, fail_commits])
async def test_a_disk_that_refuses_is_told_and_recovers_without_restart(
    writer: Writer, fault: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Faults F05 and F06: full, read-only, failing fsync."""
    await writer.committer.submit(1)
    with monkeypatch.context() as faulty:
        open_with(faulty, fault)
        await restart_lane(writer)
        numbers = range(1000, 3000)
        results = await gather([writer.committer.submit(n) for n in numbers])
        assert {type(result) for result in results} <= {int, StorageUnavailable}
        assert results[-1].retry_after > 0
        kept = [1, *(n for n, result in zip(numbers, results, strict=True) if isinstance(result, int))]
        assert await writer.stored() == kept == writer.delivered
    assert await writer.committer.submit(2) == len(kept) + 1
    assert await writer.stored() == sorted([*kept, 2])


@pytest.mark.sqlite
async def test_writes_never_go_to_a_file_that_was_taken_away(writer: Writer) -> None:
    """Fault F03: an open file that was deleted would take writes and lose them."""
    await writer.committer.submit(1)
    path = writer.database.path
    await writer.database.engine.dispose()
    away = path.with_suffix(".away")
    path.rename(away)
    with pytest.raises(StorageUnavailable):
        await writer.committer.submit(2)
    assert not path.exists()
    away.rename(path)
    assert await writer.committer.submit(3) == 2
    assert await writer.stored() == [1, 3]


@pytest.mark.sqlite
async def test_writes_go_to_the_file_that_stands_there_now(writer: Writer) -> None:
    """A backup was put in its place: the old file, still open, must take nothing more."""
    await writer.committer.submit(1)
    path = writer.database.path
    await writer.database.engine.dispose()
    lane = writer.committer._lane
    assert isinstance(lane, lanes.SqliteLane) and lane._connection is not None
    lane._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copyfile(path, path.with_suffix(".backup"))
    await writer.committer.submit(2)
    for name in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        name.unlink(missing_ok=True)
    path.with_suffix(".backup").rename(path)
    assert await writer.committer.submit(3) == 2
    assert await writer.stored() == [1, 3]


@pytest.mark.sqlite
async def test_a_stranger_who_locks_the_file_makes_it_unavailable_not_stuck(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(committer_module, "RETRY_SECONDS", 0.05)

    def be_impatient(connection: Any) -> Any:
        connection.execute("PRAGMA busy_timeout=10")
        return connection

    stranger = sqlite.open_connection(writer.database.path)
    open_with(monkeypatch, be_impatient)
    stranger.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageUnavailable):
        await writer.committer.submit(1)
    stranger.execute("ROLLBACK")
    stranger.close()
    assert await writer.committer.submit(2) == 1


class Crossing:
    """A committer that locks row 1, then row 2, of two rows."""

    def __init__(self, database: Database) -> None:
        self.attempts = 0
        self.has_first = asyncio.Event()
        self.committer: Committer[int, int] = Committer(database, self.plan, lambda items, outcomes: None)

    def plan(self, items: Sequence[int], syntax: Syntax) -> Steps[list[int | HearthError]]:
        self.attempts += 1
        yield Statement("UPDATE pair SET n = n + 1 WHERE id = 1", ())
        self.has_first.set()
        yield Statement("SELECT SLEEP(0.2)", (), returns=True)
        yield Statement("UPDATE pair SET n = n + 1 WHERE id = 2", ())
        return [*items]


@pytest.fixture
async def crossing(database: Database) -> AsyncIterator[Crossing]:
    async with database.transaction("write") as transaction:
        await transaction.execute(
            text("CREATE TABLE pair (id INTEGER NOT NULL PRIMARY KEY, n INTEGER NOT NULL)")
        )
        for number in range(1, 100):
            await transaction.execute(text("INSERT INTO pair VALUES (:id, 0)"), {"id": number})
    crossing = Crossing(database)
    await crossing.committer.start()
    yield crossing
    await crossing.committer.stop()


async def read_pair(database: Database) -> list[int]:
    async with database.transaction("read") as transaction:
        found = await transaction.execute(text("SELECT n FROM pair WHERE id IN (1, 2) ORDER BY id"))
        return list(found.scalars())


@pytest.mark.mariadb
async def test_a_deadlock_costs_nobody_an_error(database: Database, crossing: Crossing) -> None:
    """Fault F25, error 1213: the batch is run again as a whole."""
    async with database.transaction("write") as rival:
        await rival.execute(text("UPDATE pair SET n = n + 10 WHERE id >= 2"))
        answer = crossing.committer.submit(7)
        await crossing.has_first.wait()
        await asyncio.sleep(0.3)
        await rival.execute(text("UPDATE pair SET n = n + 10 WHERE id = 1"))
    assert await answer == 7
    assert crossing.attempts >= 2
    assert await read_pair(database) == [11, 11]


@pytest.mark.mariadb
async def test_a_lock_wait_that_ran_out_is_rolled_back_and_run_again(
    database: Database, crossing: Crossing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault F25, error 1205: it undoes one statement only, so the half batch must not be committed."""
    monkeypatch.setattr(lanes, "SESSION", (*SESSION, "SET SESSION innodb_lock_wait_timeout = 1"))
    async with database.transaction("write") as rival:
        await rival.execute(text("UPDATE pair SET n = n + 10 WHERE id = 2"))
        answer = crossing.committer.submit(7)
        await asyncio.sleep(1.6)
        assert not answer.done()
    assert await answer == 7
    assert crossing.attempts >= 2
    assert await read_pair(database) == [1, 11]


@pytest.mark.mariadb
async def test_a_server_that_was_killed_is_told_and_found_again(
    writer: Writer, mariadb: PrivateMariaDB
) -> None:
    """Fault F03: no hang, a clear error, recovery without a restart of ours."""
    await writer.committer.submit(1)
    mariadb.kill()
    try:
        with pytest.raises(StorageUnavailable):
            await asyncio.wait_for(writer.committer.submit(2), 5)
        with pytest.raises(StorageUnavailable):
            await asyncio.wait_for(writer.committer.submit(2), 5)
    finally:
        await asyncio.to_thread(mariadb.start_again)
    assert await writer.committer.submit(3) == 2
    assert await writer.stored() == [1, 3]


@pytest.mark.mariadb
async def test_a_connection_that_the_server_closed_while_idle_costs_no_error(
    writer: Writer, mariadb: PrivateMariaDB, monkeypatch: pytest.MonkeyPatch
) -> None:
    await writer.committer.submit(1)
    lane = writer.committer._lane
    assert isinstance(lane, lanes.MariadbLane)
    mariadb.execute(f"KILL {lane._connection.thread_id()}")
    monkeypatch.setattr(lanes, "IDLE_SECONDS", 0.0)
    assert await writer.committer.submit(2) == 2


@pytest.mark.mariadb
async def test_a_server_that_hangs_counts_as_gone(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "BATCH_SECONDS", 0.3)

    def hang(items: Sequence[int], syntax: Syntax) -> Steps[list[int | HearthError]]:
        yield Statement("SELECT SLEEP(5)", (), returns=True)
        return [*items]

    plan = writer.committer._plan
    writer.committer._plan = hang
    with pytest.raises(StorageUnavailable):
        await asyncio.wait_for(writer.committer.submit(1), 2)
    writer.committer._plan = plan
    monkeypatch.undo()
    assert await writer.committer.submit(2) == 1
