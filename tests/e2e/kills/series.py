"""A series of kills on one profile and one server, and what bob and the database say at its end."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import Error, async_playwright, expect
from sqlalchemy import select

from hearth.client import Client
from hearth.conversations.tables import CONVERSATION
from hearth.db.engine import Database
from hearth.messages.tables import MESSAGE
from tests.e2e.kills.gate import Gate, open_gate
from tests.e2e.kills.run import Run
from tests.e2e.kills.writer import PATIENCE, SECONDS, Writer
from tests.faults.rig.patience import wait_until
from tests.scenarios.cast import PASSWORD
from tests.served import serve

EARLIER = "Tell me everything"


@dataclass
class Series:
    """What is played on, and what came of it. `texts` are all that alice wrote, in order."""

    writer: Writer
    gate: Gate
    bob: Client
    database: Database
    texts: list[str] = field(default_factory=list)
    heard: list[tuple[int, str]] = field(default_factory=list)
    """Place and text of what bob was told: he alone can read it besides her."""
    wrongs: list[str] = field(default_factory=list)

    async def play(self, step: str, number: int) -> None:
        """One kill. A run that does not come to its end counts as a wrong, and the next begins afresh."""
        earlier = self.texts[-1] if self.texts else EARLIER
        run = Run(self.writer, self.gate, self.count, earlier)
        text = f"{step} {number}"
        try:
            await run.play(step, text, number)
            self.texts.append(text)
        except (TimeoutError, AssertionError, Error) as error:
            run.wrongs.append(f"{text}: did not come to its end: {error!r}")
            self.writer.browser.end()
            self.gate.unshut()
            self.gate.arm(None)
            await self.writer.open()
            await self.writer.sees_earlier(earlier)
            await self.writer.has_nothing_to_send()
            if await self.count(text):
                self.texts.append(text)
        self.wrongs.extend(run.wrongs)

    async def count(self, text: str) -> int:
        """How often the text is stored."""
        return [said for said, _ in await self._read_rows()].count(text)

    async def judge(self) -> list[str]:
        """Everything that is wrong, after the last kill."""
        rows = await self._read_rows()
        heard = [text for _, text in self.heard]
        if heard != self.texts:
            self.wrongs.append(f"bob heard {len(heard)} of {len(self.texts)}: {differ(self.texts, heard)}")
        if [text for text, _ in rows] != self.texts:
            self.wrongs.append(
                f"stored otherwise than written: {differ(self.texts, [text for text, _ in rows])}"
            )
        if (counters := [counter for _, counter in rows]) != list(range(1, len(rows) + 1)):
            self.wrongs.append(f"counters have gaps or repeat: {counters}")
        return self.wrongs

    async def _read_rows(self) -> list[tuple[str, int]]:
        """Text and counter of alice's messages in the order of the log, once bob was told of all of them."""
        query = (
            select(MESSAGE.c.seq, MESSAGE.c.counter)
            .join(CONVERSATION, CONVERSATION.c.id == MESSAGE.c.conversation_id)
            .where(MESSAGE.c.from_user != self.bob.user_id, MESSAGE.c.kind == 1)
            .order_by(MESSAGE.c.seq)
        )
        async with self.database.transaction("read") as transaction:
            rows = [(seq, counter) for seq, counter in await transaction.execute(query)]
        with contextlib.suppress(TimeoutError):
            await wait_until(lambda: {seq for seq, _ in rows} <= dict(self.heard).keys(), SECONDS)
        return [(dict(self.heard).get(seq, "never told"), counter) for seq, counter in rows]

    async def listen(self) -> None:
        async for message in self.bob.messages():
            self.heard.append((message.seq, message.text or ""))


def differ(expected: list[str], found: list[str]) -> str:
    """What is missing, and what is there more than once or out of turn."""
    missing = [text for text in expected if text not in found]
    doubled = sorted({text for text in found if found.count(text) > 1})
    return f"missing {missing}, doubled {doubled}" if missing or doubled else "in another order"


async def prepare(writer: Writer, bob: Client) -> None:
    """Alice registers, befriends bob and has the conversation here; then the browser ends as it should."""
    await writer.open()
    page = writer.page
    await page.get_by_label("Username").fill("alice")
    await page.get_by_label("Display name").fill("Alice")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_label("Password again").fill(PASSWORD)
    await page.get_by_role("button", name="Create account").click()
    await expect(page.locator("[data-row]")).to_have_count(1, timeout=PATIENCE)
    await bob.request("alice")
    await page.goto(f"{writer.url}/friends/requests")
    accept = page.get_by_role("button", name="Accept Bob")
    await accept.click()
    await expect(accept).to_have_count(0, timeout=PATIENCE)
    await page.goto(writer.url)
    await page.locator("[data-row]").filter(has_text="Bob").click()
    await bob.send("alice", EARLIER)
    await writer.sees_earlier(EARLIER)
    await page.wait_for_function("navigator.serviceWorker.ready.then(() => true)")
    writer.conversation = page.url.rsplit("/", 1)[1]
    await writer.browser.close()


@asynccontextmanager
async def open_series(folder: Path) -> AsyncIterator[Series]:
    """A server, bob who listens by a program, and alice's browser, open at her conversation with him."""
    profile = folder / "profile"
    profile.mkdir(parents=True)
    with serve(folder / "data", "--insecure-test-kdf", "--limit-scale", "1000") as served:
        port = int(served.url.rsplit(":", 1)[1].strip("/"))
        database = Database(f"sqlite+aiosqlite:///{(folder / 'data' / 'hearth.db').as_posix()}")
        await database.start()
        async with async_playwright() as playwright, open_gate(port) as gate:
            bob = await Client.register(served.url, "bob", PASSWORD, display_name="Bob")
            writer = Writer(playwright, profile, gate)
            series = Series(writer, gate, bob, database)
            async with bob:
                listening = asyncio.create_task(series.listen())
                try:
                    await prepare(writer, bob)
                    await writer.open()
                    await writer.sees_earlier(EARLIER)
                    yield series
                finally:
                    listening.cancel()
                    writer.browser.end()
                    await database.stop()
