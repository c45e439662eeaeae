"""Firefox as Debian ships it, driven over its Marionette wire: Playwright drives only its own build.

Marionette is `length:json` over TCP, and its commands are WebDriver's. Every wait ends.
"""

import asyncio
import json
import os
import tempfile
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.e2e.person import PATIENCE
from tests.scenarios.cast import PASSWORD

ENTER = "\ue007"
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # what WebDriver calls a reference
START_SECONDS = 60.0
WAIT_SECONDS = PATIENCE / 1000
PREFERENCES: dict[str, object] = {
    "marionette.port": 0,  # a free one; Firefox writes which into the profile
    "intl.locale.requested": "en-GB",
    "intl.accept_languages": "en-GB, en",
    "ui.primaryPointerCapabilities": 6,  # fine and hovering: headless Firefox has no mouse of its own
    "ui.allPointerCapabilities": 6,
    "app.update.disabledForTesting": True,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "toolkit.telemetry.server": "data:,",
}
FIND_FIELD = """
  const labels = [...document.querySelectorAll("label")];
  const label = labels.find((one) => one.textContent.trim() === arguments[0]);
  return label?.control ?? null;
"""
FIND_BUTTON = """
  const buttons = [...document.querySelectorAll("button")];
  return buttons.find((one) => one.textContent.trim() === arguments[0]) ?? null;
"""
FIND_ROW = """
  const rows = [...document.querySelectorAll("[data-row]")];
  return rows.find((row) => row.innerText.includes(arguments[0])) ?? null;
"""
READ_MESSAGES = """
  return [...document.querySelectorAll("[role=region] li[data-key] .text")]
    .map((text) => text.innerText.trim());
"""


def read_port(file: Path) -> int:
    """The port Firefox chose; 0 while it has not."""
    return int(file.read_text() or 0) if file.exists() else 0


class FirefoxError(Exception):
    """Firefox refused a command, e.g. a click on what something else covers."""


