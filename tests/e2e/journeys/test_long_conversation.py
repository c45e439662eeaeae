"""Thousands of messages in one conversation: opening, scrolling without a jump, each once and in order."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, CDPSession, expect

from bench.client.stage import read_script
from bench.conversation import write_messages
from hearth.client import Client
from tests.e2e.conftest import STATIC, require
from tests.e2e.person import DESKTOP, PATIENCE, PHONE, Person
from tests.scenarios.cast import PASSWORD
from tests.served import serve

pytestmark = pytest.mark.frames
MANY = 20_000
"""More than a runway is long, so that both of its measures are met."""
ALL = 800
"""Messages that are all read, window after window."""
FEW = 250
"""What is flung past on a phone."""
BESIDE = 386
"""Where a finger holds no message: a slow machine makes a long press of any."""
MOST_DRAWN = 70
MOST_SHIFTS = 4
"""Frames of a way in which the list may set its position itself: where a runway ends early or late."""
OPTIONS = ("--insecure-test-kdf", "--limit-scale", "1000")
WATCH = (Path(__file__).parent / "watch_list.js").read_text(encoding="utf-8")
BACK, FORTH = 1, -1
"""Which way rows move on screen: down when one goes back to older ones, up when one comes forth again."""


@dataclass
class Stage:
    """Alice at a new browser, her friend Bob at a program, and their conversation, older than encryption."""

    alice: Person
    bob: Client
    conversation: str


@pytest_asyncio.fixture(params=[(ALL, DESKTOP)], loop_scope="session")
async def stage(chromium: Browser, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    messages, looks = request.param
    require(STATIC.exists(), "the web client is not built: run scripts/setup")
    data = tmp_path / "data"
    with serve(data, *OPTIONS, is_forked=True) as served:
        alice = await Client.register(served.url, "alice", PASSWORD)
        bob = await Client.register(served.url, "bob", PASSWORD, display_name="Bob")
        async with alice, bob:
            await bob.request("alice")
            await alice.accept("bob")
            conversation = (await alice._await_conversation("bob")).conversation.id
    write_messages(data, conversation, alice.user_id, bob.user_id, messages)
    with serve(data, *OPTIONS, is_forked=True) as served:
        person = Person(chromium, served.url, "alice", **looks)
        async with person, await Client.sign_in(served.url, "bob", PASSWORD) as bob:
            await person.signs_in()
            yield Stage(person, bob, conversation)


async def hold_all(stage: Stage, messages: int) -> None:
    """Bring the whole history into the browser's local copy and open the conversation."""
    page = stage.alice.page
    me = await page.evaluate("() => JSON.parse(localStorage.getItem('hearth.session')).user.id")
    await expect(stage.alice.row("Bob")).to_be_visible()
    history = {"user": me, "conversation": stage.conversation}
    held = await page.evaluate(read_script("import"), history)
    assert held["count"] == messages + 1
    await stage.alice.opens(f"/c/{stage.conversation}")
    await expect(stage.alice.messages.last).to_have_attribute("data-seq", str(messages + 1))
    await expect(stage.alice.messages.last).to_be_in_viewport()


async def point_at_messages(alice: Person) -> None:
    """Hold the mouse over the list, on whatever lies there: a message shows its buttons under it."""
    place = await alice.page.get_by_role("main").get_by_role("region", name="Messages").bounding_box()
    assert place is not None
    await alice.page.mouse.move(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)


async def watch(stage: Stage, way: int, until: int, move: Callable[[], Awaitable[None]]) -> dict[str, Any]:
    """Move again and again until message `until` was on screen, and return what the list looked like."""
    page = stage.alice.page
    await page.evaluate(WATCH, {"way": way})
    async with asyncio.timeout(300):
        while not await page.evaluate("seq => window.watched.seen.has(seq)", until):
            await move()
    await asyncio.sleep(0.5)
    report: dict[str, Any] = await page.evaluate("() => window.watched.stop()")
    return report


def assert_smooth(report: dict[str, Any]) -> None:
    assert report["wrong"] == []
    assert len(report["shifts"]) <= MOST_SHIFTS, report["shifts"]
    assert report["blank"] == 0, report
    assert report["drawn"] <= MOST_DRAWN


