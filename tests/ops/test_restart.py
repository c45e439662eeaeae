"""SIGTERM in the middle of traffic: clients come back by themselves, nothing is lost and nothing doubled."""

import asyncio
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from hearth.client import Client
from tests.scenarios.server import bind
from tests.served import Served, serve

pytestmark = [
    pytest.mark.sqlite,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM"),
]
PASSWORD = "correct horse battery"
RESTARTS = 3
SENDERS = 6
MESSAGES = 10
"""What everybody has sent at least before each end."""
OPTIONS = ("--insecure-test-kdf", "--limit-scale", "1000", "--log-format", "json")


class Bot:
    """Sends to its own notes and notes what was acknowledged; a second device notes what it was shown.

    `acked` has the texts by ordinal: epochs stand between the messages, and take seqs of their own.
    """

    def __init__(self, sender: Client, reader: Client) -> None:
        self.sender, self.reader = sender, reader
        self.acked: dict[int, str] = {}
        self.seen: list[tuple[int, str | None]] = []

    async def send(self, ends: asyncio.Event) -> None:
        number = 0
        while not ends.is_set():
            text = f"message {number}"
            sent = await self.sender.send("Notes", text)
            assert sent.ordinal not in self.acked
            self.acked[sent.ordinal] = text
            number += 1
            await asyncio.sleep(0.005)

    async def read(self) -> None:
        async for message in self.reader.messages(own=True):
            self.seen.append((message.seq, message.text))


async def make_bot(url: str, name: str) -> Bot:
    sender = await Client.register(url, name, PASSWORD)
    reader = await Client.sign_in(url, name, PASSWORD, device_name="reader")
    await asyncio.gather(sender.connect(), reader.connect())
    return Bot(sender, reader)


async def test_a_restart_under_load_loses_and_doubles_nothing(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with bind(0) as listener:
        port = listener.getsockname()[1]
    ends = asyncio.Event()
    with serve(data, *OPTIONS, "--port", str(port)) as served:
        bots = await asyncio.gather(*(make_bot(served.url, f"bot{chr(97 + n)}") for n in range(SENDERS)))
        readers = [asyncio.create_task(bot.read()) for bot in bots]
        senders = [asyncio.create_task(bot.send(ends)) for bot in bots]
        await become(partial(have_sent_since, dict.fromkeys(bots, 0)))
        await end(served)
    for restart in range(RESTARTS):
        with serve(data, *OPTIONS, "--port", str(port)) as served:
            before = {bot: len(bot.acked) for bot in bots}
            await become(partial(have_sent_since, before))
            if restart == RESTARTS - 1:
                ends.set()
                await asyncio.gather(*senders)
                await become(lambda: all(len(bot.seen) >= len(bot.acked) for bot in bots))
            await end(served)
    for task in readers:
        task.cancel()
    await asyncio.gather(*readers, return_exceptions=True)
    await asyncio.gather(*(client.close() for bot in bots for client in (bot.sender, bot.reader)))
    for bot in bots:
        assert list(bot.acked) == list(range(1, len(bot.acked) + 1)), "gapless, nothing stored twice"
        assert [text for _, text in bot.seen] == list(bot.acked.values()), "each was shown once, in order"
        assert [seq for seq, _ in bot.seen] == sorted({seq for seq, _ in bot.seen})


def have_sent_since(before: dict[Bot, int]) -> bool:
    return all(len(bot.acked) >= count + MESSAGES for bot, count in before.items())


async def become(is_so: Callable[[], bool]) -> None:
    """Wait until everybody is back and sending, or has read everything."""
    async with asyncio.timeout(120):
        while not is_so():  # noqa: ASYNC110 - the bots are plain clients that know of no test
            await asyncio.sleep(0.05)


async def end(served: Served) -> None:
    """SIGTERM: it says goodbye and leaves with 0 in a few seconds, traffic or not."""
    begun = time.monotonic()
    served.process.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(served.process.wait, 15) == 0
    assert time.monotonic() - begun < 12
    assert '"exception"' not in served.output
