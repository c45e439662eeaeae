"""The database: one engine, two dialects, and transactions that mean the same on both.

A write transaction takes the write lock at its start (SQLite) or locks rows (MariaDB, READ COMMITTED); a read
transaction sees one snapshot. A connection whose request was cancelled is thrown away, never reused.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, Literal

import hearth.db.sqlite as sqlite  # isort: skip - must come before anything that imports sqlite3

import aiosqlite
from sqlalchemy import Connection, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from hearth.contract import Transaction
from hearth.db.failures import find_storage_failure, is_lost_race, make_unavailable
from hearth.db.mariadb import BEGIN_READ, BEGIN_WRITE, CONNECT_ARGUMENTS, SESSION

LOG = logging.getLogger(__name__)
DialectName = Literal["sqlite", "mariadb"]
CONNECTIONS = 8
POOL_TIMEOUT = 5.0
STOP_SECONDS = 5.0
"""How long stopping waits for transactions that are under way."""
MODE = "hearth_mode"


class SqliteConnection(aiosqlite.Connection):
    """A connection that may be let go without a word: so it ends when a request is cancelled half-way."""

    def __del__(self) -> None:
        if self._connection is not None:
            self.stop()


class Database:
    """One database address and its pool of connections."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        backend = self.url.get_backend_name()
        if backend not in ("sqlite", "mysql", "mariadb"):
            raise ValueError(f"Hearth stores in SQLite or MariaDB/MySQL, not in {backend}")
        self.dialect: DialectName = "sqlite" if backend == "sqlite" else "mariadb"
        self.url = self.url.set(drivername="sqlite+aiosqlite" if backend == "sqlite" else "mysql+asyncmy")
        if self.dialect == "sqlite" and self.url.database in (None, "", ":memory:"):
            raise ValueError("an SQLite database is a file; name one")
        self.writing = asyncio.Lock() if self.dialect == "sqlite" else None
        self.failures: Counter[str] = Counter()
        """Storage failures by reason, since the start; counted by whoever meets them."""
        self.engine: AsyncEngine = self._make_engine()
        self._under_way = 0
        self._is_idle = asyncio.Event()
        self._is_idle.set()
        self._is_stopped = False

    @property
    def path(self) -> Path:
        """The SQLite file."""
        return Path(self.url.database or "")

    @property
    def connect_arguments(self) -> dict[str, Any]:
        """What `asyncmy.connect` takes for this database."""
        _, arguments = self.engine.dialect.create_connect_args(self.url)
        return {**CONNECT_ARGUMENTS, **arguments}

    async def start(self) -> None:
        """Make the SQLite file if there is none; connections are opened when they are needed."""
        self._is_stopped = False
        if self.dialect == "sqlite":
            await asyncio.to_thread(_create_file, self.path)

    async def stop(self) -> None:
        """Close every connection. What is under way may finish first; new transactions are refused."""
        self._is_stopped = True
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await self._is_idle.wait()
        await self.engine.dispose()

    def describe(self) -> str:
        """Return one line for people: which database this is and how it keeps what is committed."""
        if self.dialect == "sqlite":
            return sqlite.describe()
        version = getattr(self.engine.dialect, "server_version_info", None)
        return "MariaDB/MySQL" + ("" if version is None else " " + ".".join(map(str, version)))

    def is_retryable(self, error: BaseException) -> bool:
        """Whether the whole transaction may be run again at once (deadlock, lock wait, busy)."""
        return is_lost_race(error)

    def take_turn(self) -> AbstractAsyncContextManager[Any]:
        """SQLite has one writer: waiting here is fair and in order, waiting inside SQLite is neither."""
        return self.writing if self.writing is not None else nullcontext()

    @asynccontextmanager
    async def transaction(self, mode: Literal["write", "read"]) -> AsyncIterator[Transaction]:
        """Open a transaction; it commits at the end of the block and rolls back when the block raises.

        Raises StorageUnavailable when the database cannot be reached or written.
        """
        try:
            async with self.take_turn() if mode == "write" else nullcontext():
                async with self._connect(mode) as connection:
                    yield connection
        except (SQLAlchemyError, OSError, EOFError) as error:
            reason = (
                "no connection is free" if isinstance(error, PoolTimeout) else find_storage_failure(error)
            )
            if reason is None or is_lost_race(error):
                raise
            self.failures[reason] += 1
            LOG.error("the database is unavailable: %s", reason)
            raise make_unavailable() from error

    @asynccontextmanager
    async def _connect(self, mode: str) -> AsyncIterator[AsyncConnection]:
        connection = await self._check_out()
        try:
            connection = await connection.execution_options(**{MODE: mode})
            async with connection.begin():
                yield connection
        except asyncio.CancelledError:
            # The driver may be in the middle of an answer that the next user of this connection would read.
            await asyncio.shield(connection.invalidate())
            raise
        finally:
            await asyncio.shield(self._check_in(connection))

    async def _check_out(self) -> AsyncConnection:
        if self._is_stopped:
            raise make_unavailable()
        self._under_way += 1
        self._is_idle.clear()
        try:
            return await self.engine.connect()
        except BaseException:
            self._end_one()
            raise

    async def _check_in(self, connection: AsyncConnection) -> None:
        try:
            await connection.close()
        finally:
            self._end_one()

    def _end_one(self) -> None:
        self._under_way -= 1
        if not self._under_way:
            self._is_idle.set()

    def _make_engine(self) -> AsyncEngine:
        shared: dict[str, Any] = {
            "pool_size": CONNECTIONS,
            "max_overflow": 0,
            "pool_timeout": POOL_TIMEOUT,
            "hide_parameters": True,
        }
        if self.dialect == "sqlite":
            engine = create_async_engine(self.url, async_creator=self._open_sqlite, **shared)
        else:
            engine = create_async_engine(
                self.url,
                connect_args=CONNECT_ARGUMENTS,
                pool_pre_ping=True,
                pool_recycle=1800,
                **shared,
            )
            event.listen(engine.sync_engine, "connect", _set_session)
        event.listen(
            engine.sync_engine, "begin", _begin_sqlite if self.dialect == "sqlite" else _begin_mariadb
        )
        return engine

    async def _open_sqlite(self) -> aiosqlite.Connection:
        connection = SqliteConnection(lambda: sqlite.open_connection(self.path), 256)
        connection._thread.daemon = True
        return await connection


def _create_file(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600, exist_ok=True)
    sqlite.open_connection(path, create=True).close()


def _set_session(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for statement in SESSION:
        cursor.execute(statement)
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    is_write = connection.get_execution_options().get(MODE, "write") == "write"
    _run(connection, ("BEGIN IMMEDIATE" if is_write else "BEGIN",))


def _begin_mariadb(connection: Connection) -> None:
    is_write = connection.get_execution_options().get(MODE, "write") == "write"
    _run(connection, BEGIN_WRITE if is_write else BEGIN_READ)


def _run(connection: Connection, statements: tuple[str, ...]) -> None:
    """Execute below SQLAlchemy's own events, but with its errors."""
    driver = connection.connection
    cursor = driver.cursor()
    try:
        for statement in statements:
            cursor.execute(statement)
    except Exception as error:
        dialect = connection.dialect
        raise DBAPIError.instance(
            statement, None, error, dialect.loaded_dbapi.Error, dialect=dialect
        ) from error
    finally:
        cursor.close()
