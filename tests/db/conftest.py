"""A started database: migrated, or without any table."""

from collections.abc import AsyncIterator

import pytest

from hearth.db.engine import Database
from hearth.db.migrate import migrate


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
