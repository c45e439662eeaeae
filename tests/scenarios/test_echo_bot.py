"""The example bot as people run it: befriended, killed, started again, and never saying a thing twice."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.scenarios.cast import PASSWORD, Device
from tests.scenarios.conftest import has_conversation
from tests.scenarios.server import RunningServer

BOT = Path(__file__).parents[2] / "examples" / "echo_bot.py"


@asynccontextmanager
async def running_bot(
    server: RunningServer, file: Path, *options: str, password: str | None = None
) -> AsyncIterator[None]:
    """The bot in a process of its own, listening; killed at the end. Without a password it has none to
    ask for.
    """
    known = {} if password is None else {"HEARTH_PASSWORD": password}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(BOT),
        *("--url", server.url, "--username", "echo", "--device-file", str(file), *options),
        env={**os.environ, **known, "PYTHONPATH": str(BOT.parents[1])},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None and process.stderr is not None
        line = await asyncio.wait_for(process.stdout.readline(), 20)
        assert b"listens" in line, (line, await process.stderr.read())
        yield
    finally:
        process.kill()
        await process.communicate()


async def test_the_bot_answers_once_over_a_crash(
    server: RunningServer, alice: Device, bob: Device, carol: Device, tmp_path: Path
) -> None:
    file = tmp_path / "echo.device.json"
    async with running_bot(server, file, "--register", password=PASSWORD):
        await alice.client.request("echo")
        await alice.agrees(lambda client: has_conversation("echo", client), "a friend who accepts by itself")
        for text in ("one", "two", "three"):
            await alice.sends(text, to="echo")
            await alice.receives(text)
        await asyncio.gather(*(alice.sends(f"burst {number}", to="echo") for number in range(10)))
    await alice.sends("while it was dead", to="echo")
    async with running_bot(server, file):
        for number in range(10):
            await alice.receives(f"burst {number}")
        await alice.receives("while it was dead")
        await alice.sends("last", to="echo")
        await alice.receives("last")
    history = await alice.client.history("echo", limit=100)
    assert all(message.is_encrypted for message in history)
    echoed = [message.text for message in history if not message.is_own]
    assert len(echoed) == len(set(echoed)) == 15
    assert PASSWORD not in file.read_text()
    await bob.receives_nothing()
    await carol.receives_nothing()