async def test_every_message_stands_there_once_and_in_order_to_the_oldest_and_back(stage: Stage) -> None:
    await hold_all(stage, ALL)
    page = stage.alice.page
    await point_at_messages(stage.alice)

    async def turn(by: int) -> None:
        await page.mouse.wheel(0, by)
        await asyncio.sleep(0.03)

    for way, until, by in ((BACK, 1, -300), (FORTH, ALL + 1, 300)):
        report = await watch(stage, way, until, partial(turn, by))
        assert_smooth(report)
        assert report["seen"] == list(range(1, ALL + 2))


@pytest.mark.parametrize("stage", [(FEW, PHONE)], indirect=True)
async def test_flings_with_a_finger_never_meet_an_empty_screen(stage: Stage) -> None:
    await hold_all(stage, FEW)
    debugger = await stage.alice.context.new_cdp_session(stage.alice.page)
    assert_smooth(await watch(stage, BACK, 1, lambda: fling(debugger, 45)))
    assert_smooth(await watch(stage, FORTH, FEW + 1, lambda: fling(debugger, -45)))


@pytest.mark.parametrize("stage", [(FEW, PHONE)], indirect=True)
async def test_what_was_said_before_a_message_higher_than_the_screen_is_read_by_scrolling_up(
    stage: Stage,
) -> None:
    await hold_all(stage, FEW)
    alice = stage.alice
    await stage.bob.send("alice", "lorem ipsum dolor " * 270)
    await expect(alice.messages.last).to_contain_text("lorem ipsum")
    await point_at_messages(alice)

    async def turn() -> None:
        await alice.page.mouse.wheel(0, -150)
        await asyncio.sleep(0.05)

    report = await watch(stage, BACK, FEW - 20, turn)
    assert report["blank"] == 0


async def fling(debugger: CDPSession, step: int) -> None:
    """Throw the list with one finger, so many pixels every hundredth of a second, and let it run."""

    async def touch(kind: str, *points: dict[str, int]) -> None:
        await debugger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": list(points)})

    begun = 250 if step > 0 else 600
    await touch("touchStart", {"x": BESIDE, "y": begun})
    for count in range(1, 8):
        await touch("touchMove", {"x": BESIDE, "y": begun + count * step})
        await asyncio.sleep(0.01)
    await touch("touchEnd")
    await asyncio.sleep(0.3)


SCROLL_UP = """async ({ steps, by }) => {
  const box = document.querySelector('#main [role=region]');
  const frame = () => new Promise(requestAnimationFrame);
  const list = () => [...box.querySelectorAll('li[data-key]')];
  const isReady = () => list()[0].getBoundingClientRect().top < box.getBoundingClientRect().top - by;
  while (!isReady()) await frame();
  let worst = 0;
  for (let step = 0; step < steps; step++) {
    box.scrollTop -= by;
    const edge = box.getBoundingClientRect();
    const anchor = list().find((row) => row.getBoundingClientRect().bottom > edge.top);
    // By its lower edge: above its text a row has more or less room once it knows whose message comes before.
    const at = anchor.getBoundingClientRect().bottom;
    for (let count = 0; count < 10; count++) {
      await frame();
      const moved = anchor.isConnected ? Math.abs(anchor.getBoundingClientRect().bottom - at) : Infinity;
      worst = Math.max(worst, moved);
    }
    // Pages may come later than this scrolls: what is on screen is judged, so it waits for more.
    while (!isReady()) await frame();
  }
  return { worst, drawn: list().length, seq: Number(list()[0].dataset.seq) };
}"""
JUMP = 1.5
"""Pixels by which a message may move while others come above it: less than anybody sees."""


@pytest.mark.parametrize("stage", [(MANY, DESKTOP)], indirect=True)
async def test_20_000_messages_come_from_the_server_without_moving_what_is_read(stage: Stage) -> None:
    alice = stage.alice
    await alice.converses_with("Bob")
    await expect(alice.messages.last).to_have_attribute("data-seq", str(MANY + 1), timeout=PATIENCE)
    await expect(alice.messages.last).to_be_in_viewport()
    far = await alice.page.evaluate(SCROLL_UP, {"steps": 20, "by": 600})
    assert far["worst"] <= JUMP
    assert far["drawn"] <= MOST_DRAWN
    assert far["seq"] < MANY - 150
    await stage.bob.send("alice", "Just now")
    await alice.page.get_by_role("button", name="1 new message").click()
    await expect(alice.message("Just now")).to_be_in_viewport()
    region = alice.page.get_by_role("main").get_by_role("region", name="Messages")
    await region.press("Home")
    await expect(alice.message("Hello")).to_be_in_viewport()
    await region.press("End")
    await expect(alice.message("Just now")).to_be_in_viewport()
