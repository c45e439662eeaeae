"""Everything a client can repeat is limited, by whatever door it comes."""

import asyncio
import contextlib
from typing import Any

import msgspec
import pytest

from hearth.app import HANDLERS
from hearth.contract import Actor
from hearth.errors import TooManyRequests
from hearth.friends.contract import BlockUser, FindUser, RequestFriend
from hearth.wire.dispatch import Dispatcher
from hearth.wire.http import REQUESTS_PER_NETWORK, REQUESTS_PER_USER
from hearth.wire.limits import Limits, parse_limit
from tests.scenarios.server import RunningServer
from tests.security.bodies import BODIES
from tests.security.conftest import ask_by_http
from tests.security.people import People
from tests.security.test_fields import get_dispatcher
from tests.security.test_sockets import bearer, people, server  # noqa: F401 - fixtures
from tests.stage import FixedClock, Stage, acknowledge
from tests.wire.edge_stage import request

HEAVY = (
    ("sync.open", "of one's own"),
    ("sync.rest", "of one's own"),
    ("sync.heads", "of one's own"),
    ("message.history", "of her notes"),
    ("message.aimed", "of what they share"),
    ("message.pins", "of her notes"),
    ("message.states", "of what they share"),
)
"""Lines of the matrix."""


def stop_time(server: RunningServer) -> Limits:  # noqa: F811
    """Return the server's limits, which from now on refill no more, however slow the machine is."""
    limits = server.app.services.limits
    limits._clock, limits._buckets = FixedClock(), {}
    return limits


def test_every_command_has_a_limit() -> None:
    unlimited = [name for name, handler in HANDLERS.items() if not handler.command.rate_limit]
    assert unlimited == []


@pytest.mark.parametrize("name", HANDLERS)
async def test_S10_a_limit_is_taken_before_anything_is_looked_at(stage: Stage, name: str) -> None:
    """Also by what cannot be decoded: garbage costs its sender as much as sense."""
    alice, bob = await stage.user("alice"), await stage.user("bobby")
    dispatcher = Dispatcher.of(stage.services, HANDLERS, lambda name, error: None)
    burst = parse_limit(HANDLERS[name].command.rate_limit).burst

    async def code_for(actor: Actor) -> str:
        [answer] = msgspec.json.decode(await acknowledge(dispatcher, actor, name, b"[]"))
        return str(answer["error"]["code"])

    codes = [await code_for(alice) for _ in range(burst + 1)]
    assert codes == ["invalid_input"] * burst + ["too_many_requests"]
    other_device = await code_for(Actor(alice.user_id, bytes(16), connection=7))
    if HANDLERS[name].command.limited_per == "user":
        assert other_device == "too_many_requests", "of all devices"
    else:
        assert other_device == "invalid_input", "a stolen device keeps no other from signing it out"
    assert await code_for(bob) == "invalid_input", "of nobody else"


def test_S10_what_gets_rid_of_a_stolen_device_is_limited_by_device() -> None:
    per_device = {name for name, handler in HANDLERS.items() if handler.command.limited_per == "device"}
    assert per_device == {
        "device.list",
        "device.revoke",
        "device.revoke_others",
        "account.change_password",
        "account.delete",
        "chain.retire",
        "chain.remove_devices",
        "chain.change_password",
        "chain.reset",
        "epoch.make",
        "rewrap.ask",
    }


async def test_P10_what_reads_much_takes_turns_and_light_work_goes_on(
    server: RunningServer,  # noqa: F811
    people: People,  # noqa: F811
) -> None:
    """Getting up to date is one kind of heavy work, reading history another; the rest waits for neither."""
    turns = get_dispatcher(server).turns
    assert turns["sync.open"] is turns["sync.rest"] is turns["sync.heads"]
    heavy = {name: BODIES[f"{name} {what}"](people, "self") for name, what in HEAVY}
    assert turns.keys() == {*heavy, "message.offer"}

    async def ask(name: str) -> Any:
        return await ask_by_http(server.url, people.alice.token, name, heavy.get(name, {}))

    async with contextlib.AsyncExitStack() as stack:
        for line in {id(turns[name]): turns[name] for name in heavy}.values():
            for _ in range(3):
                await stack.enter_async_context(line.take(0))
        waiting = [asyncio.create_task(ask(name)) for name in heavy]
        assert "ok" in await ask("device.list")
        done, _ = await asyncio.wait(waiting, timeout=0.3)
        assert done == set()
    assert all("ok" in answer for answer in await asyncio.gather(*waiting))


async def test_S12_people_cannot_be_listed_by_asking_name_after_name(stage: Stage) -> None:
    """Whichever command tells whether a name exists, all take from one budget: three hundred a day."""
    alice = await stage.user("alice")
    commands = (FindUser, BlockUser, RequestFriend)
    refused = 0
    for number in range(400):
        try:
            await stage.run(alice, commands[number % 3](username=f"nobody.{number}"))
        except TooManyRequests as error:
            refused += 1
            assert error.retry_after is not None and error.retry_after > 200
        except Exception as error:
            assert type(error).__name__ == "NotFound"
    assert refused == 100
    stage.clock.advance(86_400)
    with pytest.raises(Exception, match="nothing here"):
        await stage.run(alice, FindUser(username="nobody"))


async def test_S10_http_has_the_limits_of_a_socket(server: RunningServer, people: People) -> None:  # noqa: F811
    """Requests that are no commands count too, whatever they ask for; nobody else's are touched."""
    headers = bearer(people.alice.token)
    limits = stop_time(server)
    for _ in range(parse_limit(REQUESTS_PER_USER).burst):
        limits.take("http.user", people.alice.actor.user_id, REQUESTS_PER_USER)
    paths = ("/api/session", "/api/avatars/none", "/api/session")
    statuses = await asyncio.gather(
        *(request(server.port, "GET", path, headers=headers) for path in paths * 10)
    )
    assert {status for status, _ in statuses} == {429}
    friend = bearer(people.by_role["friend"].token)
    assert (await request(server.port, "GET", "/api/session", headers=friend))[0] == 200


async def test_S10_a_network_that_guesses_tokens_is_held_back(server: RunningServer) -> None:  # noqa: F811
    """A forged X-Forwarded-For helps nobody where no proxy is trusted."""
    limits = stop_time(server)
    for _ in range(parse_limit(REQUESTS_PER_NETWORK).burst - 3):
        limits.take("http.network", "127.0.0.1", REQUESTS_PER_NETWORK)
    for number in range(3):
        headers = {**bearer("guess"), "X-Forwarded-For": f"203.0.113.{number}"}
        assert (await request(server.port, "GET", "/api/session", headers=headers))[0] == 401
    statuses = [
        (await request(server.port, "GET", "/api/session", headers=bearer(f"guess-{number}")))[0]
        for number in range(3)
    ]
    assert statuses == [429] * 3
    assert (await request(server.port, "GET", "/"))[0] in (200, 404), "pages are served all the same"
