"""A committer of numbers, for tests of the committer and its connections."""

import asyncio
from collections.abc import Sequence
from typing import Any

from sqlalchemy import text

from hearth.db.bulk import Statement, Steps, Syntax
from hearth.db.committer import Committer
from hearth.db.engine import Database
from hearth.errors import Conflict, HearthError

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


async def gather(futures: Sequence["asyncio.Future[int]"]) -> list[Any]:
    return await asyncio.gather(*futures, return_exceptions=True)
