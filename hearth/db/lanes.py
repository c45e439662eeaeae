"""The committer's own connection: one transaction at a time, opened when needed, thrown away after a failure.

A connection that failed is never used again: after a failed fsync the only safe thing is to start afresh, and
nothing of that transaction was acknowledged.
"""

import asyncio
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import hearth.db.sqlite as sqlite
from hearth.db.bulk import MARIADB, SQLITE, Row, Steps, Syntax
from hearth.db.failures import is_lost_race
from hearth.db.mariadb import BEGIN_WRITE, SESSION

if TYPE_CHECKING:
    from hearth.db.engine import Database

T = TypeVar("T")
CACHE_KIB = 16 * 1024
"""How much of the file SQLite may keep in memory for the committer: a batch touches every busy log."""
BATCH_SECONDS = 5.0
"""How long MariaDB may take for a batch before it counts as gone."""
IDLE_SECONDS = 30.0
"""After how long without a batch MariaDB is asked whether the connection stands: servers close idle ones."""


class Lane(Protocol):
    """Runs one batch in one transaction; returning means that it is on disk."""

    syntax: Syntax

    async def run(self, steps: Callable[[], Steps[T]]) -> T: ...

    async def close(self) -> None: ...


def open_lane(database: "Database") -> Lane:
    """Return the lane for this database; it connects with the first batch."""
    return (
        SqliteLane(database.path) if database.dialect == "sqlite" else MariadbLane(database.connect_arguments)
    )


class SqliteLane:
    """A connection in a thread of its own, so that waiting for the disk blocks nobody."""

    syntax = SQLITE

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="hearth-committer")
        self._connection: Any = None
        self._file: tuple[int, int] | None = None

    async def run(self, steps: Callable[[], Steps[T]]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._run, steps)

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._discard)
        self._thread.shutdown(wait=True)

    def _run(self, steps: Callable[[], Steps[T]]) -> T:
        try:
            connection = self._open()
            connection.execute("BEGIN IMMEDIATE")
            result = drive(steps(), connection)
            connection.execute("COMMIT")
        except BaseException:
            self._discard()
            raise
        return result

    def _open(self) -> Any:
        """Return a connection to the file at the path now; writes to a deleted file would be lost."""
        found = os.stat(self._path)
        file = (found.st_dev, found.st_ino)
        if self._connection is None or file != self._file:
            self._discard()
            self._connection, self._file = sqlite.open_connection(self._path), file
            self._connection.execute(f"PRAGMA cache_size={-CACHE_KIB}")
        return self._connection

    def _discard(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):  # it is broken already; closing rolls back what is left
                connection.close()


class MariadbLane:
    """A connection on the event loop; a batch that takes too long counts as a lost connection."""

    syntax = MARIADB

    def __init__(self, arguments: dict[str, Any]) -> None:
        self._arguments = arguments
        self._connection: Any = None
        self._used_at = 0.0

    async def run(self, steps: Callable[[], Steps[T]]) -> T:
        try:
            async with asyncio.timeout(BATCH_SECONDS):
                return await self._run(steps())
        except BaseException as error:
            await self._give_up(error)
            raise

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):  # a lost connection cannot say goodbye
                async with asyncio.timeout(1):
                    await connection.ensure_closed()
            connection.close()

    async def _open(self) -> Any:
        """Return the connection, a new one if there is none or the server has closed it meanwhile."""
        now = time.monotonic()
        if self._connection is not None and now - self._used_at > IDLE_SECONDS:
            try:
                await self._connection.ping(reconnect=False)
            except Exception as error:  # whatever it says, nothing is lost by connecting again
                await self._give_up(error)
        self._used_at = now
        if self._connection is None:
            import asyncmy

            self._connection = await asyncmy.connect(**self._arguments)
            for statement in SESSION:
                await execute(self._connection, statement)
        return self._connection

    async def _run(self, steps: Steps[T]) -> T:
        connection = await self._open()
        for statement in BEGIN_WRITE:
            await execute(connection, statement)
        result = await drive_async(steps, connection)
        await connection.commit()
        return result

    async def _give_up(self, error: BaseException) -> None:
        """Roll back what lost a race (1205 undoes only a statement); after anything else begin afresh."""
        connection = self._connection
        if connection is not None and is_lost_race(error):
            with suppress(Exception):  # then it is closed below
                async with asyncio.timeout(1):
                    await connection.rollback()
                return
        self._connection = None
        if connection is not None:
            connection.close()


def drive(steps: Steps[T], connection: Any) -> T:
    """Carry out the statements on a sqlite3 connection and return the generator's result."""
    rows: list[Row] = []
    try:
        statement = next(steps)
        while True:
            cursor = connection.execute(statement.sql, statement.parameters)
            rows = cursor.fetchall() if statement.returns else []
            statement = steps.send(rows)
    except StopIteration as stop:
        result: T = stop.value
        return result


async def drive_async(steps: Steps[T], connection: Any) -> T:
    """Carry out the statements on an asyncmy connection and return the generator's result."""
    try:
        statement = next(steps)
        while True:
            statement = steps.send(await execute(connection, statement.sql, statement.parameters))
    except StopIteration as stop:
        result: T = stop.value
        return result


async def execute(connection: Any, sql: str, parameters: Any = None) -> list[Row]:
    """Run one statement on an asyncmy connection and return its rows."""
    async with connection.cursor() as cursor:
        await cursor.execute(sql, parameters)
        return list(await cursor.fetchall()) if cursor.description else []
