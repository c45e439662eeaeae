"""Transactions on both databases: what commits, what is seen, and what happens when somebody gives up."""

import asyncio
import random
import secrets
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from hearth.db import engine as engine_module
from hearth.db.engine import CONNECTIONS, Database
from hearth.db.failures import explain_start_failure
from hearth.db.mariadb import BEGIN_READ
from hearth.errors import StorageUnavailable


@pytest.fixture
async def table(database: Database) -> Database:
    async with database.transaction("write") as transaction:
        await transaction.execute(
            text("CREATE TABLE scratch (id INTEGER NOT NULL PRIMARY KEY, n INTEGER NOT NULL)")
        )
        await transaction.execute(text("INSERT INTO scratch VALUES (1, 0)"))
    return database


async def read_n(database: Database) -> int:
    async with database.transaction("read") as transaction:
        return int((await transaction.execute(text("SELECT n FROM scratch WHERE id = 1"))).scalar_one())


async def add_one(database: Database) -> None:
    async with database.transaction("write") as transaction:
        await transaction.execute(text("UPDATE scratch SET n = n + 1 WHERE id = 1"))


async def test_a_block_that_raises_leaves_nothing(table: Database) -> None:
    with pytest.raises(RuntimeError):
        async with table.transaction("write") as transaction:
            await transaction.execute(text("UPDATE scratch SET n = 7"))
            raise RuntimeError
    assert await read_n(table) == 0


async def test_a_read_sees_one_moment(table: Database) -> None:
    async with table.transaction("read") as transaction:
        before = (await transaction.execute(text("SELECT n FROM scratch"))).scalar_one()
        await add_one(table)
        after = (await transaction.execute(text("SELECT n FROM scratch"))).scalar_one()
    assert (before, after) == (0, 0)
    assert await read_n(table) == 1


@pytest.mark.mariadb
async def test_a_read_cannot_write(table: Database) -> None:
    with pytest.raises((DBAPIError, StorageUnavailable)):
        async with table.transaction("read") as transaction:
            await transaction.execute(text("UPDATE scratch SET n = 7"))


async def test_fifty_writers_at_once_all_get_their_turn(table: Database) -> None:
    await asyncio.gather(*(add_one(table) for _ in range(50)))
    assert await read_n(table) == 50


@pytest.mark.sqlite
async def test_a_long_reader_does_not_stop_writers(table: Database) -> None:
    async with table.transaction("read") as transaction:
        await transaction.execute(text("SELECT n FROM scratch"))
        await asyncio.wait_for(asyncio.gather(*(add_one(table) for _ in range(8))), 5)
    assert await read_n(table) == 8


async def test_cancelled_requests_never_give_their_answer_to_somebody_else(table: Database) -> None:
    """Fault F28: each request asks for its own nonce, half of them are cancelled at random moments."""

    async def ask() -> None:
        nonce = secrets.token_hex(8)
        async with table.transaction(random.choice(["read", "write"])) as transaction:
            for _ in range(3):
                found = await transaction.execute(text("SELECT :nonce, n FROM scratch"), {"nonce": nonce})
                assert found.one()[0] == nonce

    async def ask_and_perhaps_give_up() -> None:
        task = asyncio.create_task(ask())
        if random.random() < 0.5:
            await asyncio.sleep(random.uniform(0, 0.01))
            task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            return

    for _ in range(10):
        await asyncio.gather(*(ask_and_perhaps_give_up() for _ in range(30)))
    await asyncio.wait_for(add_one(table), 5)
    assert await read_n(table) == 1


