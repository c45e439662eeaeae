"""axe-core finds nothing on any page in any state: WCAG 2.2 AA and its best practices.

Each test goes through a part of tests/e2e/pages.py, with an album of its own. Every state is reached once and
judged in three dresses: all rules on a phone in light, all but contrast on a desktop, contrast alone on a
desktop in dark. Languages are looked at in the pictures of scripts/screenshots.
"""

import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page
from playwright.async_api import Error as PlaywrightError

from tests.e2e.album_cast import ME, fill
from tests.e2e.conftest import STATIC, async_fixture, require
from tests.e2e.pages import LAST, VISITS, Shot
from tests.e2e.person import PATIENCE
from tests.scenarios.cast import PASSWORD
from tests.served import Served, serve

ROOT = Path(__file__).parents[2]
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
CONTRAST = "color-contrast"
# What is wrong with a page that changes meanwhile may be half of one state and half of the next: only what is
# found on a page that stood still counts. A page that never does is judged as it is.
JUDGE = """async (options) => {
  const say = ({ target, failureSummary }) => `${target.join(" ")}: ${failureSummary.replace(/\\s+/g, " ")}`;
  for (let turn = 1; ; turn += 1) {
    for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
    const before = document.documentElement.outerHTML;
    const asked = { preload: false, resultTypes: ["violations"], ...options };
    const { violations } = await axe.run(document, asked);
    const found = violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${say(node)}`));
    if (found.length === 0 || turn === 10 || before === document.documentElement.outerHTML) return found;
  }
}"""
ALL: dict[str, Any] = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }
}


@dataclass(frozen=True)
class Dress:
    name: str
    width: int
    height: int
    colours: Literal["light", "dark"]
    options: dict[str, Any]


DRESSES = (
    Dress("phone, light", 390, 844, "light", ALL),
    Dress("desktop, light", 1280, 800, "light", ALL | {"rules": {CONTRAST: {"enabled": False}}}),
    Dress("desktop, dark", 1280, 800, "dark", {"runOnly": [CONTRAST]}),
)


OPTIONS = ("--insecure-test-kdf", "--limit-scale", "1000")
AT_ONCE = 12
"""About so many states a test looks at, so that several cores share them."""


def divide() -> dict[str, tuple[str | None, list[Shot]]]:
    """All visits, the long ones in several parts; keys are names for them."""
    parts = {}
    for username, shots in (*VISITS, (ME, LAST)):
        for begun in range(0, len(shots), AT_ONCE):
            part = shots[begun : begun + AT_ONCE]
            parts[f"{username or 'nobody'} from {part[0].name}"] = (username, part)
    return parts


