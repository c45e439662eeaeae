"""Old log entries go: after 30 days, or beyond 10,000; what is left has no gaps and cursors stay right."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from hearth.accounts.contract import UpdateProfile
from hearth.accounts.tables import USER_LOG
from hearth.contract import Actor
from hearth.sync import prune, rules
from hearth.sync.contract import OpenSync, ReadLog
from hearth.sync.prune import prune_user_logs
from tests.stage import Stage


async def list_kept(stage: Stage, actor: Actor) -> list[int]:
    query = select(USER_LOG.c.seq).where(USER_LOG.c.user_id == actor.user_id).order_by(USER_LOG.c.seq)
    async with stage.services.database.transaction("read") as transaction:
        return list((await transaction.execute(query)).scalars())


async def write(stage: Stage, actor: Actor, count: int) -> None:
    for number in range(count):
        await stage.run(actor, UpdateProfile(about=f"{stage.clock.now()} {number}"))


async def test_what_is_older_than_thirty_days_goes(stage: Stage) -> None:
    alice, bob = await stage.user("alice"), await stage.user("bobby")
    await write(stage, alice, 3)
    before = await list_kept(stage, alice)
    stage.clock.advance(timedelta(days=29).total_seconds())
    await write(stage, alice, 2)
    await prune_user_logs(stage.services.database, stage.clock.now())
    assert await list_kept(stage, alice) == [*before, before[-1] + 1, before[-1] + 2]
    stage.clock.advance(timedelta(days=2).total_seconds())
    await prune_user_logs(stage.services.database, stage.clock.now())
    assert await list_kept(stage, alice) == [before[-1] + 1, before[-1] + 2]
    assert await list_kept(stage, bob) == []


async def test_a_cursor_at_the_head_outlives_an_empty_log(stage: Stage) -> None:
    alice = await stage.user("alice")
    await write(stage, alice, 3)
    generation = stage.services.identity.generation.hex()
    head = (await stage.run(alice, OpenSync())).log_seq
    stage.clock.advance(timedelta(days=31).total_seconds())
    await prune_user_logs(stage.services.database, stage.clock.now())
    assert await list_kept(stage, alice) == []
    opened = await stage.run(alice, OpenSync(generation=generation, log_seq=head))
    assert opened.snapshot is None and opened.log_seq == head
    assert (await stage.run(alice, ReadLog(after=head - 1))).gone
    await write(stage, alice, 1)
    assert await list_kept(stage, alice) == [head + 1]
    opened = await stage.run(alice, OpenSync(generation=generation, log_seq=head))
    assert [entry.seq for entry in opened.log] == [head + 1]


async def test_what_is_beyond_the_most_goes(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prune, "KEEP_MOST", 4)
    assert rules.KEEP_MOST == 10_000
    alice, bob = await stage.user("alice"), await stage.user("bobby")
    await write(stage, alice, 7)
    await write(stage, bob, 1)
    head, of_bob = (await list_kept(stage, alice))[-1], await list_kept(stage, bob)
    await prune_user_logs(stage.services.database, stage.clock.now())
    assert await list_kept(stage, alice) == list(range(head - 3, head + 1))
    assert await list_kept(stage, bob) == of_bob


async def test_everybody_is_reached_in_small_steps(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prune, "USERS_AT_ONCE", 2)
    people = [await stage.user(f"person-{number}") for number in range(5)]
    stage.clock.advance(timedelta(days=31).total_seconds())
    await prune_user_logs(stage.services.database, stage.clock.now())
    assert [await list_kept(stage, actor) for actor in people] == [[]] * 5
