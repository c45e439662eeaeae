"""The statements on messages stay seeks by key, however long a conversation is."""

import re
from typing import Any

import pytest
from sqlalchemy import event, text

from hearth.contract import Transaction
from hearth.db.bulk import MARIADB, SQLITE
from hearth.messages import append, store
from hearth.messages.aimed_store import list_aimed
from hearth.messages.rules import Stretch
from tests.messages.conftest import GROUP, Scene


async def list_scans(transaction: Transaction, sql: str, parameters: Any) -> list[str]:
    """Return what a statement would read or sort without a key; rows that it gives itself do not count."""
    is_sqlite = transaction.dialect.name == "sqlite"
    explained = f"EXPLAIN QUERY PLAN {sql}" if is_sqlite else f"EXPLAIN {sql}"
    rows = (await transaction.exec_driver_sql(explained, tuple(parameters))).all()
    assert rows
    if is_sqlite:
        lines = [str(row[-1]) for row in rows]
        return [line for line in lines if "TEMP B-TREE" in line or re.fullmatch(r"SCAN \w+( USING.*)?", line)]
    return [
        f"{row.table} {row.type} {row.Extra}"
        for row in rows
        if row.table is not None
        and not row.table.startswith("<")
        and (row.type not in ("range", "ref", "eq_ref", "const") or "filesort" in row.Extra)
    ]


@pytest.fixture
async def long_scene(scene: Scene) -> Scene:
    """Enough rows that a planner has a choice. MariaDB keeps statistics by itself, SQLite has none."""
    for _ in range(60):
        await scene.sends(scene.alice)
    for number in range(40):
        group = await scene.make_group(scene.alice, scene.bob, conversation_id=number.to_bytes(16, "big"))
        await scene.sends(scene.bob, group)
    if scene.stage.services.database.dialect == "mariadb":
        async with scene.stage.services.database.transaction("write") as transaction:
            await transaction.execute(text("ANALYZE TABLE message, member, conversation"))
    return scene


async def test_pages_are_read_by_key(long_scene: Scene) -> None:
    scene = long_scene
    seen: list[tuple[str, Any]] = []

    def remember(conn: object, cursor: object, statement: str, parameters: Any, *rest: object) -> None:
        seen.append((statement, parameters))

    stretch = Stretch(3, 50)
    async with scene.stage.services.database.transaction("read") as transaction:
        engine = scene.stage.services.database.engine.sync_engine
        event.listen(engine, "before_cursor_execute", remember)
        await store.list_outlines(transaction, scene.pair, stretch, 10, is_upwards=True)
        await store.list_outlines(transaction, scene.pair, stretch, 10, is_upwards=False)
        await store.list_entries(transaction, scene.pair, stretch)
        await store.list_entries_at(transaction, {scene.pair: 7, GROUP: 1})
        await store.list_ordinals_at(transaction, {scene.pair: 7, GROUP: 1})
        event.remove(engine, "before_cursor_execute", remember)
        for sql, parameters in seen:
            assert await list_scans(transaction, sql, parameters) == [], sql
        assert len(seen) == 5


async def test_what_is_aimed_at_entries_is_found_from_them(long_scene: Scene) -> None:
    """However much is aimed at others in the same conversation."""
    scene = long_scene
    seen: list[tuple[str, Any]] = []

    def remember(conn: object, cursor: object, statement: str, parameters: Any, *rest: object) -> None:
        seen.append((statement, parameters))

    for seq in range(1, 30):
        await scene.sends(scene.bob, kind=3, target_seq=seq)
    async with scene.stage.services.database.transaction("read") as transaction:
        engine = scene.stage.services.database.engine.sync_engine
        event.listen(engine, "before_cursor_execute", remember)
        assert len(await list_aimed(transaction, scene.pair, [3, 4], Stretch(1, 100))) == 2
        event.remove(engine, "before_cursor_execute", remember)
        [(sql, parameters)] = seen
        is_sqlite = transaction.dialect.name == "sqlite"
        explained = f"EXPLAIN QUERY PLAN {sql}" if is_sqlite else f"EXPLAIN {sql}"
        rows = (await transaction.exec_driver_sql(explained, tuple(parameters))).all()
    if is_sqlite:
        [aimed] = [row[-1] for row in rows if "SEARCH aimed" in row[-1]]
        assert "ix_message_aimed (conversation_id=? AND target_seq=? AND kind=?" in aimed
    else:
        [aimed] = [row for row in rows if row.table == "aimed"]
        assert (aimed.type, aimed.key) == ("ref", "ix_message_aimed")


async def test_a_scan_would_be_noticed(long_scene: Scene) -> None:
    async with long_scene.stage.services.database.transaction("read") as transaction:
        assert await list_scans(transaction, "SELECT seq FROM message WHERE counter = 5", ()) != []


async def test_the_committers_statements_seek_by_key(long_scene: Scene) -> None:
    scene = long_scene
    syntax = SQLITE if scene.stage.services.database.dialect == "sqlite" else MARIADB
    ids = [scene.pair, (1).to_bytes(16, "big"), (2).to_bytes(16, "big"), (3).to_bytes(16, "big")]
    user_id = scene.alice.user_id
    statements = [
        syntax.select_in(append.HEADS, ids),
        syntax.select_in(append.MEMBERS, ids),
        syntax.select_joined(append.KNOWN, ("c", "u", "k"), [(i, user_id, b"k" * 16) for i in ids]),
        syntax.select_joined(append.FOLLOWERS, ("c", "s"), [(i, 1) for i in ids]),
        syntax.update("message", ("conversation_id", "seq"), ("message",), [(i, 1, b"") for i in ids]),
        syntax.update("conversation", ("id",), ("last_seq",), [(i, 1) for i in ids]),
        syntax.update(
            "member",
            ("conversation_id", "user_id", "joined_seq"),
            ("read_seq",),
            [(i, user_id, 0, 1) for i in ids],
        ),
    ]
    async with scene.stage.services.database.transaction("write") as transaction:
        for statement in statements:
            assert await list_scans(transaction, statement.sql, statement.parameters) == [], statement.sql
