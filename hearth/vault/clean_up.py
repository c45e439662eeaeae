"""Dropping the rows that a reset or a deletion left behind, few at a time, so that nobody waits long."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol

from hearth.contract import Transaction
from hearth.db.engine import Database
from hearth.vault import rows_store

USERS_AT_ONCE = 100
PAUSE = 0.05
"""Seconds between two transactions, in which others write."""


class Rows(Protocol):
    """A store of people's rows by position: what is at or below where somebody's begin is read by nobody."""

    async def list_owners(self, transaction: Transaction, *, after: int, limit: int) -> Sequence[int]: ...
    async def list_beginnings(
        self, transaction: Transaction, user_ids: Sequence[int]
    ) -> Mapping[int, int]: ...
    async def find_oldest(self, transaction: Transaction, user_id: int) -> int | None: ...
    async def drop_oldest(
        self, transaction: Transaction, user_id: int, through: int | None = None
    ) -> None: ...


async def drop_gone_rows(database: Database) -> None:
    """Delete the rows below where keyrings begin, and those of people who have no vault any more."""
    await drop_rows(database, rows_store)


async def drop_rows(database: Database, rows: Rows) -> None:
    """Delete the rows at or below where somebody's begin, and those of people without a beginning."""
    after = 0
    while True:
        async with database.transaction("read") as transaction:
            owners = await rows.list_owners(transaction, after=after, limit=USERS_AT_ONCE)
            beginnings = await rows.list_beginnings(transaction, owners)
        if not owners:
            return
        for user_id in owners:
            beginning = beginnings.get(user_id)
            if beginning != 0:
                await _drop(database, rows, user_id, beginning)
        after = owners[-1]


async def _drop(database: Database, rows: Rows, user_id: int, through: int | None) -> None:
    """Rows only rise above where they begin, so what was read before still holds."""
    while True:
        async with database.transaction("read") as transaction:
            oldest = await rows.find_oldest(transaction, user_id)
        if oldest is None or (through is not None and oldest > through):
            return
        async with database.transaction("write") as transaction:
            await rows.drop_oldest(transaction, user_id, through)
        await asyncio.sleep(PAUSE)
