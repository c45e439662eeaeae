"""Alice at a browser that dies: opens her conversation with bob, writes, is cut off, and comes back."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import CDPSession, Page, Playwright, expect

from tests.e2e.kills.browser import MortalBrowser
from tests.e2e.kills.gate import Gate

PATIENCE = 180_000
"""Milliseconds: a machine with much else to do now and then takes more than a minute to open a page."""
POINTS = (Path(__file__).parent / "points.js").read_text(encoding="utf-8")
SECONDS = PATIENCE / 1000
WAITING = "Waiting to be sent"
LOOK = """JSON.stringify({
  field: document.querySelector("textarea")?.value ?? "",
  messages: [...document.querySelectorAll("[role=region] li[data-key]")].map((row) => ({
    text: row.querySelector(".text")?.textContent ?? "",
    mark: row.querySelector(".meta [title]")?.title ?? "",
  })),
})"""
READ_OWN = """([store, key]) => new Promise((resolve, reject) => {
  indexedDB.databases().then((all) => {
    const names = all.map(({ name }) => name);
    const opening = indexedDB.open(names.find((name) => name.startsWith("hearth-own-")));
    opening.onerror = reject;
    opening.onsuccess = () => {
      const asked = opening.result.transaction(store).objectStore(store);
      const asking = key === null ? asked.count() : asked.get(key);
      asking.onsuccess = () => {
        opening.result.close();
        resolve(asking.result ?? null);
      };
    };
  });
})"""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the page shows: the field, and of each message its text and how far it says it has come."""

    field: str
    messages: tuple[tuple[str, str], ...]

    def marks_of(self, text: str) -> list[str]:
        return [mark for said, mark in self.messages if said == text]


class Writer:
    """A page of a mortal browser, behind a gate."""

    def __init__(self, playwright: Playwright, profile: Path, gate: Gate) -> None:
        self.browser = MortalBrowser(playwright, profile)
        self.url = f"http://127.0.0.1:{gate.port}"
        self.conversation = ""
        self.page: Page
        self._devtools: CDPSession
        self._paused: asyncio.Future[dict[str, Any]]

    async def open(self) -> None:
        """Start the browser and load the conversation, from what it has kept if the gate is shut."""
        self.page = await self.browser.start()
        self._devtools = await self.browser.context.new_cdp_session(self.page)
        self._paused = asyncio.get_running_loop().create_future()
        self._devtools.on("Debugger.paused", self._note_pause)
        await self._devtools.send("Debugger.enable")
        self.page.set_default_timeout(PATIENCE)
        await self.page.add_init_script(POINTS)
        path = f"/c/{self.conversation}" if self.conversation else "/register"
        await self.page.goto(self.url + path, wait_until="commit")

    def _note_pause(self, event: dict[str, Any]) -> None:
        if not self._paused.done():
            self._paused.set_result(event)

    @asynccontextmanager
    async def in_time(self, what: str) -> AsyncIterator[None]:
        """Wait for what the page comes to, SECONDS at most. Raises TimeoutError that says what it was."""
        try:
            async with asyncio.timeout(SECONDS):
                yield
        except TimeoutError:
            state = "stands still" if self._paused.done() else "runs"
            raise TimeoutError(f"never {what}, in {SECONDS:.0f} s; the page {state}") from None

    async def stop_at(self, point: str) -> None:
        await self.page.evaluate("(point) => { globalThis.hearthStop = point }", point)

    async def is_stopped(self, point: str) -> None:
        """Wait until the page stands at the point it was told."""
        async with self.in_time(f"comes to {point!r}"):
            await asyncio.shield(self._paused)

    async def look(self) -> Seen:
        """What is on screen now, also when the page stands still."""
        if self._paused.done():
            frame = self._paused.result()["callFrames"][0]["callFrameId"]
            asked = {"callFrameId": frame, "expression": LOOK, "returnByValue": True}
            found = (await self._devtools.send("Debugger.evaluateOnCallFrame", asked))["result"]["value"]
        else:
            found = await self.page.evaluate(LOOK)
        said = json.loads(found)
        return Seen(said["field"], tuple((one["text"], one["mark"]) for one in said["messages"]))

    async def types(self, text: str) -> None:
        await self.page.locator("textarea").fill(text)

    async def keeps_draft(self, text: str) -> None:
        """Wait until what was typed is in the browser's storage."""
        async with self.in_time("keeps a draft"):
            while (await self._read_own("drafts", self.conversation) or {}).get("text") != text:  # noqa: ASYNC110 - in the page
                await asyncio.sleep(0.05)

    async def has_nothing_to_send(self) -> None:
        """Wait until the outbox is empty: what is shown as sent leaves it a moment later."""
        async with self.in_time("has nothing to send"):
            while await self._read_own("outbox", None):  # noqa: ASYNC110 - in the page
                await asyncio.sleep(0.03)

    async def _read_own(self, store: str, key: str | None) -> Any:
        """A row of the browser's storage, or without a key the number of rows."""
        return await self.page.evaluate(READ_OWN, [store, key])

    async def sends(self) -> None:
        """Press the keys that send on every device. Does not end while the page stands still."""
        await self.page.locator("textarea").press("Control+Enter")

    async def sees_earlier(self, text: str) -> None:
        """Wait until the conversation is on screen: it shows a message from before."""
        exactly = re.compile(rf"^\s*{re.escape(text)}\s*$")
        row = self.page.locator("li[data-key] .text").filter(has_text=exactly)
        await expect(row.first).to_be_visible(timeout=PATIENCE)

    async def is_back_online(self) -> None:
        """The network is back, and the browser says so."""
        await self.page.evaluate("dispatchEvent(new Event('online'))")

    async def sees_sent(self, text: str) -> Seen:
        """Wait until the message is there and does not wait any more."""
        async with self.in_time("shows it as sent"):
            while not (marks := (await self.look()).marks_of(text)) or WAITING in marks:  # noqa: ASYNC110 - in the page
                await asyncio.sleep(0.03)
        return await self.look()