PARTS = divide()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def album(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of a server where an account after some months is, to be copied."""
    require(STATIC.exists(), "the web client is not built: run scripts/setup")
    data = tmp_path_factory.mktemp("album") / "data"
    with serve(data, *OPTIONS, is_forked=True) as server:
        await fill(server, data / "hearth.db")
    return data


@async_fixture
async def months_later(album: Path, tmp_path: Path) -> AsyncIterator[Served]:
    data = tmp_path / "data"
    shutil.copytree(album, data)
    with serve(data, *OPTIONS, is_forked=True) as server:
        yield server


@pytest.mark.slow
@pytest.mark.parametrize("part", PARTS)
async def test_axe_finds_nothing_on_any_page(months_later: Served, chromium: Browser, part: str) -> None:
    require(AXE.exists(), "axe-core is not installed: run scripts/setup dev")
    faults = await visit(chromium, months_later, *PARTS[part])
    assert not faults, "\n".join(faults)


def test_all_states_are_in_one_of_the_parts() -> None:
    seen = sorted(shot.name for _, shots in PARTS.values() for shot in shots)
    assert seen == sorted(shot.name for _, shots in (*VISITS, (ME, LAST)) for shot in shots)
    assert len(seen) == len(set(seen)) > 60


async def test_axe_would_say_what_is_wrong(server: Served, chromium: Browser) -> None:
    require(AXE.exists(), "axe-core is not installed: run scripts/setup dev")
    context = await open_context(chromium)
    page = await context.new_page()
    await page.goto(f"{server.url}/sign-in")
    await page.locator("form").wait_for()
    await page.evaluate("document.querySelector('form').append(document.createElement('input'))")
    await page.evaluate("document.querySelector('h1').style.color = '#ccc'")
    found = [fault.split(":")[0] for fault in await page.evaluate(JUDGE, ALL)]
    assert sorted(found) == [CONTRAST, "label"]


async def test_colours_change_at_once_where_motion_is_not_wanted(server: Served, chromium: Browser) -> None:
    context = await open_context(chromium)
    page = await context.new_page()
    await page.goto(f"{server.url}/sign-in")
    await page.locator("form").wait_for()
    await page.emulate_media(color_scheme="light")
    under_way = await page.evaluate(
        "document.documentElement.dataset.theme = 'dark', getComputedStyle(document.body).color, "
        "document.getAnimations().length"
    )
    assert under_way == 0


def test_every_address_of_the_client_is_visited() -> None:
    routes = (ROOT / "web" / "src" / "routes.ts").read_text(encoding="utf-8")
    fixed = routes[routes.index("const FIXED") : routes.index("/** One-time")]
    addresses = set(re.findall(r'"(/[^"]*)": "', fixed))
    visited = {shot.path.partition("#")[0] for _, shots in VISITS for shot in shots}
    assert len(addresses) > 10
    assert addresses - visited == set()
    for form in ("/c/", "/u/", "/add/"):
        assert any(path.startswith(form) for path in visited), form


async def open_context(browser: Browser) -> BrowserContext:
    context = await browser.new_context(locale="en-GB", reduced_motion="reduce")
    context.set_default_timeout(2 * PATIENCE)  # it says nothing about speed
    # The page's own rules let no foreign script in; what the debugger adds is not held by them.
    await context.add_init_script(path=AXE)
    return context


async def visit(browser: Browser, server: Served, username: str | None, shots: list[Shot]) -> list[str]:
    """Return all that axe finds on these pages as seen by `username`."""
    context = await open_context(browser)
    page = await context.new_page()
    if username is not None:
        await sign_in(page, server, username)
    faults = [fault for shot in shots for fault in await judge(page, server, shot)]
    await context.close()
    return faults


async def sign_in(page: Page, server: Served, username: str) -> None:
    await page.goto(f"{server.url}/sign-in")
    await page.locator("input[autocomplete~=username]").fill(username)
    await page.locator("input[type=password]").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.locator("[data-row]").first.wait_for()


async def judge(page: Page, server: Served, shot: Shot) -> list[str]:
    """Bring the page into the state of the shot and judge it in every dress."""
    faults = []
    try:
        await wear(page, DRESSES[-1])
        await reach(page, server, shot)
        for dress in DRESSES:
            await wear(page, dress)
            # A page that is still being read has no heading yet.
            await page.locator("h1:visible").first.wait_for()
            found = await page.evaluate(JUDGE, dress.options)
            faults += [f"{shot.name}, {dress.name}: {fault}" for fault in found]
    except PlaywrightError as error:
        faults.append(f"{shot.name}: {error.message.splitlines()[0]}")
    finally:
        await page.context.set_offline(False)
    return faults


async def wear(page: Page, dress: Dress) -> None:
    await page.emulate_media(color_scheme=dress.colours)
    await page.set_viewport_size({"width": dress.width, "height": dress.height})
    await page.wait_for_function("(width) => innerWidth === width", arg=dress.width)


async def reach(page: Page, server: Served, shot: Shot) -> None:
    await page.goto(f"{server.url}{shot.path}")
    await page.locator("h1, h2").first.wait_for(state="attached")
    if shot.prepare is not None:
        await shot.prepare(page)
