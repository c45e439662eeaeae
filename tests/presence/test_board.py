"""Presence on a real database: what is stored and who is told: friends and oneself, never others (A19)."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select, update

from hearth.accounts.contract import DeleteAccount, UpdateSettings
from hearth.accounts.tables import USER
from hearth.contract import Actor
from hearth.friends.contract import BlockUser, RemoveFriend, RequestFriend
from hearth.presence.board import PresenceBoard
from hearth.presence.contract import SetPresence
from hearth.sync.contract import OpenSync
from tests.friends.telling import befriend
from tests.stage import Stage

Heard = list[tuple[int, str, bool]]
START = "2026-05-01T12:00:00Z"


class Cast:
    """Alice and her friend bob; carol, a stranger; dave, whom alice blocks. All but alice listen."""

    def __init__(self, stage: Stage, alice: Actor, bob: Actor, carol: Actor, dave: Actor) -> None:
        self.stage, self.alice, self.bob, self.carol, self.dave = stage, alice, bob, carol, dave
        self.board: PresenceBoard = stage.services.presence

    async def hear(self) -> dict[int, list[dict[str, Any]]]:
        """Return what each user was told of presence since the last time, by user id."""
        await self.board.settle()
        heard: dict[int, list[dict[str, Any]]] = {}
        for audience, name, payload in self.stage.bus.sent:
            if name == "presence.changed":
                for user_id in audience.ids:
                    assert isinstance(user_id, int)
                    heard.setdefault(user_id, []).append(payload["presence"])
        self.stage.bus.sent.clear()
        return heard

    async def stored(self, actor: Actor) -> tuple[str, datetime | None]:
        async with self.stage.services.database.transaction("read") as transaction:
            query = select(USER.c.status, USER.c.last_seen).where(USER.c.id == actor.user_id)
            return tuple((await transaction.execute(query)).one())


@pytest.fixture
async def cast(stage: Stage) -> AsyncIterator[Cast]:
    people = [await stage.user(name) for name in ("alice", "bobby", "carol", "dave")]
    alice, bob, carol, dave = (replace(actor, connection=n) for n, actor in enumerate(people, 1))
    await befriend(stage, alice, bob, ("alice", "bobby"))
    await befriend(stage, alice, dave, ("alice", "dave"))
    await stage.run(alice, BlockUser(username="dave"))
    cast = Cast(stage, alice, bob, carol, dave)
    for actor in (bob, carol, dave):
        cast.board.connected(actor)
    await cast.hear()
    stage.clear()
    yield cast


def shown(actor: Actor, status: str, last_seen: str | None = None) -> dict[str, Any]:
    return {"user_id": actor.user_id, "status": status, "last_seen": last_seen}


async def test_friends_and_oneself_hear_of_coming_and_nobody_else(cast: Cast) -> None:
    cast.board.connected(cast.alice)
    assert await cast.hear() == {
        cast.alice.user_id: [shown(cast.alice, "online")],
        cast.bob.user_id: [shown(cast.alice, "online")],
    }
    assert (await cast.stored(cast.alice))[0] == "online"


async def test_going_is_told_after_the_grace_with_the_moment_of_going(cast: Cast) -> None:
    cast.board.connected(cast.alice)
    await cast.hear()
    cast.board.disconnected(cast.alice)
    cast.stage.clock.advance(9.9)
    assert await cast.hear() == {}
    cast.stage.clock.advance(0.1)
    assert (await cast.hear())[cast.bob.user_id] == [shown(cast.alice, "offline", START)]
    status, last_seen = await cast.stored(cast.alice)
    assert status == "offline" and last_seen is not None
    assert last_seen.isoformat() == "2026-05-01T12:00:00+00:00"


async def test_a_reload_is_not_heard(cast: Cast) -> None:
    cast.board.connected(cast.alice)
    await cast.hear()
    cast.board.disconnected(cast.alice)
    cast.stage.clock.advance(5)
    cast.board.connected(replace(cast.alice, connection=11))
    cast.stage.clock.advance(60)
    assert await cast.hear() == {}


async def test_away_is_when_every_socket_is_away(cast: Cast) -> None:
    phone = Actor(cast.alice.user_id, b"p" * 16, connection=12)
    cast.board.connected(cast.alice)
    cast.board.connected(phone)
    await cast.hear()
    await cast.stage.run(cast.alice, SetPresence(away=True))
    assert await cast.hear() == {}
    await cast.stage.run(phone, SetPresence(away=True))
    assert (await cast.hear())[cast.bob.user_id] == [shown(cast.alice, "away", START)]
    await cast.stage.run(phone, SetPresence(away=False))
    assert (await cast.hear())[cast.bob.user_id] == [shown(cast.alice, "online")]
    cast.board.disconnected(phone)
    assert (await cast.hear())[cast.bob.user_id] == [shown(cast.alice, "away", START)]


async def test_many_changes_at_once_are_told_as_one(cast: Cast) -> None:
    cast.board.connected(cast.alice)
    for away in (True, False, True):
        cast.board.set_away(cast.alice, away)
    assert (await cast.hear())[cast.bob.user_id] == [shown(cast.alice, "away", START)]


async def test_who_hides_is_told_of_to_nobody(cast: Cast) -> None:
    cast.board.connected(cast.alice)
    await cast.hear()
    await cast.stage.run(cast.alice, UpdateSettings(share_presence=False))
    heard = await cast.hear()
    assert heard[cast.bob.user_id] == [shown(cast.alice, "offline")]
    assert heard[cast.alice.user_id] == [shown(cast.alice, "online")]
    assert heard.keys() == {cast.alice.user_id, cast.bob.user_id}
    cast.board.set_away(cast.alice, True)
    assert (await cast.hear()).keys() == {cast.alice.user_id}
    opened = await cast.stage.run(cast.bob, OpenSync())
    assert opened.presence == []
    await cast.stage.run(cast.alice, UpdateSettings(share_presence=True))
    assert (await cast.hear())[cast.bob.user_id] == [shown(cast.alice, "away", START)]


async def test_new_friends_learn_how_present_the_other_is(cast: Cast) -> None:
    cast.board.connected(cast.alice)
    await cast.hear()
    await cast.stage.run(cast.alice, RequestFriend(username="carol"))
    assert await cast.hear() == {}
    await cast.stage.run(cast.carol, RequestFriend(username="alice"))
    assert await cast.hear() == {
        cast.carol.user_id: [shown(cast.alice, "online")],
        cast.alice.user_id: [shown(cast.carol, "online")],
    }


async def test_a_new_friend_of_who_hides_learns_nothing(cast: Cast) -> None:
    cast.board.connected(cast.alice)
    await cast.stage.run(cast.alice, UpdateSettings(share_presence=False))
    await cast.hear()
    await befriend(cast.stage, cast.alice, cast.carol, ("alice", "carol"))
    assert (await cast.hear())[cast.carol.user_id] == [shown(cast.alice, "offline")]


async def test_who_was_removed_before_the_introduction_is_not_introduced(cast: Cast) -> None:
    """Between a commit and what is told after it there is always a moment."""
    cast.board.connected(cast.alice)
    await cast.hear()
    async with cast.board._turn:
        await befriend(cast.stage, cast.alice, cast.carol, ("alice", "carol"))
        await cast.stage.run(cast.alice, RemoveFriend(user_id=cast.carol.user_id))
    assert await cast.hear() == {}


@pytest.mark.parametrize("how", ["remove", "block"])
async def test_a_former_friend_hears_nothing_more(cast: Cast, how: str) -> None:
    cast.board.connected(cast.alice)
    await cast.hear()
    end = RemoveFriend(user_id=cast.bob.user_id) if how == "remove" else BlockUser(username="bobby")
    await cast.stage.run(cast.alice, end)
    cast.board.set_away(cast.alice, True)
    assert (await cast.hear()).keys() == {cast.alice.user_id}
    assert (await cast.stage.run(cast.bob, OpenSync())).presence == []


async def test_sync_shows_friends_as_they_are(cast: Cast) -> None:
    opened = await cast.stage.run(cast.bob, OpenSync())
    assert opened.presence == []
    cast.board.connected(cast.alice)
    await cast.hear()
    opened = await cast.stage.run(cast.bob, OpenSync())
    assert [(one.user_id, one.status, one.last_seen) for one in opened.presence] == [
        (cast.alice.user_id, "online", None)
    ]
    for actor in (cast.carol, cast.dave):
        assert (await cast.stage.run(actor, OpenSync())).presence == []


async def test_after_a_crash_nobody_is_online_and_last_seen_stays(cast: Cast) -> None:
    seen = cast.stage.clock.now()
    async with cast.stage.services.database.transaction("write") as transaction:
        of_alice = update(USER).where(USER.c.id == cast.alice.user_id)
        await transaction.execute(of_alice.values(status="online", last_seen=seen))
    services = cast.stage.services
    again = PresenceBoard(services.database, services.bus, services.clock)
    await again.start()
    assert await cast.stored(cast.alice) == ("offline", seen)
    await again.stop()


async def test_at_a_stop_everybody_is_seen_for_the_last_time(cast: Cast) -> None:
    services = cast.stage.services
    board = PresenceBoard(services.database, services.bus, services.clock)
    await board.start()
    board.connected(cast.alice)
    await board.settle()
    cast.stage.clock.advance(60)
    await board.stop()
    assert await cast.stored(cast.alice) == ("offline", cast.stage.clock.now())


async def test_a_deleted_user_is_not_written_to(cast: Cast) -> None:
    cast.board.connected(cast.alice)
    await cast.hear()
    await cast.stage.run(cast.alice, DeleteAccount(auth_key=b"alice".ljust(32, b"\0")))
    cast.board.disconnected(cast.alice)
    cast.stage.clock.advance(10)
    assert await cast.hear() == {}
    assert await cast.stored(cast.alice) == ("offline", None)
    assert cast.board.status_of(cast.alice.user_id) == "offline"


async def test_what_the_database_refuses_stays_due(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    import hearth.presence.board as module

    async def refuse(*_: object) -> None:
        raise OSError("the database is away")

    with monkeypatch.context() as patch:
        patch.setattr(module, "save_and_address", refuse)
        cast.board.connected(cast.alice)
        with pytest.raises(OSError, match="away"):
            await cast.board.settle()
    assert (await cast.hear())[cast.bob.user_id] == [shown(cast.alice, "online")]


async def test_the_board_works_by_itself(cast: Cast) -> None:
    cast.board.connected(cast.alice)
    for _ in range(200):
        if any(name == "presence.changed" for _, name, _ in cast.stage.bus.sent):
            break
        await asyncio.sleep(0.01)
    assert cast.bob.user_id in await cast.hear()


async def test_a_storm_of_arrivals_costs_a_few_queries_and_one_write_each(cast: Cast) -> None:
    actors = [cast.alice, cast.bob, cast.carol, cast.dave]
    for actor in actors:
        cast.board.disconnected(actor)
    cast.stage.clock.advance(10)
    await cast.hear()
    cast.stage.clear()
    for actor in actors:
        cast.board.connected(actor)
    await cast.board.settle()
    assert cast.stage.queries == 2 + len(actors)
