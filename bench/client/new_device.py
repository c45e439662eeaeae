"""A new browser and a long sealed history: how long from the password to the newest page, and to all of it.

`python -m bench.client.new_device [--messages 10000]` prints it. Argon2 is that of real accounts.
"""

import argparse
import asyncio
import json
import tempfile
from base64 import b64encode
from dataclasses import asdict
from pathlib import Path
from typing import Any

from playwright.async_api import Page, async_playwright

from bench.client.stage import CHROMIUM, PASSWORD
from hearth.client.derive import choose_parameters, derive_keys
from tests.clients.node import converse
from tests.clients.test_account_flows import Asked, Person
from tests.served import Served, serve

NEWEST_MS = 3_000
OLDER_MS = 5_000
FRAME_MS = 50
PATIENCE = 300_000
WATCH = """() => {
  const gaps = [];
  let last = performance.now();
  const look = (now) => {
    gaps.push(now - last);
    last = now;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  window.hearthGaps = () => gaps;
}"""
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


async def measure(messages: int) -> dict[str, Any]:
    with (
        tempfile.TemporaryDirectory(prefix="hearth-bench-") as name,
        serve(Path(name) / "data", "--limit-scale", "1000") as served,
    ):
        reader = register(served)
        async with converse(
            "conversations.mjs", {"url": served.url, "people": {"reader": asdict(reader)}}
        ) as ask:
            await ask(step="setUp", who="reader")
            conversation = await ask(step="writeNotes", who="reader", count=messages)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            page = await browser.new_page()
            page.set_default_timeout(PATIENCE)
            figures = await sign_in(page, served.url, conversation, messages, reader.user)
            await browser.close()
            return figures


async def sign_in(page: Page, url: str, conversation: str, messages: int, user: int) -> dict[str, Any]:
    """From the press on "Sign in", at the address of the conversation."""
    await page.goto(f"{url}/c/{conversation}")
    await page.get_by_label("Username").fill("reader")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    begun = asyncio.get_running_loop().time()
    await page.get_by_role("button", name="Sign in").click()
    if "/c/" not in page.url:
        await page.locator("[data-row]").filter(has_text="Notes").click()
    await page.wait_for_function(SHOWN, arg=f"Note {messages} of")
    newest = asyncio.get_running_loop().time() - begun
    await page.evaluate(WATCH)
    while True:
        count, waiting = await page.evaluate(COUNT, user)
        if count >= messages and waiting == 0:
            break
        await asyncio.sleep(0.1)
    older = asyncio.get_running_loop().time() - begun - newest
    gaps = await page.evaluate("hearthGaps()")
    over = [round(gap) for gap in gaps if gap > FRAME_MS]
    return {
        "messages": messages,
        "newest_page_ms": round(newest * 1000),
        "older_ms": round(older * 1000),
        "frames_over_50_ms": len(over),
        "longest_frame_ms": round(max(gaps)),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000)
    print(json.dumps(asyncio.run(measure(parser.parse_args().messages)), indent=2))
