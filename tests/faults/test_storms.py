"""F11, F12: a thousand sockets come back at once; devices come back with thousands of messages to fetch."""

import asyncio
import base64
import hashlib
import random
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hearth.client.wire.connection import FIRST_PAUSE, MAX_PAUSE
from tests.faults.rig.bot import Bot
from tests.faults.rig.established import Established
from tests.faults.rig.oracle import quantile
from tests.faults.rig.pair import Pair
from tests.faults.rig.raw import RawSocket, Shed
from tests.faults.rig.reader import Reader
from tests.faults.rig.victim import Victim
from tests.scenarios.keyless import register_keyless

pytestmark = [pytest.mark.slow, pytest.mark.sqlite]
USERS, SOCKETS = 50, 1000
BACK_SECONDS = 60.0
BEHIND, FAR_BEHIND = 20, 1000
"""Devices, and how many messages each has to fetch. `scripts/soak far-behind` takes 200 and 10,000."""


class Crowd:
    """Sockets that come back by themselves with the pauses of the client library, and resume."""

    def __init__(self, victim: Victim, tokens: list[str]) -> None:
        self._victim = victim
        self._tokens = tokens
        self._members: list[asyncio.Task[None]] = []
        self._sockets: set[RawSocket] = set()
        self.back_at: list[float] = []
        self.came_at: list[float] = []
        self.shed = self.told_busy = 0

    async def come(self, count: int) -> None:
        """Bring everybody in, a few at a time."""
        for number in range(count):
            self._members.append(asyncio.create_task(self._live(self._tokens[number % len(self._tokens)])))
            if number % 25 == 24:
                await self.wait_for(number + 1, 30)
        await self.wait_for(count, 30)

    async def wait_for(self, count: int, seconds: float) -> None:
        """Wait until so many have come (again)."""
        async with asyncio.timeout(seconds):
            while len(self.back_at) < count:  # noqa: ASYNC110 - a hundred tasks at once are counted
                await asyncio.sleep(0.02)

    def cut(self) -> None:
        """Reset all connections at once."""
        self.back_at.clear()
        self.came_at.clear()
        for raw in tuple(self._sockets):
            raw.cut()

    async def go(self) -> None:
        for member in self._members:
            member.cancel()
        await asyncio.gather(*self._members, return_exceptions=True)

    async def _live(self, token: str) -> None:
        pause = FIRST_PAUSE
        while True:
            raw = RawSocket(self._victim.port, token)
            try:
                self.came_at.append(time.monotonic())
                await raw.open()
                self._sockets.add(raw)
                while "error" in (answer := await raw.call("sync.open", {})):
                    self.told_busy += 1
                    await asyncio.sleep(answer["error"]["retry_after"] * random.uniform(1, 1.2))
                self.back_at.append(time.monotonic())
                pause = FIRST_PAUSE
                while True:
                    await raw.read()
            except Shed as shed:
                self.shed += 1
                await asyncio.sleep((shed.retry_after or 0.0) * random.random())
            except (OSError, EOFError):
                pass
            finally:
                if raw in self._sockets:
                    self._sockets.discard(raw)
                    raw.cut()
            await asyncio.sleep(pause * random.random())
            pause = min(pause * 2, MAX_PAUSE)


@pytest.fixture
async def crowd(victim: Victim) -> AsyncIterator[Crowd]:
    tokens = []
    for number in range(USERS):  # sockets that only resume need no keys
        client = await register_keyless(victim.url, f"user{number}")
        tokens.append(client.file.state.token)
        await client.close()
    crowd = Crowd(victim, tokens)
    yield crowd
    await crowd.go()


async def test_f11_a_thousand_cut_sockets_are_back_within_a_minute(pair: Pair, crowd: Crowd) -> None:
    """All are reset at once; meanwhile two others talk as if nothing had happened."""
    await crowd.come(SOCKETS)
    established = Established(pair)
    async with established.talking():
        await asyncio.sleep(0.5)
        cut_at = time.monotonic()
        crowd.cut()
        await crowd.wait_for(round(SOCKETS * 0.99), BACK_SECONDS)
        took = time.monotonic() - cut_at
    spread = max(crowd.came_at) - min(crowd.came_at)
    print(
        f"\nF11: 99 % of {SOCKETS} back after {took:.1f} s, tries over {spread:.1f} s, {crowd.shed} shed, "
        f"{crowd.told_busy} told to wait; others' p99 {quantile(established.times, 0.99):.3f} s "
        f"of {len(established.times)}"
    )
    established.check()


async def test_f11_after_a_kill_everybody_comes_back_to_a_cold_server(pair: Pair, crowd: Crowd) -> None:
    await crowd.come(SOCKETS // 2)
    crowd.cut()
    await pair.victim.kill()
    await pair.victim.start()
    begun = time.monotonic()
    await crowd.wait_for(round(SOCKETS // 2 * 0.99), BACK_SECONDS)
    print(f"\nF11: 99 % of {SOCKETS // 2} back {time.monotonic() - begun:.1f} s after a cold start")


async def test_f12_who_comes_back_far_behind_does_not_slow_the_others(pair: Pair, tmp_path: Path) -> None:
    """Twenty devices fetch a thousand messages each, page by page, while two people talk."""
    readers = []
    for number in range(BEHIND):
        device = await Bot.sign_in(pair.victim.url, "bob", f"tablet{number}", tmp_path)
        readers.append(Reader(pair.victim, device.client.file.state.token))
        await device.client.close()
        device.journal.close()
    raw, digest = await pair.open(), hashlib.sha256()
    for number in range(FAR_BEHIND):
        fields = await pair.make_send(f"missed {number}")
        assert "ok" in await raw.call("message.send", fields)
        digest.update(base64.b64decode(fields["record"]))
    raw.cut()
    established, begun = Established(pair), time.monotonic()
    async with established.talking():
        await asyncio.gather(*(reader.come(FAR_BEHIND) for reader in readers))
        took = time.monotonic() - begun
    assert [reader.digest.digest() for reader in readers] == [digest.digest()] * BEHIND
    print(
        f"\nF12: {BEHIND} devices fetched {FAR_BEHIND} messages each in {took:.1f} s; "
        f"others' p99 {quantile(established.times, 0.99):.3f} s of {len(established.times)}"
    )
    established.check()
