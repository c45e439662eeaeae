"""A new browser and a long sealed history: how long from the password to the newest page, and to all of it.

Argon2 is that of real accounts. Meanwhile the page counts its frames and its long tasks.
"""

import asyncio
import statistics
import tempfile
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

from bench.client.priority import first
from bench.client.stage import CHROMIUM, PASSWORD
from bench.client.tracing import trace
from hearth.client.derive import choose_parameters, derive_keys
from tests.clients.node import converse
from tests.clients.test_account_flows import Asked, Person
from tests.served import Served, serve

NEWEST_MS = 3_000
OLDER_MS = 5_000
FRAME_MS = 50
PATIENCE = 300_000
Figures = dict[str, Any]
WATCH = """() => {
  const [gaps, tasks] = [[], []];
  let last = performance.now();
  const look = (now) => {
    gaps.push(now - last);
    last = now;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  const note = (list) => tasks.push(...list.getEntries().map((one) => one.duration));
  new PerformanceObserver(note).observe({ type: "longtask" });
  window.hearthSeen = () => [gaps.splice(0), tasks.splice(0)];
}"""
"""Milliseconds between frames, and of tasks of the main thread over 50 ms, since it was asked last."""
SHOWN = (
    "text => document.querySelector('[role=region] li[data-key]:last-of-type')?.textContent.includes(text)"
)
COUNT = """(user) => new Promise((resolve, reject) => {
  const opening = indexedDB.open(`hearth-${user}`);
  opening.onerror = reject;
  opening.onsuccess = () => {
    const entries = opening.result.transaction("entries").objectStore("entries");
    const all = entries.count();
    const waiting = entries.index("[conversation+waits]").count();
    entries.transaction.oncomplete = () => {
      opening.result.close();
      resolve([all.result, waiting.result]);
    };
  };
})"""


def register(served: Served) -> Person:
    """Register somebody as a real account is, by the password that the browser will be given."""
    kdf = choose_parameters()
    keys = derive_keys(PASSWORD, kdf)
    said = {
        "salt": b64encode(kdf.salt).decode(),
        "memory": kdf.memory,
        "iterations": kdf.iterations,
        "parallelism": 1,
    }
    account = {
        "username": "reader",
        "display_name": "Reader",
        "auth_key": b64encode(keys.auth_key).decode(),
        "kdf": said,
    }
    answer = Asked(served.url)("register", **account, device_name="Old", session="bearer")
    server = Asked(served.url, answer["token"])("sync.open")["server_id"]
    user, device = answer["user"]["id"], answer["device"]["id"]
    return Person(server, user, "reader", device, answer["token"], keys.auth_key.hex(), keys.kek.hex(), "")


@dataclass(frozen=True)
class Wish:
    """What is to be measured: with how many messages, how often."""

    messages: int
    rounds: int
    goes_first: bool = False


def measure_new_device(wish: Wish) -> Figures:
    return asyncio.run(_measure(wish))


async def _measure(wish: Wish) -> Figures:
    """Write the history once; each round is another browser with an empty profile, the last one traced."""
    with (
        tempfile.TemporaryDirectory(prefix="hearth-bench-") as name,
        serve(Path(name) / "data", "--limit-scale", "1000") as served,
    ):
        reader = register(served)
        async with converse(
            "conversations.mjs", {"url": served.url, "people": {"reader": asdict(reader)}}
        ) as ask:
            await ask(step="setUp", who="reader")
            conversation = await ask(step="writeNotes", who="reader", count=wish.messages)
        visit = Visit(served.url, conversation, wish.messages, reader.user)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            with first(wish.goes_first):
                runs = [await visit.sign_in(browser) for _ in range(wish.rounds)]
                dearest = await visit.weigh(browser)
            await browser.close()
    return {"messages": wish.messages, "runs": runs, "dearest_task": dearest} | summarize(runs)


def summarize(runs: list[Figures]) -> Figures:
    """Return the medians."""
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


