"""Several tabs of one user in one browser share a connection, agree, and none needs the others to live."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import WebSocket, expect

from tests.e2e.conftest import async_fixture
from tests.e2e.kills.gate import Gate, open_gate
from tests.e2e.person import PATIENCE, Person
from tests.faults.rig.patience import wait_until
from tests.served import Served

# Headless Chromium shows all of its pages at once: what a tab is told of being hidden is told by hand.
SHOW = """(state) => {
  Object.defineProperty(document, "visibilityState", { get: () => state, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
PASS = "kind => dispatchEvent(new PageTransitionEvent(kind, { persisted: true }))"
WITHOUT_LOCKS = "Object.defineProperty(Navigator.prototype, 'locks', { value: undefined })"


@async_fixture
async def gate(server: Served) -> AsyncIterator[Gate]:
    """Between alice's browser and the server: it counts her connections and can hold what she sends."""
    async with open_gate(int(server.url.rsplit(":", 1)[1].strip("/"))) as opened:
        yield opened


@pytest.fixture
def doors(gate: Gate) -> dict[str, str]:
    return {"alice": f"http://127.0.0.1:{gate.port}"}


async def shows(tab: Person, state: str) -> None:
    """The tab is "visible" or "hidden" from now on."""
    await tab.page.evaluate(SHOW, state)


async def open_tabs(alice: Person, count: int) -> list[Person]:
    """All at her conversation with bob; the first one leads."""
    tabs = [alice] + [await alice.opens_a_tab() for _ in range(count - 1)]
    for tab in tabs:
        await tab.converses_with("Bob")
    return tabs


async def crash(tab: Person) -> None:
    """The tab's process dies, as when the system takes its memory away."""
    session = await tab.context.new_cdp_session(tab.page)
    gone = asyncio.Event()
    tab.page.on("crash", lambda _: gone.set())
    crashing = asyncio.ensure_future(session.send("Page.crash"))
    await asyncio.wait_for(gone.wait(), PATIENCE / 1000)
    crashing.cancel()
    await asyncio.gather(crashing, return_exceptions=True)


async def texts_of(tab: Person) -> list[str]:
    return await tab.messages.locator(".text").all_inner_texts()


@pytest.mark.parametrize("count", [2, 5])
async def test_all_tabs_agree_over_one_connection(alice: Person, bob: Person, gate: Gate, count: int) -> None:
    await alice.befriends(bob)
    await bob.converses_with("Alice")
    tabs = await open_tabs(alice, count)
    assert gate.sockets == 1
    await tabs[-1].writes("From the last tab")
    await alice.sees("From the last tab")
    await alice.writes("From the first tab")
    await bob.sees("From the first tab")
    await bob.writes("From Bob")
    said = ["From the last tab", "From the first tab", "From Bob"]
    for tab in tabs:
        await tab.sees("From Bob")
        await tab.sees_mark("From the last tab", "Read")
        assert await texts_of(tab) == said
        await expect(tab.presence).to_have_text("Online", timeout=PATIENCE)
    await bob.field.press_sequentially("I")
    await asyncio.gather(*(expect(tab.presence).to_have_text("typing…", timeout=PATIENCE) for tab in tabs))
    assert await texts_of(bob) == said
    assert gate.sockets == 1


async def test_what_is_done_in_a_tab_without_the_connection_arrives(
    alice: Person, bob: Person, gate: Gate
) -> None:
    await alice.befriends(bob)
    await bob.converses_with("Alice")
    _, second = await open_tabs(alice, 2)
    await second.field.press_sequentially("I am")
    await expect(bob.presence).to_have_text("typing…", timeout=PATIENCE)
    await second.opens("/you/profile")
    await second.page.get_by_label("Display name").fill("Alicia")
    await second.page.get_by_role("button", name="Save").click()
    await expect(bob.row("Alicia")).to_be_visible(timeout=PATIENCE)
    assert gate.sockets == 1


@pytest.mark.parametrize("step", ["sent", "committed"])
async def test_the_leading_tab_dies_while_it_sends(alice: Person, bob: Person, gate: Gate, step: str) -> None:
    await alice.befriends(bob)
    await bob.converses_with("Alice")
    _, *others = await open_tabs(alice, 3)
    gate.arm({"sent": "send", "committed": "answer"}[step])
    for number in range(3):
        await others[0].writes(f"Last words {number}")
    await asyncio.wait_for(gate.reached[step].wait(), PATIENCE / 1000)
    gate.arm(None)
    await crash(alice)
    for tab in others:
        await tab.sees_mark("Last words 2", "Read")
        assert await texts_of(tab) == [f"Last words {number}" for number in range(3)]
    assert await texts_of(bob) == [f"Last words {number}" for number in range(3)]
    assert gate.sockets == 1
    await bob.writes("Heard")
    for tab in others:
        await tab.sees("Heard")


async def test_the_tab_that_is_looked_at_has_the_connection(alice: Person, bob: Person, gate: Gate) -> None:
    await alice.befriends(bob)
    await bob.converses_with("Alice")
    first, second = await open_tabs(alice, 2)
    sockets: list[WebSocket] = []
    second.page.on("websocket", lambda socket: sockets.append(socket))
    await shows(first, "hidden")
    await wait_until(lambda: len(sockets) == 1 and gate.sockets == 1, PATIENCE / 1000)
    await bob.writes("Where are you?")
    for tab in (first, second):
        await tab.sees("Where are you?")
        await expect(tab.presence).to_have_text("Online", timeout=PATIENCE)
    await first.writes("Still here")
    await bob.sees("Still here")
    assert gate.sockets == 1


async def test_a_leading_tab_that_stands_still_is_replaced(alice: Person, bob: Person) -> None:
    await alice.befriends(bob)
    await bob.converses_with("Alice")
    first, second = await open_tabs(alice, 2)
    session = await first.context.new_cdp_session(first.page)
    await session.send("Page.setWebLifecycleState", {"state": "frozen"})
    await second.writes("Written beside a frozen tab")
    await shows(second, "visible")
    await bob.sees("Written beside a frozen tab")
    await bob.writes("It arrived")
    await second.sees("It arrived")
    await session.send("Page.setWebLifecycleState", {"state": "active"})
    await first.sees("It arrived")
    await first.writes("And I am back")
    await bob.sees("And I am back")
    assert await texts_of(second) == ["Written beside a frozen tab", "It arrived", "And I am back"]


async def test_a_device_is_away_when_all_of_its_tabs_are(alice: Person, bob: Person) -> None:
    await alice.befriends(bob)
    await bob.converses_with("Alice")
    first, second = await open_tabs(alice, 2)
    await shows(second, "hidden")
    await expect(bob.presence).to_have_text("Online", timeout=PATIENCE)
    await shows(first, "hidden")
    await expect(bob.presence).to_have_text("Away", timeout=PATIENCE)
    await shows(second, "visible")
    await expect(bob.presence).to_have_text("Online", timeout=PATIENCE)
    await second.page.close()
    await expect(bob.presence).to_have_text("Away", timeout=PATIENCE)


async def test_a_session_that_ends_does_so_in_every_tab(alice: Person) -> None:
    tabs = [alice, await alice.opens_a_tab()]
    await tabs[1].opens("/you")
    await tabs[1].page.get_by_role("button", name="Sign out", exact=True).click()
    await tabs[1].page.get_by_role("dialog").get_by_role("button", name="Sign out").click()
    for tab in tabs:
        await expect(tab.page.get_by_role("heading", name="Welcome back")).to_be_visible(timeout=PATIENCE)


async def test_a_page_that_is_put_aside_lets_go_and_comes_back(
    alice: Person, bob: Person, gate: Gate
) -> None:
    await alice.befriends(bob)
    await bob.converses_with("Alice")
    await alice.converses_with("Bob")
    await alice.page.evaluate(PASS, "pagehide")
    await wait_until(lambda: gate.sockets == 0, PATIENCE / 1000)
    await bob.writes("While you were aside")
    await alice.page.evaluate(PASS, "pageshow")
    await alice.sees("While you were aside")
    await wait_until(lambda: gate.sockets == 1, PATIENCE / 1000)


async def test_without_locks_every_tab_has_its_own_connection(alice: Person, bob: Person, gate: Gate) -> None:
    await alice.context.add_init_script(WITHOUT_LOCKS)
    await alice.befriends(bob)
    await bob.converses_with("Alice")
    first, second = await open_tabs(alice, 2)
    await wait_until(lambda: gate.sockets == 2, PATIENCE / 1000)
    for number in range(4):
        await (first, second)[number % 2].writes(f"Number {number}")
    await bob.writes("From Bob")
    for tab in (first, second, bob):
        await tab.sees("From Bob")
        for number in range(4):
            await tab.sees(f"Number {number}")


async def test_what_one_tab_sends_the_other_shows(alice: Person, bob: Person) -> None:
    await alice.befriends(bob)
    second = await alice.opens_a_tab()
    await alice.converses_with("Bob")
    await second.converses_with("Bob")
    await alice.writes("From the first tab")
    await second.sees("From the first tab")
    await second.writes("From the second tab")
    await alice.sees("From the second tab")
    await bob.converses_with("Alice")
    for tab in (alice, second):
        await tab.sees_mark("From the first tab", "Read")
        await tab.sees_mark("From the second tab", "Read")
        assert await tab.messages.count() == 2


async def test_reading_in_one_tab_clears_the_other(alice: Person, bob: Person) -> None:
    await alice.befriends(bob)
    second = await alice.opens_a_tab()
    await bob.converses_with("Alice")
    await bob.writes("Are you there?")
    unread = second.row("Bob").get_by_text("1 unread message")
    await expect(unread).to_be_attached(timeout=PATIENCE)
    await expect(second.page).to_have_title(re.compile(r"^\(1\) "))
    await alice.page.bring_to_front()
    await alice.converses_with("Bob")
    await expect(unread).to_have_count(0, timeout=PATIENCE)
    await expect(second.page).not_to_have_title(re.compile(r"^\(\d+\) "))
    await bob.sees_mark("Are you there?", "Read")


@pytest.mark.offline
async def test_closing_the_sending_tab_loses_nothing(alice: Person, bob: Person) -> None:
    await alice.befriends(bob)
    await bob.converses_with("Alice")
    second = await alice.opens_a_tab()
    await alice.converses_with("Bob")
    await alice.goes_offline()
    for number in range(5):
        await alice.writes(f"Last words {number}")
    await alice.sees_mark("Last words 4", "Waiting to be sent")
    await alice.page.close()
    await second.goes_offline(False)
    for number in range(5):
        await bob.sees(f"Last words {number}")
    assert await bob.messages.count() == 5
    await second.converses_with("Bob")
    await second.sees_mark("Last words 4", "Read")
    assert await second.messages.count() == 5
