"""Pictures of every page, in every dress: phone and desktop, light and dark, four languages and the long one.

scripts/screenshots [--only TEXT] [--page TEXT] [--into DIR]
"""

import argparse
import asyncio
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright, expect

from tests.e2e.album_cast import ME, fill
from tests.e2e.pages import LAST, VISITS, Shot
from tests.e2e.person import PHONE
from tests.e2e.ways import SETTLED_MS
from tests.scenarios.cast import PASSWORD
from tests.served import serve

QUIET = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-quic"]
PHONE_LOOKS = PHONE | {"viewport": {"width": 390, "height": 844}}
TABLET_LOOKS = PHONE | {"viewport": {"width": 820, "height": 1180}, "device_scale_factor": 1}
DESKTOP_LOOKS: dict[str, object] = {"viewport": {"width": 1440, "height": 900}}


@dataclass(frozen=True)
class Dress:
    name: str
    is_dark: bool = False
    language: str = "en"

    @property
    def looks(self) -> Mapping[str, object]:
        if self.name.startswith("tablet"):
            return TABLET_LOOKS
        return PHONE_LOOKS if self.name.startswith("phone") else DESKTOP_LOOKS


DRESSES = [
    Dress("desktop-light"),
    Dress("desktop-dark", is_dark=True),
    Dress("phone-light"),
    Dress("phone-dark", is_dark=True),
    Dress("tablet-light"),
    Dress("tablet-dark-arabic", is_dark=True, language="ar"),
    Dress("desktop-arabic", language="ar"),
    Dress("phone-arabic", language="ar"),
    Dress("desktop-hindi", language="hi"),
    Dress("phone-gujarati-dark", is_dark=True, language="gu"),
    Dress("phone-pseudo", language="pseudo"),
]


class Album:
    """Takes the pictures of one dress."""

    def __init__(self, browser: Browser, url: str, dress: Dress, folder: Path, pages: str) -> None:
        self._browser, self._url, self._dress, self._pages = browser, url, dress, pages
        self._folder = folder / dress.name
        self._folder.mkdir(parents=True, exist_ok=True)

    async def take_all(self) -> None:
        for username, shots in VISITS:
            await self._take(shots, username)
        print(self._folder)

    async def take_last(self) -> None:
        await self._take(LAST, ME)

    async def _take(self, shots: list[Shot], username: str | None) -> None:
        shots = [shot for shot in shots if self._pages in shot.name]
        if not shots:
            return
        dress = self._dress
        looks: dict[str, Any] = {
            **dress.looks,
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
            await expect(page.locator(".opening")).to_have_count(
                0
            )  # a sealed message is a bar until the device has opened it
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
            await fill(served, Path(data) / "data" / "hearth.db")
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