@pytest.mark.mariadb
async def test_a_request_cancelled_while_it_begins_takes_its_connection_with_it(
    table: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer that is still to come must not be read by whoever gets the connection next."""
    with monkeypatch.context() as slow:
        slow.setattr(engine_module, "BEGIN_READ", ("SELECT 'not yours', SLEEP(0.3)", *BEGIN_READ))
        task = asyncio.create_task(read_n(table))
        await asyncio.sleep(0.15)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert table.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    for _ in range(CONNECTIONS + 1):
        assert await asyncio.wait_for(read_n(table), 1) == 0


async def test_stopping_lets_finish_what_is_under_way_and_refuses_the_rest(table: Database) -> None:
    """A request that came before the end must not leave its connection open behind it."""
    begun, may_end = asyncio.Event(), asyncio.Event()
    pool: Any = table.engine.pool

    async def work() -> None:
        async with table.transaction("write") as transaction:
            await transaction.execute(text("UPDATE scratch SET n = n + 1 WHERE id = 1"))
            begun.set()
            await may_end.wait()

    working = asyncio.create_task(work())
    await begun.wait()
    stopping = asyncio.create_task(table.stop())
    await asyncio.sleep(0.05)
    assert not stopping.done()
    with pytest.raises(StorageUnavailable):
        await read_n(table)
    may_end.set()
    await asyncio.gather(working, stopping)
    assert (pool.checkedout(), pool.checkedin()) == (0, 0)
    await table.start()
    assert await read_n(table) == 1


async def test_a_lost_race_is_worth_another_try(table: Database) -> None:
    error = await provoke_lost_race(table)
    assert table.is_retryable(error)
    assert not table.is_retryable(RuntimeError())


async def provoke_lost_race(database: Database) -> Exception:
    """Return what the loser gets when two connections want the same lock for too long, or lock crosswise."""
    async with database.engine.connect() as first, database.engine.connect() as second:
        try:
            if database.dialect == "sqlite":
                await second.exec_driver_sql("PRAGMA busy_timeout=1")
                await second.rollback()
                await first.execute(text("UPDATE scratch SET n = 1"))
                await second.execute(text("UPDATE scratch SET n = 2"))
            else:
                await first.execute(text("INSERT INTO scratch VALUES (2, 0)"))
                await first.commit()
                await first.execute(text("UPDATE scratch SET n = 1 WHERE id = 1"))
                await second.execute(text("UPDATE scratch SET n = 1 WHERE id = 2"))
                crossing = asyncio.create_task(first.execute(text("UPDATE scratch SET n = 1 WHERE id = 2")))
                await asyncio.sleep(0.1)
                try:
                    await second.execute(text("UPDATE scratch SET n = 1 WHERE id = 1"))
                finally:
                    await asyncio.gather(crossing)
        except DBAPIError as error:
            return error
    raise AssertionError("nobody lost")


@pytest.mark.sqlite
async def test_a_database_that_is_gone_is_unavailable_and_is_not_made_anew(table: Database) -> None:
    await table.engine.dispose()
    table.path.rename(table.path.with_suffix(".away"))
    with pytest.raises(StorageUnavailable):
        await read_n(table)
    assert not table.path.exists()
    table.path.with_suffix(".away").rename(table.path)
    assert await read_n(table) == 0


@pytest.mark.mariadb
async def test_a_server_that_cannot_be_reached_is_unavailable() -> None:
    database = Database("mysql+asyncmy://root@127.0.0.1:1/nothing")
    with pytest.raises(StorageUnavailable):
        async with database.transaction("read"):
            pass
    await database.stop()


@pytest.mark.mariadb
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"username": "nobody", "password": "wrong"}, "the user or the password is wrong"),
        ({"database": "no_such_database"}, "there is none of this name"),
    ],
)
async def test_what_only_the_host_can_put_right_is_a_sentence(
    database_url: str, change: dict[str, Any], said: str
) -> None:
    database = Database(make_url(database_url).set(**change).render_as_string(hide_password=False))
    with pytest.raises(DBAPIError) as met:
        async with database.transaction("read"):
            pass
    await database.stop()
    sentence = explain_start_failure(met.value)
    assert sentence is not None
    assert said in sentence


def test_an_error_that_is_not_the_databases_is_not_explained_by_it() -> None:
    assert explain_start_failure(OSError("no such device")) is None
    assert explain_start_failure(MemoryError()) is None
    assert explain_start_failure(KeyError("x")) is None


@pytest.mark.sqlite
async def test_every_connection_is_durable_and_checks_foreign_keys(database: Database) -> None:
    names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    async with database.transaction("read") as transaction:
        found = [(await transaction.exec_driver_sql(f"PRAGMA {name}")).scalar() for name in names]
    assert found == ["wal", 2, 1, 5000]


@pytest.mark.mariadb
async def test_every_session_is_strict_and_in_utc(database: Database) -> None:
    async with database.transaction("write") as transaction:
        mode, zone, isolation, charset = (
            await transaction.execute(
                text("SELECT @@sql_mode, @@time_zone, @@tx_isolation, @@character_set_client")
            )
        ).one()
    assert "STRICT_TRANS_TABLES" in mode
    assert (zone, isolation, charset) == ("+00:00", "READ-COMMITTED", "utf8mb4")


@pytest.mark.parametrize("url", ["postgresql://x/y", "sqlite+aiosqlite://", "sqlite:///:memory:"])
def test_only_what_can_keep_messages_is_taken(url: str) -> None:
    with pytest.raises(ValueError, match=r"SQLite|file"):
        Database(url)


def test_the_password_of_the_database_is_never_printed() -> None:
    assert "geheim" not in repr(Database("mysql://root:geheim@localhost/x").url)
