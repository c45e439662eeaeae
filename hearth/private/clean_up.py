"""Dropping the rows that a reset or a deletion left behind, few at a time, so that nobody waits long."""

import asyncio

from hearth.db.engine import Database
from hearth.private import store

USERS_AT_ONCE = 100
PAUSE = 0.05
"""Seconds between two transactions, in which others write."""


async def drop_gone_rows(database: Database) -> None:
    """Delete the rows at or below where somebody's begin, and those of people who have no head any more."""
    after = 0
    while True:
        async with database.transaction("read") as transaction:
            owners = await store.list_owners(transaction, after=after, limit=USERS_AT_ONCE)
            beginnings = await store.list_beginnings(transaction, owners)
        if not owners:
            return
        for user_id in owners:
            beginning = beginnings.get(user_id)
            if beginning != 0:
                await _drop(database, user_id, beginning)
        after = owners[-1]


async def _drop(database: Database, user_id: int, through: int | None) -> None:
    """Rows only rise above where they begin, so what was read before still holds."""
    while True:
        async with database.transaction("read") as transaction:
            oldest = await store.find_oldest(transaction, user_id)
        if oldest is None or (through is not None and oldest > through):
            return
        async with database.transaction("write") as transaction:
            await store.drop_oldest(transaction, user_id, through)
        await asyncio.sleep(PAUSE)
