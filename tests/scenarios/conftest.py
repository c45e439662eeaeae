"""The stage and its cast: friends alice and bob, bob's phone, carol (a stranger), dave (blocked)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import pytest

from hearth.client import Client
from tests.conftest import KIND, make_mariadb_database
from tests.scenarios.backups import Backups
from tests.scenarios.cast import PASSWORD, Device
from tests.scenarios.keyless import register_keyless, sign_in_keyless
from tests.scenarios.server import RunningServer

SignUp = Callable[..., Awaitable[Device]]


@pytest.fixture
def limit_scale() -> float:
    """Generous by default; the scenario about limits overrides it."""
    return 1000.0


@pytest.fixture
def keyless() -> frozenset[str]:
    """Whose programs have no keys; tests that make a chain by hand override it."""
    return frozenset()


@pytest.fixture
async def server(
    request: pytest.FixtureRequest, database_url: str, tmp_path: Path, limit_scale: float
) -> AsyncIterator[RunningServer]:
    if "elsewhere" in request.fixturenames:
        # Made before the server and dropped after it: MariaDB lets transactions of the server's end, and
        # they cannot while this process waits.
        request.getfixturevalue("elsewhere")
    running = RunningServer(database_url, tmp_path, limit_scale=limit_scale)
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of the kind under test to restore into."""
    if KIND == "sqlite":
        yield f"sqlite:///{(tmp_path / 'other' / 'hearth.db').as_posix()}"
    else:
        yield from make_mariadb_database(request)


@pytest.fixture
def backups(server: RunningServer, elsewhere: str, tmp_path: Path) -> Backups:
    return Backups(server, elsewhere, tmp_path)


@pytest.fixture
async def sign_up(server: RunningServer, keyless: frozenset[str]) -> AsyncIterator[SignUp]:
    """Register somebody, or sign another device of theirs in, and connect it."""
    async with AsyncExitStack() as stack:

        async def sign(name: str, *, device: str | None = None) -> Device:
            if name in keyless:
                url = server.url
                made = register_keyless(url, name) if device is None else sign_in_keyless(url, name)
                client = await made
            elif device is None:
                client = await Client.register(server.url, name, PASSWORD, display_name=name.title())
            else:
                client = await Client.sign_in(server.url, name, PASSWORD, device_name=device)
            signed = Device(name if device is None else f"{name}.{device}", client)
            stack.push_async_exit(signed)
            await signed.connects()
            return signed

        yield sign


@pytest.fixture
async def cast(sign_up: SignUp) -> dict[str, Device]:
    """Everybody, connected, with all that came of setting the stage already seen."""
    alice, bob, carol, dave = [await sign_up(name) for name in ("alice", "bob", "carol", "dave")]
    bob.phone = await sign_up("bob", device="phone")
    for friend in (bob, dave):
        await make_friends(alice, friend)
    await alice.client.block("dave")
    await dave.agrees(lambda client: not client.replica.users.friends, "having no friends")
    for stranger in (carol, dave):
        await stranger.opens_an_ear()
    everybody = {"alice": alice, "bob": bob, "carol": carol, "dave": dave}
    await calm(*everybody.values(), bob.phone)
    return everybody


async def make_friends(one: Device, other: Device) -> None:
    """Request and acceptance; returns when both have their conversation."""
    await one.client.request(other.username)
    await other.agrees(lambda client: bool(client.replica.users.requests), "a request")
    await other.client.accept(one.username)
    for device, name in ((one, other.username), (other, one.username)):
        await device.agrees(partial(has_conversation, name), f"a conversation with {name}")


def has_conversation(name: str, client: Client) -> bool:
    directs = [
        state.conversation
        for state in client.replica.conversations.values()
        if state.conversation.kind == "direct"
    ]
    return any(card.username == name for conversation in directs for card in conversation.users)


async def calm(*devices: Device) -> None:
    """Let everything arrive, then count it as seen. Presence of who has just come may take a moment."""
    await asyncio.sleep(0.2)
    for device in devices:
        await device.settles()
        if device.ear is not None:
            await device.ear.hear_everything_sent_so_far()
    for device in devices:
        device.looks_away()


async def begin_with_a_backup(sign_up: SignUp, backups: Backups) -> tuple[Device, Device]:
    """Alice and bob, who had written "before the backup" to each other when it was made."""
    alice, bob = await sign_up("alice"), await sign_up("bob")
    await make_friends(alice, bob)
    await alice.sends("before the backup", to=bob)
    await bob.receives("before the backup")
    await calm(alice, bob)
    await backups.make()
    return alice, bob


@pytest.fixture
def alice(cast: dict[str, Device]) -> Device:
    return cast["alice"]


@pytest.fixture
def bob(cast: dict[str, Device]) -> Device:
    return cast["bob"]


@pytest.fixture
def carol(cast: dict[str, Device]) -> Device:
    return cast["carol"]


@pytest.fixture
def dave(cast: dict[str, Device]) -> Device:
    return cast["dave"]
