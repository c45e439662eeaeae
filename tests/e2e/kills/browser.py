"""Chromium as a process of its own with a profile that lasts, so that it can be killed without a warning."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
from pathlib import Path

from playwright.async_api import BrowserContext, Page, Playwright

from tests.faults.rig.patience import wait_until

CHROMIUM = (
    shutil.which("chromium-headless-shell") or shutil.which("chromium") or shutil.which("google-chrome")
)
"""Without windows where it can be had: what is killed, and what it keeps on disk, is the same engine's."""
START_SECONDS = 60.0
OPTIONS = (
    *("--headless=new", "--no-sandbox", "--remote-debugging-port=0", "--no-first-run", "--lang=en-GB"),
    *("--disable-background-networking", "--disable-component-update", "--disable-quic", "--disable-gpu"),
    *("--disable-sync", "--disable-extensions", "--disable-default-apps", "--hide-crash-restore-bubble"),
    *("--password-store=basic", "--use-mock-keychain", "--window-size=1280,800"),
)


class MortalBrowser:
    """One Chromium with the profile in `profile`. It may be started again after every end."""

    def __init__(self, playwright: Playwright, profile: Path) -> None:
        self._playwright = playwright
        self._profile = profile
        self._process: subprocess.Popen[bytes] | None = None
        self.context: BrowserContext

    async def start(self) -> Page:
        """Start it and return its empty first page. Raises TimeoutError when it says nothing."""
        said = self._profile / "DevToolsActivePort"
        said.unlink(missing_ok=True)
        self._process = self._launch()
        try:
            await wait_until(lambda: len(read_lines(said)) == 2, START_SECONDS)
        except TimeoutError:
            raise TimeoutError(f"Chromium said no port, in {START_SECONDS:.0f} s") from None
        port = read_lines(said)[0]
        address = f"http://127.0.0.1:{port}"
        browser = await self._playwright.chromium.connect_over_cdp(address, timeout=1000 * START_SECONDS)
        self.context = browser.contexts[0]
        return self.context.pages[0] if self.context.pages else await self.context.new_page()

    def _launch(self) -> subprocess.Popen[bytes]:
        assert CHROMIUM is not None
        command = [CHROMIUM, *OPTIONS, f"--user-data-dir={self._profile}", "about:blank"]
        quiet = subprocess.DEVNULL
        return subprocess.Popen(command, stdout=quiet, stderr=quiet, start_new_session=True)

    def kill(self) -> int:
        """SIGKILL for every process of it at once; returns how many there were."""
        assert self._process is not None
        family = list_family(self._process.pid)
        for pid in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()
        self._process = None
        return len(family)

    async def close(self) -> None:
        """End it as a person would: what it keeps in memory is written down."""
        assert self._process is not None
        session = await self.context.browser.new_browser_cdp_session()  # type: ignore[union-attr]  # over CDP there is one
        with contextlib.suppress(Exception):  # the answer may come too late
            await session.send("Browser.close")
        await asyncio.to_thread(self._process.wait, START_SECONDS)
        self._process = None

    def end(self) -> None:
        """For the end of a test, whatever happened."""
        if self._process is not None:
            self.kill()


def read_lines(path: Path) -> list[str]:
    """The lines of a file that may be missing or half written."""
    with contextlib.suppress(FileNotFoundError):
        return path.read_text(encoding="utf-8").split("\n")
    return []


def list_family(first: int) -> list[int]:
    """A process and all that descends from it, the first one first. From /proc."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, IndexError, ValueError):
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    family = [first]
    for pid in family:
        family.extend(children.get(pid, ()))
    return family
