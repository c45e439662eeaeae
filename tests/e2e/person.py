"""Somebody at a browser: what they do and see, in the words of the page.

Every fault of the page counts: uncaught errors and broken content security rules are kept in `faults`.
"""

import asyncio
import re
from copy import copy
from types import TracebackType

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Error, Locator, Page, expect

from tests.scenarios.cast import PASSWORD

PHONE = {
    "viewport": {"width": 390, "height": 780},
    "is_mobile": True,
    "has_touch": True,
    "device_scale_factor": 2,
}
DESKTOP = {"viewport": {"width": 1280, "height": 800}}
PATIENCE = 30_000  # Long enough where a page takes four times what it should: nobody waits who need not.
ASK = """async ([path, body]) => {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
  return await answer.json();
}"""
COUNT_UNOPENED = """async () => {
  const done = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  let count = 0;
  for (const { name } of await indexedDB.databases()) {
    if (!/^hearth-\\d+$/.test(name)) continue;
    const database = await done(indexedDB.open(name));
    if (database.objectStoreNames.contains("entries")) {
      count += await done(database.transaction("entries").objectStore("entries").index("fails").count());
    }
    database.close();
  }
  return count;
}"""
"""Entries of the local copy that could not be opened or checked: what the settings count."""


class Person:
    """One user in one browser of their own. Enter it with `async with`."""

    def __init__(self, browser: Browser, url: str, username: str, **looks: object) -> None:
        self.username = username
        self.name = username.title()
        self.faults: list[str] = []
        self.may_have_unopened = False
        """Somebody lies in this journey: what does not open is what it is about."""
        self._is_crashed = False
        self._browser = browser
        self._url = url
        self._looks = DESKTOP | {"locale": "en-GB"} | looks
        self.context: BrowserContext
        self.page: Page

    async def __aenter__(self) -> "Person":
        self.context = await self._browser.new_context(**self._looks)  # type: ignore[arg-type]  # looks of many kinds
        self.context.set_default_timeout(PATIENCE)
        self.page = await self._open_page()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        unopened = 0 if kind is not None or self.may_have_unopened else await self._count_unopened()
        await self.context.close()
        if kind is None:
            assert unopened == 0, f"{unopened} entries at {self.username}'s could not be opened"
            assert self.faults == [], "\n".join([f"{self.username}'s page had faults", *self.faults])

    async def _count_unopened(self) -> int:
        """Nothing can be counted where the page is gone, or never was at the server."""
        if self._is_crashed or self.page.is_closed() or not self.page.url.startswith(self._url):
            return 0
        count: int = await self.page.evaluate(COUNT_UNOPENED)
        return count

    def _note_error(self, error: Error) -> None:
        self.faults.append(f"{error.name}: {error.message}\n{error.stack}")

    def _note_crash(self, _: Page) -> None:
        self._is_crashed = True

    def _note_message(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text or "requires 'Trusted" in message.text:
            self.faults.append(message.text)

    async def _open_page(self) -> Page:
        page = await self.context.new_page()
        page.on("pageerror", self._note_error)
        page.on("crash", self._note_crash)
        page.on("console", self._note_message)
        return page

    async def opens_a_tab(self, path: str = "/") -> "Person":
        """The same person at another tab of the same browser, which keeps its faults with the first one's."""
        tab = copy(self)
        tab.page = await self._open_page()
        await tab.opens(path)
        await tab.sees_the_list()
        return tab

    @property
    def origin(self) -> str:
        """The address of the server, without a path."""
        return self._url

    async def opens(self, path: str = "/") -> None:
        await self.page.goto(self._url + path)

    async def registers(self, path: str = "/register") -> None:
        await self.tries_to_register(path)
        await self.sees_the_list()

    async def tries_to_register(self, path: str = "/register") -> None:
        await self.opens(path)
        page = self.page
        await page.get_by_label("Username").fill(self.username)
        await page.get_by_label("Display name").fill(self.name)
        await page.get_by_label("Password", exact=True).fill(PASSWORD)
        await page.get_by_label("Password again").fill(PASSWORD)
        await page.get_by_role("button", name="Create account").click()

    async def signs_in(self) -> None:
        await self.opens("/sign-in")
        await self.signs_in_here()
        await self.sees_the_list()

    async def signs_in_here(self, password: str = PASSWORD) -> None:
        """On the sign-in page that is open already."""
        await self.page.get_by_label("Username").fill(self.username)
        await self.page.get_by_label("Password", exact=True).fill(password)
        await self.page.get_by_role("button", name="Sign in").click()

    async def sees_the_list(self) -> None:
        await expect(self.row("Notes")).to_be_visible(timeout=PATIENCE)

    def row(self, name: str) -> Locator:
        """The row of a conversation in the list."""
        return self.page.locator("[data-row]").filter(has=self.page.get_by_text(name, exact=True))

    async def converses_with(self, name: str) -> None:
        await self.row(name).click()
        await expect(self.page.get_by_role("heading", name=name, level=1)).to_be_visible(timeout=PATIENCE)

    @property
    def presence(self) -> Locator:
        """What the open conversation says of the other one's being there."""
        return self.page.get_by_role("main").locator("header [data-presence]")

    @property
    def field(self) -> Locator:
        return self.page.locator("textarea")

    @property
    def messages(self) -> Locator:
        return self.page.get_by_role("region", name="Messages").locator("li[data-key]")

    def message(self, text: str) -> Locator:
        """The messages of the open conversation that say exactly this."""
        exactly = re.compile(rf"^\s*{re.escape(text)}\s*$")
        return self.messages.filter(has=self.page.locator(".text").filter(has_text=exactly))

    async def writes(self, text: str) -> None:
        await self.field.fill(text)
        await self.field.press("Enter")
        await expect(self.field).to_have_value("")

    async def sees(self, text: str, *, times: int = 1) -> None:
        await expect(self.message(text)).to_have_count(times, timeout=PATIENCE)

    async def sees_mark(self, text: str, mark: str) -> None:
        """Sees how far one's own message has come: a word of the ticks, e.g. "Read"."""
        await expect(self.message(text).get_by_title(mark, exact=True)).to_be_visible(timeout=PATIENCE)

    async def accepts(self, name: str) -> None:
        """Accepts a request, and waits until it has gone: a page that is left takes along what is unsent."""
        await self.opens("/friends/requests")
        button = self.page.get_by_role("button", name=f"Accept {name}")
        await button.click()
        await expect(button).to_have_count(0, timeout=PATIENCE)

    async def befriends(self, other: "Person") -> None:
        """Both ask for it as programs do, in journeys that show something else. Ends at both lists."""
        for one, asked in ((self, other), (other, self)):
            path, body = "/api/friend.request", {"username": asked.username}
            answer = await one.page.evaluate(ASK, [path, body])
            assert "code" not in answer, answer
        await self._has_conversation_with(other)

    async def asks_and_is_accepted(self, other: "Person") -> None:
        """Ask by username; the other accepts. Ends at both lists, when both have their conversation."""
        await self.opens("/friends/add")
        await self.page.get_by_label("Their username").fill(other.username)
        await self.page.get_by_role("button", name="Add friend").click()
        await other.accepts(self.name)
        await self._has_conversation_with(other)

    async def _has_conversation_with(self, other: "Person") -> None:
        await asyncio.gather(self._is_at_the_list(), other._is_at_the_list())
        await expect(self.row(other.name)).to_be_visible(timeout=PATIENCE)
        await expect(other.row(self.name)).to_be_visible(timeout=PATIENCE)

    async def _is_at_the_list(self) -> None:
        if self.page.url != f"{self._url}/":
            await self.opens()

    async def goes_offline(self, is_offline: bool = True) -> None:
        assert self._looks.get("service_workers") != "block", (
            "a journey without a network is marked `offline`"
        )
        await self.context.set_offline(is_offline)

    async def is_connected(self) -> None:
        """Wait until nothing is said to be wrong with the connection."""
        await expect(self.page.get_by_text("You are offline")).to_have_count(0, timeout=PATIENCE)
