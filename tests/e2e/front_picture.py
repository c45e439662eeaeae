"""The README's picture: two people talking, on a desktop and on a phone. Run after the looks changed:

.venv/bin/python -m tests.e2e.front_picture
"""

import asyncio
import base64
import shutil
import sqlite3
import tempfile
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

from hearth.client import Client
from tests.e2e.album import QUIET
from tests.e2e.album_cast import is_asked_by, wait_for
from tests.e2e.person import PHONE, Person
from tests.e2e.ways import PICTURE, SETTLED_MS
from tests.scenarios.cast import PASSWORD
from tests.served import Served, serve

ME, OTHER = "mira", "jonas"
NAMES = {
    ME: "Mira Patel",
    "rose": "Grandma Rose 🌷",
    "layla": "ليلى حسن",
    "rohan": "रोहन शर्मा",
    "tom": "Tom & Ella",
    "ayesha": "Ayesha Rahman",
    OTHER: "Jonas Lindqvist",
}
# Who wrote to whom, how many minutes ago, and what.
TALK = [
    (ME, "Notes", 300, "Passport number is in the blue folder"),
    (ME, "rose", 190, "I come by on Saturday, around eleven"),
    ("layla", ME, 150, "نعم، شكرا جزيلا 🙏"),
    ("rohan", ME, 95, "ठीक है, मिलते हैं"),
    ("tom", ME, 61, "We are at the lake until Thursday"),
    ("ayesha", ME, 44, "The plums are ripe"),
    ("ayesha", ME, 43, "Shall I bring them on Saturday?"),
    (ME, OTHER, 32, "Morning! Did the little server survive the power cut?"),
    (OTHER, ME, 30, "Came back by itself before the coffee was ready ☕"),
    (OTHER, ME, 30, "And every message you sent meanwhile was there, in order."),
    (ME, OTHER, 21, "That is what I like about it.\nNothing to babysit."),
    (ME, OTHER, 20, "My sister joined from her phone last night. Username, password, done: https://hearth.example/add/mira"),
    (OTHER, ME, 9, "Then the whole family is here now 🔥"),
    (ME, OTHER, 8, "🎉"),
    (OTHER, ME, 2, "See you on Saturday"),
]  # fmt: skip
DESKTOP_LOOKS: dict[str, Any] = {"viewport": {"width": 1180, "height": 776}}
PHONE_LOOKS: dict[str, Any] = PHONE | {"viewport": {"width": 390, "height": 812}, "color_scheme": "dark"}
FRAME = """
<style>
  body {{ margin: 0; width: 1480px; height: 800px; position: relative; overflow: hidden;
         background: linear-gradient(160deg, #f7e4da, #f0d5c4); }}
  img {{ position: absolute; display: block; }}
  .desktop {{ left: 44px; top: 50px; width: 1062px; border-radius: 14px;
             box-shadow: 0 24px 60px rgb(74 48 30 / 28%); }}
  .phone {{ left: 1118px; top: 64px; width: 312px; border: 9px solid #17110e; border-radius: 36px;
           box-shadow: 0 24px 60px rgb(74 48 30 / 38%); }}
</style>
<img class="desktop" src="data:image/png;base64,{desktop}">
<img class="phone" src="data:image/png;base64,{phone}">
"""


async def make_picture(into: Path) -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    async with AsyncExitStack() as stack:
        data = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "data"
        served = stack.enter_context(serve(data, "--insecure-test-kdf", "--limit-scale", "1000"))
        await fill(served, data / "hearth.db", stack)
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=chromium, args=QUIET)
        mira = await stack.enter_async_context(open_browser(browser, served, ME, DESKTOP_LOOKS))
        jonas = await stack.enter_async_context(open_browser(browser, served, OTHER, PHONE_LOOKS))
        for person, other in ((mira, OTHER), (jonas, ME)):
            await person.signs_in()
            await person.converses_with(NAMES[other])
        await mira.page.mouse.move(700, 400)
        shots = {"desktop": await take(mira.page), "phone": await take(jonas.page)}
        await draw(browser, shots, into)
        await browser.close()


def open_browser(browser: Browser, served: Served, username: str, looks: dict[str, Any]) -> Person:
    always = {"device_scale_factor": 2, "timezone_id": "Asia/Kolkata", "reduced_motion": "reduce"}
    return Person(browser, served.url, username, **looks | always)


async def fill(served: Served, database: Path, stack: AsyncExitStack) -> None:
    """Register everybody, make friends of them and let them talk. They stay connected: seen online."""
    people: dict[str, Client] = {}
    for username, name in NAMES.items():
        client = await Client.register(served.url, username, PASSWORD, display_name=name, device_name="Home")
        people[username] = await stack.enter_async_context(client)
    me = people[ME]
    for username, client in people.items():
        if username != ME:
            await client.request(ME)
            await wait_for(lambda username=username: is_asked_by(me, username))
            await me.accept(username)
    await converse(people, database)


async def converse(people: dict[str, Client], database: Path) -> None:
    moments = []
    for author, reader, minutes, text in TALK:
        await people[author].send(reader, text)
        moments.append(datetime.now(UTC) - timedelta(minutes=minutes))
    with sqlite3.connect(database) as connection:
        rows = connection.execute(
            "SELECT conversation_id, seq FROM message ORDER BY timestamp, seq"
        ).fetchall()
        for moment, row in zip(moments, rows, strict=True):
            connection.execute(
                "UPDATE message SET timestamp = ? WHERE conversation_id = ? AND seq = ?",
                (f"{moment:%Y-%m-%d %H:%M:%S}.000000", *row),
            )
    connection.close()


async def take(page: Page) -> str:
    await page.wait_for_timeout(SETTLED_MS)
    return base64.b64encode(await page.screenshot()).decode()


async def draw(browser: Browser, shots: dict[str, str], into: Path) -> None:
    context = await browser.new_context(viewport={"width": 1480, "height": 800}, device_scale_factor=1)
    page = await context.new_page()
    await page.set_content(FRAME.format(**shots))
    await page.wait_for_timeout(SETTLED_MS)
    await page.screenshot(path=into)


if __name__ == "__main__":
    asyncio.run(make_picture(PICTURE))
