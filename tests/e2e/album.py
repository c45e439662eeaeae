"""Pictures of every page, in every dress: phone and desktop, light and dark, four languages and the long one.

scripts/screenshots [--only TEXT] [--page TEXT] [--into DIR]
"""

import argparse
import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

from hearth.client import Client
from tests.e2e.album_cast import FRIENDS, ME, fill
from tests.e2e.person import DESKTOP, PHONE
from tests.scenarios.cast import PASSWORD
from tests.served import serve

QUIET = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-quic"]
SETTLED_MS = 450
Prepare = Callable[[Page], Awaitable[None]]


@dataclass(frozen=True)
class Dress:
    name: str
    is_phone: bool = False
    is_dark: bool = False
    language: str = "en"


@dataclass(frozen=True)
class Shot:
    name: str
    path: str = "/"
    prepare: Prepare | None = None


DRESSES = [
    Dress("desktop-light"),
    Dress("desktop-dark", is_dark=True),
    Dress("phone-light", is_phone=True),
    Dress("phone-dark", is_phone=True, is_dark=True),
    Dress("desktop-arabic", language="ar"),
    Dress("phone-arabic", is_phone=True, language="ar"),
    Dress("desktop-hindi", language="hi"),
    Dress("phone-gujarati-dark", is_phone=True, is_dark=True, language="gu"),
    Dress("phone-pseudo", is_phone=True, language="pseudo"),
]


def talk_with(username: str) -> Prepare:
    async def prepare(page: Page) -> None:
        await page.locator("[data-row]").filter(has_text=FRIENDS.get(username, username)).first.click()
        await page.locator("textarea, .conversation").first.wait_for()

    return prepare


async def come_to_something_new(page: Page) -> None:
    async with await Client.sign_in(origin_of(page), "ada", PASSWORD) as ada:
        for text in ("Ask away", "I'm here all evening", "By the way, lunch tomorrow?"):
            await ada.send(ME, text)
    await page.wait_for_timeout(SETTLED_MS)
    await talk_with("ada")(page)


async def open_notes(page: Page) -> None:
    await page.locator("[data-row]").filter(has=page.locator("svg")).first.wait_for()
    rows = page.locator("[data-row]").filter(has=page.locator("use[href$='bookmark-fill']"))
    await rows.first.click()
    await page.locator("textarea").wait_for()


async def pick_emoji(page: Page) -> None:
    await open_notes(page)
    await page.locator("[data-emoji-button] button").click()
    await page.locator("[role=dialog] .grid").first.wait_for()


async def write_long(page: Page) -> None:
    await talk_with("grandma")(page)
    await page.locator("textarea").fill("Dear Grandma,\n" + "this letter became rather long. " * 290)


async def open_menu(page: Page) -> None:
    await talk_with("ada")(page)
    await page.locator("[aria-haspopup=menu]").click()


async def show_keys(page: Page) -> None:
    await page.locator("body").press("?")


async def search_nobody(page: Page) -> None:
    await page.locator("[role=search] input").fill("zzz")


async def go_offline(page: Page) -> None:
    await talk_with("grandma")(page)
    await page.wait_for_timeout(SETTLED_MS)
    await page.context.set_offline(True)
    await page.locator("textarea").fill("I am in the tunnel, back soon")
    await page.locator("button[type=submit]").click()


async def be_refused(page: Page) -> None:
    """Write to somebody who has just ended the friendship."""
    await talk_with("sam")(page)
    await page.context.set_offline(True)
    await page.locator("textarea").fill("See you tonight?")
    await page.locator("button[type=submit]").click()
    async with await Client.sign_in(origin_of(page), "sam", PASSWORD) as sam:
        if any(friend.profile.user.username == ME for friend in sam.replica.users.friends.values()):
            await sam.remove(ME)
    await page.context.set_offline(False)
    await page.locator("[role=alert] button").first.wait_for()


def origin_of(page: Page) -> str:
    return "/".join(page.url.split("/")[:3])


async def sign_in_wrongly(page: Page) -> None:
    await page.locator("input[autocomplete~=username]").fill(ME)
    await page.locator("input[type=password]").fill("not the right one")
    await page.keyboard.press("Enter")
    await page.locator("[role=alert]").first.wait_for()


async def register_emptily(page: Page) -> None:
    await page.locator("form button[type=submit]").click()


