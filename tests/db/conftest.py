"""A started database: migrated, or without any table."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from hearth.db.engine import Database
from hearth.db.migrate import migrate
from tests.db.writer import Writer


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    await database.start()
    await migrate(database)
    yield database
    await database.stop()


@pytest.fixture
async def empty_database(empty_database_url: str) -> AsyncIterator[Database]:
    database = Database(empty_database_url)
    await database.start()
    yield database
    await database.stop()


@pytest.fixture
async def writer(database: Database) -> AsyncIterator[Writer]:
    async with database.transaction("write") as transaction:
        await transaction.execute(text("CREATE TABLE scratch (n INTEGER NOT NULL PRIMARY KEY)"))
    writer = Writer(database)
    await writer.committer.start()
    yield writer
    await writer.committer.stop()
