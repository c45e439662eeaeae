"""Two friends with a long conversation on the shipped server, one at a browser that holds all of it."""

import asyncio
import json
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, CDPSession, Page, async_playwright

from bench import servers
from bench.conversation import write_messages
from hearth.client import Client

FOLDER = Path(__file__).parent
PASSWORD = "correct horse battery"
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
READY = 60_000


def read_script(name: str) -> str:
    return (FOLDER / f"{name}.js").read_text(encoding="utf-8")


@dataclass
class Stage:
    """The page of the reader, its debugger, and the friend at a program."""

    browser: Browser
    page: Page
    debugger: CDPSession
    friend: Client
    conversation: str
    goes_first: bool = False
    """Whether measurements go before everything else on the machine."""

    async def throttle(self, rate: int) -> None:
        """Make the page's processor so many times slower."""
        await self.debugger.send("Emulation.setCPUThrottlingRate", {"rate": rate})

    async def measure_memory(self) -> dict[str, float]:
        """DOM nodes and MiB of script heap, after garbage is collected."""
        await self.debugger.send("HeapProfiler.collectGarbage")
        metrics = (await self.debugger.send("Performance.getMetrics"))["metrics"]
        values = {metric["name"]: metric["value"] for metric in metrics}
        return {"nodes": values["Nodes"], "heap_mib": round(values["JSHeapUsedSize"] / 2**20, 1)}


def serve(folder: Path, port: int) -> AbstractContextManager[servers.Running]:
    command = [*servers.hearth_command(folder, port), "--insecure-test-kdf"]
    return servers.run_server(command, port, "/api/health")


async def make_friends(url: str) -> tuple[str, int, int]:
    """Register both and return their conversation and user ids."""
    reader = await Client.register(url, "reader", PASSWORD)
    friend = await Client.register(url, "friend", PASSWORD, file=None)
    async with reader, friend:
        await friend.request("reader")
        await reader.accept("friend")
        await reader.send("friend", "Hello")
        conversation = reader.find_conversation("friend").conversation.id
        return conversation, reader.user_id, friend.user_id


@asynccontextmanager
async def set_stage(messages: int, **looks: object) -> AsyncIterator[Stage]:
    """Make everything, import the history into the browser and show the list of conversations."""
    with tempfile.TemporaryDirectory(prefix="hearth-bench-") as name:
        folder = Path(name)
        port = servers.find_free_port()
        url = f"http://127.0.0.1:{port}"
        with serve(folder, port):
            conversation, reader, friend_id = await make_friends(url)
        write_messages(folder, conversation, reader, friend_id, messages)
        with serve(folder, port):
            async with (
                async_playwright() as playwright,
                await Client.sign_in(url, "friend", PASSWORD) as friend,
            ):
                browser = await playwright.chromium.launch(
                    executable_path=CHROMIUM, args=["--no-sandbox"], ignore_default_args=["--hide-scrollbars"]
                )
                page = await open_page(browser, url, **looks)
                await import_history(page, reader, conversation, messages)
                debugger = await page.context.new_cdp_session(page)
                await debugger.send("Performance.enable")
                yield Stage(browser, page, debugger, friend, conversation)
                await browser.close()


async def open_page(browser: Browser, url: str, **looks: object) -> Page:
    context = await browser.new_context(locale="en-GB", **looks)  # type: ignore[arg-type]
    page = await context.new_page()
    await page.goto(f"{url}/sign-in")
    await page.get_by_label("Username").fill("reader")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.locator("[data-row]").first.wait_for(timeout=READY)
    return page


async def import_history(page: Page, user: int, conversation: str, messages: int) -> None:
    """Fill the browser's local copy; raises when it is not the whole history."""
    await asyncio.sleep(2)
    done = await page.evaluate(read_script("import"), {"user": user, "conversation": conversation})
    print("  imported:", json.dumps(done), flush=True)
    if done["count"] != messages + 1:
        raise SystemExit(f"{done['count']} of {messages + 1} entries in the browser")
    await page.reload()
    await page.locator("[data-row]").first.wait_for(timeout=READY)