VISITOR = [
    Shot("sign-in", "/sign-in"),
    Shot("sign-in-wrong", "/sign-in", sign_in_wrongly),
    Shot("register", "/register"),
    Shot("register-faults", "/register", register_emptily),
    Shot("reset", "/reset#" + "x" * 32),
    Shot("reset-cut-short", "/reset"),
]
FULL = [
    Shot("list"),
    Shot("list-search-nobody", prepare=search_nobody),
    Shot("conversation", prepare=talk_with("grandma")),
    Shot("conversation-unread", prepare=come_to_something_new),
    Shot("conversation-menu", prepare=open_menu),
    Shot("conversation-arabic", prepare=talk_with("layla")),
    Shot("conversation-long", prepare=talk_with("sam")),
    Shot("conversation-closed", prepare=talk_with("colleague")),
    Shot("conversation-empty", prepare=talk_with("empty")),
    Shot("conversation-counter", prepare=write_long),
    Shot("notes", prepare=open_notes),
    Shot("notes-emoji", prepare=pick_emoji),
    Shot("shortcuts", prepare=show_keys),
    Shot("conversation-missing", "/c/" + "0" * 32),
    Shot("friends", "/friends"),
    Shot("friends-requests", "/friends/requests"),
    Shot("friends-blocked", "/friends/blocked"),
    Shot("friends-add", "/friends/add"),
    Shot("friend-link", "/add/theo"),
    Shot("friend-profile", "/u/3"),
    Shot("you", "/you"),
    Shot("profile", "/you/profile"),
    Shot("devices", "/you/devices"),
    Shot("security", "/you/security"),
    Shot("appearance", "/you/appearance"),
    Shot("not-found", "/nowhere"),
    Shot("conversation-newer-format", prepare=talk_with("maximilian")),
    Shot("offline", prepare=go_offline),
]
# Ends a friendship for good, so it comes after all others, in the first dress only.
LAST = [Shot("conversation-refused", prepare=be_refused)]
EMPTY = [Shot("first-list"), Shot("first-friends", "/friends"), Shot("first-requests", "/friends/requests")]


class Album:
    """Takes the pictures of one dress."""

    def __init__(self, browser: Browser, url: str, dress: Dress, folder: Path, pages: str) -> None:
        self._browser, self._url, self._dress, self._pages = browser, url, dress, pages
        self._folder = folder / dress.name
        self._folder.mkdir(parents=True, exist_ok=True)

    async def take_all(self) -> None:
        await self._take(VISITOR, None)
        await self._take(FULL, ME)
        await self._take(EMPTY, "newcomer")
        print(self._folder)

    async def take_last(self) -> None:
        await self._take(LAST, ME)

    async def _take(self, shots: list[Shot], username: str | None) -> None:
        shots = [shot for shot in shots if self._pages in shot.name]
        if not shots:
            return
        dress = self._dress
        looks = (PHONE if dress.is_phone else DESKTOP) | {
            "locale": "en-GB",
            "timezone_id": "Asia/Kolkata",
            "color_scheme": "dark" if dress.is_dark else "light",
            "reduced_motion": "reduce",
        }
        context = await self._browser.new_context(**looks)
        page = await context.new_page()
        if username is not None:
            await self._sign_in(page, username)
        for shot in shots:
            await self._shoot(page, shot)
            await context.set_offline(False)
        await context.close()

    async def _sign_in(self, page: Page, username: str) -> None:
        await page.goto(self._address("/sign-in"))
        await page.locator("input[autocomplete~=username]").fill(username)
        await page.locator("input[type=password]").fill(PASSWORD)
        await page.keyboard.press("Enter")
        await page.locator("[data-row]").first.wait_for()
        await page.wait_for_timeout(1000)

    async def _shoot(self, page: Page, shot: Shot) -> None:
        try:
            await page.goto(self._address(shot.path))
            await page.locator("h1, h2").first.wait_for(state="attached")
            if shot.prepare is not None:
                await shot.prepare(page)
            await page.wait_for_timeout(SETTLED_MS)
        except Exception as error:  # one page that does not come is no reason to have none of the others
            print(f"{self._dress.name}/{shot.name}: {str(error).splitlines()[0]}")
        await page.screenshot(path=self._folder / f"{shot.name}.png")

    def _address(self, path: str) -> str:
        before, mark, fragment = path.partition("#")
        return f"{self._url}{before}?locale={self._dress.language}{mark}{fragment}"


async def make_album(folder: Path, dresses: list[Dress], pages: str) -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as data:
        with serve(Path(data) / "data", "--insecure-test-kdf", "--limit-scale", "1000") as served:
            await fill(served.url, Path(data) / "data" / "hearth.db")
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=chromium, args=QUIET)
                albums = [Album(browser, served.url, dress, folder, pages) for dress in dresses]
                for album in albums:
                    await album.take_all()
                await albums[0].take_last()
                await browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/screenshots", description=__doc__)
    parser.add_argument("--only", default="", help="dresses whose name contains this")
    parser.add_argument("--page", default="", help="pages whose name contains this")
    parser.add_argument("--into", type=Path, default=Path("screenshots"))
    options = parser.parse_args()
    dresses = [dress for dress in DRESSES if options.only in dress.name]
    asyncio.run(make_album(options.into, dresses, options.page))


if __name__ == "__main__":
    main()