class FirefoxPerson:
    """Somebody at a Firefox of their own, with a fresh profile. Enter it with `async with`."""

    def __init__(self, program: str, url: str, username: str) -> None:
        self.username = username
        self.name = username.title()
        self._program = program
        self._url = url
        self._profile = tempfile.TemporaryDirectory(prefix="hearth-firefox-", ignore_cleanup_errors=True)
        self._number = 0
        self._process: Process
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    @property
    def _log(self) -> Path:
        return Path(self._profile.name) / "output.log"

    def _read_log(self) -> str:
        return self._log.read_text("utf-8", "replace")

    async def __aenter__(self) -> "FirefoxPerson":
        profile = Path(self._profile.name)
        lines = [
            f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in PREFERENCES.items()
        ]
        (profile / "user.js").write_text("\n".join(lines), encoding="utf-8")
        with self._log.open("wb") as output:
            self._process = await asyncio.create_subprocess_exec(
                *(self._program, "--marionette", "--headless", "--no-remote", "--profile", str(profile)),
                stdout=output,
                stderr=output,
                env=os.environ
                | {"MOZ_HEADLESS": "1", "MOZ_CRASHREPORTER_DISABLE": "1", "HOME": str(profile)},
            )
        try:
            port = await self._find_port(profile / "MarionetteActivePort")
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", port)
            await self._read()  # it introduces itself first
            await self._do("WebDriver:NewSession", {"capabilities": {"alwaysMatch": {}}})
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        faults = [line for line in self._read_log().splitlines() if self._is_fault(line)]
        self._writer.close()
        await self._end()
        if kind is None:
            assert faults == [], f"{self.username}'s page had faults"

    def _is_fault(self, line: str) -> bool:
        return "JavaScript error: " + self._url in line or "Content-Security-Policy" in line

    async def _end(self) -> None:
        if self._process.returncode is None:
            self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), WAIT_SECONDS)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        self._profile.cleanup()

    async def _find_port(self, file: Path) -> int:
        async with asyncio.timeout(START_SECONDS):
            while not (port := read_port(file)):
                if self._process.returncode is not None:
                    raise AssertionError("Firefox did not start:\n" + self._read_log())
                await asyncio.sleep(0.1)
        return port

    async def _read(self) -> Any:
        async with asyncio.timeout(START_SECONDS):
            length = int((await self._reader.readuntil(b":"))[:-1])
            return json.loads(await self._reader.readexactly(length))

    async def _do(self, name: str, parameters: dict[str, object]) -> Any:
        self._number += 1
        packet = json.dumps([0, self._number, name, parameters]).encode()
        self._writer.write(b"%d:%s" % (len(packet), packet))
        await self._writer.drain()
        _, number, error, result = await self._read()
        assert number == self._number
        if error is not None:
            raise FirefoxError(f"{name}: {error['error']}: {error['message']}")
        return result

    async def runs(self, script: str, *values: object) -> Any:
        """What a script on the page returns."""
        answer = await self._do("WebDriver:ExecuteScript", {"script": script, "args": list(values)})
        return answer["value"]

    async def waits_for(self, look: Callable[[], Awaitable[Any]], what: str) -> Any:
        """Look until there is something true to see, and return it."""
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                while not (found := await look()):  # noqa: ASYNC110  # the page is in another process
                    await asyncio.sleep(0.1)
        except TimeoutError:
            page = await self.runs("return document.body.innerText")
            raise AssertionError(
                f"{self.username} waited in vain for {what}; the page says:\n{page}"
            ) from None
        return found

    async def _find(self, script: str, name: str) -> str:
        found = await self.waits_for(lambda: self.runs(script, name), name)
        return str(found[ELEMENT])

    async def opens(self, path: str = "/") -> None:
        await self._do("WebDriver:Navigate", {"url": self._url + path})

    async def reloads(self) -> None:
        await self._do("WebDriver:Refresh", {})

    async def fills(self, label: str, text: str) -> None:
        await self._do("WebDriver:ElementSendKeys", {"id": await self._find(FIND_FIELD, label), "text": text})

    async def presses(self, button: str) -> None:
        await self._do("WebDriver:ElementClick", {"id": await self._find(FIND_BUTTON, button)})

    async def misses(self, button: str) -> None:
        """Waits until the button has gone, e.g. as what it asked for is done."""

        async def look() -> bool:
            return await self.runs(FIND_BUTTON, button) is None

        await self.waits_for(look, f"{button} to go")

    async def registers(self) -> None:
        await self.opens("/register")
        await self.fills("Username", self.username)
        await self.fills("Display name", self.name)
        await self.fills("Password", PASSWORD)
        await self.fills("Password again", PASSWORD)
        await self.presses("Create account")
        await self._find(FIND_ROW, "Notes")

    async def converses_with(self, name: str) -> None:
        await self._do("WebDriver:ElementClick", {"id": await self._find(FIND_ROW, name)})
        heading = "return document.querySelector('#main h1')?.textContent.includes(arguments[0])"
        await self.waits_for(lambda: self.runs(heading, name), f"the conversation with {name}")

    async def writes(self, text: str) -> None:
        field = await self._find("return document.querySelector('textarea')", "the field")
        await self._do("WebDriver:ElementSendKeys", {"id": field, "text": text + ENTER})

    async def sees(self, *texts: str) -> None:
        """Sees exactly these messages in the open conversation, in this order."""

        async def look() -> bool:
            return bool(await self.runs(READ_MESSAGES) == list(texts))

        await self.waits_for(look, f"the messages {texts}")

    async def sees_mark(self, mark: str) -> None:
        """Sees how far the newest message of one's own has come: a word of the ticks, e.g. "Read"."""
        find = "return [...document.querySelectorAll('li[data-key] [title]')].at(-1)?.title === arguments[0]"
        await self.waits_for(lambda: self.runs(find, mark), f"the mark {mark}")
