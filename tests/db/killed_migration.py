"""Migrates an address again and again, each time in a child process that dies without warning at a statement.

Statements that only look at what there is are let by: dying before one leaves the same as dying after it.
After every round the tables are dropped. Prints at how many statements it died; fails on a wrong schema: the
undisturbed one is compared with the tables in code, the others, statement by statement, with the undisturbed.
"""

import asyncio
import os
import re
import sys

from sqlalchemy import Connection, event, inspect, text

from hearth.db.columns import METADATA
from hearth.db.engine import Database
from hearth.db.migrate import migrate
from hearth.db.server import load_identity
from tests.db.schema import find_differences, is_inspection

KILLED = 77


async def migrate_until(url: str, last: int) -> None:
    database = Database(url)
    await database.start()
    count = 0

    def strike(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        nonlocal count
        count += not is_inspection(statement)
        if count == last:
            os._exit(KILLED)

    event.listen(database.engine.sync_engine, "before_cursor_execute", strike)
    await migrate(database)
    await database.stop()


def drop_everything(connection: Connection) -> None:
    is_sqlite = connection.dialect.name == "sqlite"
    if not is_sqlite:
        connection.execute(text("SET foreign_key_checks = 0"))
    names = inspect(connection).get_table_names()
    order = [table.name for table in reversed(METADATA.sorted_tables) if table.name in names]
    for name in [*order, *set(names) - set(order)]:
        connection.execute(text(f"DROP TABLE `{name}`"))
    if not is_sqlite:
        connection.execute(text("SET foreign_key_checks = 1"))


def list_definitions(connection: Connection) -> list[str]:
    """How the database itself says that everything in it is made."""
    if connection.dialect.name == "sqlite":
        rows = connection.execute(text("SELECT name, type, sql FROM sqlite_master ORDER BY name"))
        return [f"{name} {kind} {sql}" for name, kind, sql in rows]
    names = sorted(inspect(connection).get_table_names())
    tables = [connection.execute(text(f"SHOW CREATE TABLE `{name}`")).one()[1] for name in names]
    return [re.sub(r" AUTO_INCREMENT=\d+", "", table) for table in tables]


async def finish_and_check(url: str, expected: list[str] | None) -> list[str]:
    """Migrate to the end, check what came of it, drop it all; return its definitions."""
    database = Database(url)
    await database.start()
    await migrate(database)
    await load_identity(database)
    async with database.transaction("write") as transaction:
        definitions = await transaction.run_sync(list_definitions)
        if expected is None and (found := await transaction.run_sync(find_differences)):
            raise SystemExit(f"wrong schema: {found}")
        if expected is not None and definitions != expected:
            raise SystemExit(f"wrong schema: {set(definitions) ^ set(expected)}")
        await transaction.run_sync(drop_everything)
    await database.stop()
    return definitions


def run_killed(url: str, last: int) -> bool:
    """Return whether the child was killed (and not done before that)."""
    child = os.fork()
    if child == 0:
        asyncio.run(migrate_until(url, last))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code not in (0, KILLED):
        raise SystemExit(f"the child failed before statement {last}")
    return code == KILLED


def main(url: str) -> None:
    definitions = asyncio.run(finish_and_check(url, None))
    assert len(definitions) > 20
    last = 1
    while run_killed(url, last):
        asyncio.run(finish_and_check(url, definitions))
        last += 1
    print(last - 1)


if __name__ == "__main__":
    main(sys.argv[1])
