"""SQL for many rows: few texts, the right rows, both databases."""

from typing import Any

import pytest
from sqlalchemy import text

from hearth.db.bulk import MARIADB, SQLITE, Row, Statement, Steps, Syntax
from hearth.db.engine import Database
from hearth.db.lanes import open_lane


async def run(database: Database, statements: Steps[Any]) -> Any:
    lane = open_lane(database)
    try:
        return await lane.run(lambda: statements)
    finally:
        await lane.close()


def get_syntax(database: Database) -> Syntax:
    return SQLITE if database.dialect == "sqlite" else MARIADB


@pytest.fixture
async def table(database: Database) -> Database:
    blob = "BLOB" if database.dialect == "sqlite" else "BINARY(2)"
    async with database.transaction("write") as transaction:
        await transaction.execute(
            text(f"CREATE TABLE bulk (a {blob} NOT NULL PRIMARY KEY, b INTEGER, c INTEGER)")
        )
    return database


def fill(syntax: Syntax, count: int) -> Steps[None]:
    rows = [(number.to_bytes(2, "big"), number, 0) for number in range(count)]
    yield from syntax.insert("bulk", ("a", "b", "c"), rows)


@pytest.mark.parametrize("count", [1, 2, 7, 200])
async def test_all_rows_are_inserted_found_and_changed(table: Database, count: int) -> None:
    syntax = get_syntax(table)
    await run(table, fill(syntax, count + 1))
    wanted = [number.to_bytes(2, "big") for number in range(count)]

    def work() -> Steps[tuple[list[Row], list[Row], list[Row]]]:
        found = yield syntax.select_in("SELECT b FROM bulk WHERE a IN ({marks}) ORDER BY b {lock}", wanted)
        yield syntax.update("bulk", ("a",), ("c",), [(key, number + 5) for number, key in enumerate(wanted)])
        joined = yield syntax.select_joined(
            "SELECT DISTINCT b, n FROM {given} CROSS JOIN bulk WHERE a = k ORDER BY b",
            ("k", "n"),
            [(key, 1) for key in wanted],
        )
        changed = yield Statement("SELECT c FROM bulk ORDER BY b", (), returns=True)
        return found, joined, changed

    found, joined, changed = await run(table, work())
    assert [row[0] for row in found] == list(range(count))
    assert [tuple(row) for row in joined] == [(number, 1) for number in range(count)]
    assert [row[0] for row in changed] == [*range(5, count + 5), 0]


def test_prepared_statements_come_in_few_sizes() -> None:
    texts = set()
    for count in range(1, 513):
        for statement in SQLITE.insert("t", ("a", "b"), [(1, 2)] * count):
            texts.add(statement.sql)
        texts.add(SQLITE.select_in("{marks}", [1] * count).sql)
    assert len(texts) <= 20


async def test_bytes_that_look_like_sql_stay_bytes(table: Database) -> None:
    syntax = get_syntax(table)
    hostile = [b"';", b"\\'", b"%s", b"\x00\xff", b"?\x1a"]

    def work() -> Steps[list[Row]]:
        yield from syntax.insert("bulk", ("a", "b", "c"), [(key, 1, 1) for key in hostile])
        rows = yield syntax.select_in("SELECT a FROM bulk WHERE a IN ({marks})", hostile)
        return rows

    assert {bytes(row[0]) for row in await run(table, work())} == set(hostile)
