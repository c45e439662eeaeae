"""Journeys in a real browser: the shipped server on a free port, Chromium, people who register there.

One Chromium serves all tests of a process, a context of its own for each person; so all of them run on one
event loop. Skipped with the reason where there is no Chromium or no built web client; with CI=true that is a
failure.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from hearth.client import Client
from tests.e2e.person import PATIENCE, Person
from tests.scenarios.cast import PASSWORD
from tests.served import Served, serve
from tests.unavailable import give_up

FOLDER = Path(__file__).parent
STATIC = FOLDER.parents[1] / "hearth" / "static" / "index.html"
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
# The same engine without windows, which nobody sees and which cost half the processor's time of a journey.
WINDOWLESS = shutil.which("chromium-headless-shell") or CHROMIUM
START = 120_000
QUIET = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-quic"]

# A busy machine is no fault of the page.
expect.set_options(timeout=PATIENCE)

SomebodyNew = Callable[..., Awaitable[Person]]
Program = Callable[..., Awaitable[Client]]
Launch = Callable[[], Awaitable[Browser]]

async_fixture = pytest_asyncio.fixture(loop_scope="session")
"""What a fixture of journeys is made with when it waits for something: on the loop that has the browser."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if FOLDER in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if pytest_asyncio.is_async_test(item):
                item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


def require(thing: object, reason: str) -> None:
    if not thing:
        give_up(reason)


@pytest.fixture
def server(tmp_path: Path, migrated_sqlite: Path) -> Iterator[Served]:
    require(STATIC.exists(), "the web client is not built: run scripts/setup")
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    # Migrating an empty one would take a quarter of the start.
    shutil.copyfile(migrated_sqlite, data / "hearth.db")
    with serve(data, "--insecure-test-kdf", "--limit-scale", "1000", is_forked=True) as served:
        yield served


@pytest.fixture
def doors() -> dict[str, str]:
    """Addresses of those who come in by another than the server's own."""
    return {}


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def launch() -> AsyncIterator[Launch]:
    """Return the process's Chromium, a new one when a test has left it dead."""
    require(WINDOWLESS, "chromium is not installed")
    async with async_playwright() as playwright:
        browsers: list[Browser] = []

        async def find() -> Browser:
            if not browsers or not browsers[-1].is_connected():
                browsers.append(
                    await playwright.chromium.launch(executable_path=WINDOWLESS, args=QUIET, timeout=START)
                )
            return browsers[-1]

        yield find
        for browser in browsers:
            await browser.close()


@async_fixture
async def chromium(launch: Launch) -> AsyncIterator[Browser]:
    browser = await launch()
    yield browser
    for context in browser.contexts:
        await context.close()


@async_fixture
async def arrives(
    request: pytest.FixtureRequest, server: Served, chromium: Browser, doors: dict[str, str]
) -> AsyncIterator[SomebodyNew]:
    """Open a browser for somebody: `await arrives("alice")`. They have not registered yet.

    Only journeys that are marked `offline` get the service worker, which fetches the whole client for each of
    those browsers: a sixth of a journey's work.
    """
    is_kept = request.node.get_closest_marker("offline") is not None
    kept = {"service_workers": "allow" if is_kept else "block"}
    async with AsyncExitStack() as stack:

        async def arrive(username: str, **looks: object) -> Person:
            url = doors.get(username, server.url)
            return await stack.enter_async_context(Person(chromium, url, username, **kept | looks))

        yield arrive


@async_fixture
async def program(server: Served) -> AsyncIterator[Program]:
    """Register somebody who uses a program instead of a browser: quick to fill an account with."""
    async with AsyncExitStack() as stack:

        async def register(username: str, name: str | None = None) -> Client:
            name = name or username.title()
            client = await Client.register(server.url, username, PASSWORD, display_name=name)
            return await stack.enter_async_context(client)

        yield register


@async_fixture
async def registered(request: pytest.FixtureRequest, arrives: SomebodyNew) -> dict[str, Person]:
    """Those of alice and bob whom the test asks for, registered beside each other."""
    people = [await arrives(name) for name in ("alice", "bob") if name in request.fixturenames]
    await asyncio.gather(*(person.registers() for person in people))
    return {person.username: person for person in people}


@pytest.fixture
def alice(registered: dict[str, Person]) -> Person:
    return registered["alice"]


@pytest.fixture
def bob(registered: dict[str, Person]) -> Person:
    return registered["bob"]
