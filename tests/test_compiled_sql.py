"""What one test's engine has compiled, the next one's takes."""

from typing import Any

from sqlalchemy import event, literal, select

from hearth.db.engine import Database


async def test_a_statement_is_compiled_once_for_all_engines(database_url: str) -> None:
    hits: list[str] = []

    def note(
        _connection: object, _cursor: object, _statement: str, _values: object, context: Any, _many: bool
    ) -> None:
        hits.append(context.cache_hit.name)

    answers = []
    for number in (1, 2):
        database = Database(database_url)
        await database.start()
        event.listen(database.engine.sync_engine, "before_cursor_execute", note)
        async with database.transaction("read") as transaction:
            answers.append(await transaction.scalar(select(literal(number).label("only_here"))))
        await database.stop()
    assert hits == ["CACHE_MISS", "CACHE_HIT"]
    assert answers == [1, 2]
