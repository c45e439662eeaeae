"""Two friends with a long conversation on the shipped server, one at a browser that holds all of it."""

import asyncio
import json
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path

from playwright.async_api import BrowserContext, CDPSession, Page, async_playwright

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


@dataclass(frozen=True)
class Setting:
    """What a stage is set up with again: where the server was, who talked, how much."""

    port: int
    conversation: str
    reader: int
    friend: int
    messages: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@asynccontextmanager
async def set_stage(messages: int, keep: Path | None = None, **looks: object) -> AsyncIterator[Stage]:
    """Show a signed-in browser that has the whole history, at the list of conversations.

    What stands in the folder `keep` is used again; without it everything is made, and removed at the end.
    """
    with tempfile.TemporaryDirectory(prefix="hearth-bench-") if keep is None else nullcontext(keep) as name:
        folder = Path(name)
        known = folder / "setting.json"
        is_new = not known.exists()
        setting = await make_setting(folder, messages) if is_new else Setting(**json.loads(known.read_text()))
        with serve(folder / "server", setting.port):
            async with (
                async_playwright() as playwright,
                await Client.sign_in(setting.url, "friend", PASSWORD) as friend,
            ):
                context = await playwright.chromium.launch_persistent_context(
                    folder / "browser",
                    executable_path=CHROMIUM,
                    args=["--no-sandbox"],
                    ignore_default_args=["--hide-scrollbars"],
                    locale="en-GB",
                    **looks,  # type: ignore[arg-type]
                )
                page = await (open_new if is_new else open_known)(context, setting)
                known.write_text(json.dumps(asdict(setting)))
                debugger = await context.new_cdp_session(page)
                await debugger.send("Performance.enable")
                yield Stage(page, debugger, friend, setting.conversation)
                await context.close()


async def make_setting(folder: Path, messages: int) -> Setting:
    """Register both, let them talk, and write the history while the server is down."""
    server = folder / "server"
    server.mkdir(parents=True)
    port = servers.find_free_port()
    url = f"http://127.0.0.1:{port}"
    with serve(server, port):
        reader, friend = [await Client.register(url, name, PASSWORD) for name in ("reader", "friend")]
        async with reader, friend:
            await friend.request("reader")
            await reader.accept("friend")
            conversation = (await reader._await_conversation("friend")).conversation.id
    write_messages(server, conversation, reader.user_id, friend.user_id, messages)
    return Setting(port, conversation, reader.user_id, friend.user_id, messages)


FORGET_SHELL = """async () => {
  for (const worker of await navigator.serviceWorker.getRegistrations()) await worker.unregister();
  for (const name of await caches.keys()) await caches.delete(name);
}"""


async def open_known(context: BrowserContext, setting: Setting) -> Page:
    """Show the client as it is built now, not as the browser keeps it."""
    page = context.pages[0]
    await page.goto(setting.url)
    await page.evaluate(FORGET_SHELL)
    await page.goto(setting.url)
    await page.locator("[data-row]").first.wait_for(timeout=READY)
    return page


async def open_new(context: BrowserContext, setting: Setting) -> Page:
    """Sign in and fill the browser's local copy; raises when it is not the whole history."""
    page = context.pages[0]
    await page.goto(f"{setting.url}/sign-in")
    await page.get_by_label("Username").fill("reader")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.locator("[data-row]").first.wait_for(timeout=READY)
    await asyncio.sleep(2)
    history = {"user": setting.reader, "conversation": setting.conversation}
    done = await page.evaluate(read_script("import"), history)
    print("  imported:", json.dumps(done), flush=True)
    if done["count"] != setting.messages + 1:
        raise SystemExit(f"{done['count']} of {setting.messages + 1} entries in the browser")
    await page.reload()
    await page.locator("[data-row]").first.wait_for(timeout=READY)
    return page
