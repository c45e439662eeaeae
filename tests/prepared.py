"""What many tests begin with is made once a run: each gets a copy of its rows and of what making it returned.

All of them, the first one too, begin on a server in whose memory nothing of the making is.
"""

import copy
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Table, insert, select

from hearth.db.columns import METADATA
from hearth.db.tables import SERVER
from hearth.services import Services
from tests.stage import Stage

T = TypeVar("T")
ANY_STAGE = object()
"""Stands for the stage in what is kept."""


@dataclass
class Prepared:
    """What a stage was like when all was made; `made` is what the making returned."""

    made: Any
    rows: dict[Table, list[dict[str, Any]]]
    moment: datetime
    seconds: float


PREPARED: dict[Callable[[Stage], Awaitable[Any]], Prepared] = {}


async def prepare(stage: Stage, make: Callable[[Stage], Awaitable[T]]) -> T:
    """Return what `make` returns for this stage, on which nothing has happened yet."""
    if make not in PREPARED:
        made = await make(stage)
        rows = await read_rows(stage.services)
        kept = copy.deepcopy(made, {id(stage): ANY_STAGE})
        PREPARED[make] = Prepared(kept, rows, stage.clock.moment, stage.clock.seconds)
        await stage.start_again()
    else:
        await write_rows(stage.services, PREPARED[make].rows)
    prepared = PREPARED[make]
    stage.clock.moment, stage.clock.seconds = prepared.moment, prepared.seconds
    stage.clear()
    copied: T = copy.deepcopy(prepared.made, {id(ANY_STAGE): stage})
    return copied


async def read_rows(services: Services) -> dict[Table, list[dict[str, Any]]]:
    async with services.database.transaction("read") as transaction:
        found = {
            table: [dict(row) for row in (await transaction.execute(select(table))).mappings()]
            for table in METADATA.sorted_tables
            if table is not SERVER
        }
    return {table: rows for table, rows in found.items() if rows}


async def write_rows(services: Services, rows: dict[Table, list[dict[str, Any]]]) -> None:
    async with services.database.transaction("write") as transaction:
        for table, values in rows.items():
            await transaction.execute(insert(table), values)
