"""Group commit: order, batches, neighbours, back-pressure, and answers only for what is on disk."""

import asyncio
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
from hearth.errors import Busy, Conflict, HearthError, Internal, StorageUnavailable
from tests.mariadb import PrivateMariaDB

REFUSED, POISON = -1, -2


class Writer:
    """A committer of numbers: 0 and above are stored, REFUSED is refused, POISON breaks its transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.batches: list[list[int]] = []
        self.delivered: list[int] = []
        self.committer: Committer[int, int] = Committer(database, self.plan, self.deliver)

    def plan(self, items: Sequence[int], syntax: Syntax) -> Steps[list[int | HearthError]]:
        self.batches.append(list(items))
        outcomes: list[int | HearthError] = []
        for item in items:
            if item == REFUSED:
                outcomes.append(Conflict())
                continue
            table = "nowhere" if item == POISON else "scratch"
            yield Statement(f"INSERT INTO {table} VALUES ({syntax.mark})", (item,))
            rows = yield Statement("SELECT count(*) FROM scratch", (), returns=True)
            outcomes.append(rows[0][0])
        return outcomes

    def deliver(self, items: Sequence[int], outcomes: Sequence[int | HearthError]) -> None:
        self.delivered += [
            item for item, outcome in zip(items, outcomes, strict=True) if isinstance(outcome, int)
        ]

    async def stored(self) -> list[int]:
        async with self.database.transaction("read") as transaction:
            return list((await transaction.execute(text("SELECT n FROM scratch ORDER BY n"))).scalars())


@pytest.fixture
async def writer(database: Database) -> AsyncIterator[Writer]:
    async with database.transaction("write") as transaction:
        await transaction.execute(text("CREATE TABLE scratch (n INTEGER NOT NULL PRIMARY KEY)"))
    writer = Writer(database)
    await writer.committer.start()
    yield writer
    await writer.committer.stop()


async def gather(futures: Sequence["asyncio.Future[int]"]) -> list[Any]:
    return await asyncio.gather(*futures, return_exceptions=True)


async def test_what_is_answered_is_on_disk(writer: Writer) -> None:
    await writer.committer.submit(5)
    assert await writer.stored() == [5]


async def test_what_waits_together_is_committed_together_in_order(writer: Writer) -> None:
    results = await gather([writer.committer.submit(n) for n in range(100)])
    assert results == list(range(1, 101))
    assert writer.batches == [list(range(100))]
    assert writer.delivered == list(range(100))


async def test_a_batch_is_bounded_in_items_and_bytes(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(committer_module, "BATCH_ITEMS", 10)
    monkeypatch.setattr(committer_module, "BATCH_BYTES", 1000)
    await gather([writer.committer.submit(n) for n in range(25)])
    assert [len(batch) for batch in writer.batches] == [10, 10, 5]
    writer.batches.clear()
    await gather([writer.committer.submit(n, weight=400) for n in range(100, 104)])
    await writer.committer.submit(200, weight=5000)
    assert [len(batch) for batch in writer.batches] == [2, 2, 1]


async def test_a_refusal_is_nobody_elses_business(writer: Writer) -> None:
    results = await gather([writer.committer.submit(n) for n in (1, REFUSED, 2)])
    assert results[0] == 1
    assert isinstance(results[1], Conflict)
    assert results[2] == 2
    assert await writer.stored() == [1, 2]


async def test_a_poisonous_item_fails_alone(writer: Writer, caplog: pytest.LogCaptureFixture) -> None:
    results = await gather([writer.committer.submit(n) for n in (1, 2, POISON, 3, 4)])
    assert isinstance(results[2], Internal)
    assert all(isinstance(result, int) for result in results[:2] + results[3:])
    assert await writer.stored() == [1, 2, 3, 4]
    assert "could not be written" in caplog.text


async def test_a_full_queue_refuses_and_takes_again_later(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(committer_module, "QUEUE_ITEMS", 10)
    accepted = [writer.committer.submit(n) for n in range(10)]
    with pytest.raises(Busy) as refused:
        await writer.committer.submit(11)
    assert refused.value.retry_after == committer_module.BUSY_RETRY_AFTER
    await gather(accepted)
    await writer.committer.submit(11)
    assert len(await writer.stored()) == 11


async def test_a_caller_who_gives_up_changes_nothing_for_others(writer: Writer) -> None:
    first, second = writer.committer.submit(1), writer.committer.submit(2)
    first.cancel()
    assert await second == 2
    assert await writer.stored() == [1, 2]


async def test_stopping_writes_what_was_accepted_and_refuses_the_rest(database: Database) -> None:
    async with database.transaction("write") as transaction:
        await transaction.execute(text("CREATE TABLE scratch (n INTEGER NOT NULL PRIMARY KEY)"))
    writer = Writer(database)
    await writer.committer.start()
    accepted = [writer.committer.submit(n) for n in range(600)]
    await writer.committer.stop()
    assert len(await gather(accepted)) == len(await writer.stored()) == 600
    with pytest.raises(Busy):
        await writer.committer.submit(1000)


async def test_failing_to_tell_others_does_not_undo_the_answer(
    writer: Writer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(items: Sequence[int], outcomes: Sequence[int | HearthError]) -> None:
        raise RuntimeError("no bus")

    monkeypatch.setattr(writer.committer, "_deliver", fail)
    assert await writer.committer.submit(1) == 1
    assert "telling others failed" in caplog.text


async def test_other_writers_get_their_turn_between_batches(writer: Writer) -> None:
    async def write_by_transaction(n: int) -> None:
        async with writer.database.transaction("write") as transaction:
            await transaction.execute(text("INSERT INTO scratch VALUES (:n)"), {"n": n})

    async def write_by_committer(n: int) -> None:
        await writer.committer.submit(n)

    await asyncio.gather(
        *(write_by_committer(n) for n in range(300)),
        *(write_by_transaction(n) for n in range(1000, 1040)),
    )
    assert len(await writer.stored()) == 340


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