@dataclass(frozen=True)
class Visit:
    """A browser's first visit, to the conversation with all the messages."""

    url: str
    conversation: str
    messages: int
    user: int

    async def sign_in(self, browser: Browser) -> Figures:
        page = await browser.new_page()
        figures = await self._enter(page)
        await page.context.close()
        return figures

    async def weigh(self, browser: Browser) -> Figures:
        """Return the dearest task of the main thread by its own processor time, and what it went to."""
        page = await browser.new_page()
        async with trace(await page.context.new_cdp_session(page)) as traced:
            await self._enter(page)
        await page.context.close()
        dearest = traced.tasks[-1]
        causes = {cause: round(cost, 1) for cause, cost in dearest.causes.items() if cost >= 1}
        return {"ms": round(dearest.cost, 1), "of": causes}

    async def _enter(self, page: Page) -> Figures:
        """From the press on "Sign in", at the address of the conversation."""
        page.set_default_timeout(PATIENCE)
        await page.goto(f"{self.url}/c/{self.conversation}")
        await page.get_by_label("Username").fill("reader")
        await page.get_by_label("Password", exact=True).fill(PASSWORD)
        await page.evaluate(WATCH)
        now = asyncio.get_running_loop().time
        begun = now()
        await page.get_by_role("button", name="Sign in").click()
        if "/c/" not in page.url:
            await page.locator("[data-row]").filter(has_text="Notes").click()
        await page.wait_for_function(SHOWN, arg=f"Note {self.messages} of")
        newest = now() - begun
        opening = await page.evaluate("hearthSeen()")
        while True:
            count, waiting = await page.evaluate(COUNT, self.user)
            if count >= self.messages and waiting == 0:
                break
            await asyncio.sleep(0.1)
        older = now() - begun - newest
        reading = await page.evaluate("hearthSeen()")
        return {
            "newest_page_ms": round(newest * 1000),
            "older_ms": round(older * 1000),
            **{f"{name}_until_newest": figure for name, figure in count_frames(*opening).items()},
            **{f"{name}_meanwhile": figure for name, figure in count_frames(*reading).items()},
        }


def count_frames(gaps: list[float], tasks: list[float]) -> Figures:
    return {
        "frames_over_50_ms": sum(gap > FRAME_MS for gap in gaps),
        "longest_frame_ms": round(max(gaps, default=0), 1),
        "longest_task_ms": round(max(tasks, default=0), 1),
    }


def list_misses(figures: Figures) -> Iterator[str]:
    """Yield a sentence for each bar that is missed in the median round; none when all is met."""
    if figures["newest_page_ms"] > NEWEST_MS:
        yield f"the newest page takes {figures['newest_page_ms']:g} ms, to be at most {NEWEST_MS}"
    if figures["older_ms"] > OLDER_MS:
        yield f"all older messages take {figures['older_ms']:g} ms more, to be at most {OLDER_MS}"
    over = figures["frames_over_50_ms_meanwhile"]
    if over:
        longest = figures["longest_frame_ms_meanwhile"]
        yield f"{over:g} frames over {FRAME_MS} ms while older messages come, the longest {longest} ms"


def print_new_device(figures: Figures) -> None:
    print(f"\nA new browser and {figures['messages']:,} sealed messages, each round and the median:")
    names = {
        "newest_page_ms": f"ms until the newest page (bar {NEWEST_MS})",
        "older_ms": f"ms more until all is open (bar {OLDER_MS})",
        "frames_over_50_ms_meanwhile": "frames over 50 ms meanwhile (bar 0)",
        "longest_frame_ms_meanwhile": "longest frame meanwhile, ms",
        "longest_task_ms_meanwhile": "longest task over 50 ms meanwhile, ms",
        "longest_frame_ms_until_newest": "longest frame until the newest page, ms",
        "longest_task_ms_until_newest": "longest task over 50 ms until then, ms",
    }
    for key, name in names.items():
        each = " ".join(f"{run[key]:g}" for run in figures["runs"])
        print(f"  {name:42} {figures[key]:9,g}   ({each})")
    causes = ", ".join(f"{cause} {cost}" for cause, cost in figures["dearest_task"]["of"].items())
    print(f"  {'dearest task by processor time, ms':42} {figures['dearest_task']['ms']:9,g}   ({causes})")
    misses = list(list_misses(figures))
    print("\n" + ("\n".join(f"  missed: {miss}" for miss in misses) if misses else "  every bar is met"))
