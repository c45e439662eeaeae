"""F13, F14: clients that stop reading, and clients that are gone without a word."""

import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hearth.client import Client
from tests.faults.rig.bot import PASSWORD, Bot
from tests.faults.rig.oracle import quantile
from tests.faults.rig.pair import Pair
from tests.faults.rig.patience import wait_until
from tests.faults.rig.play import befriend
from tests.faults.rig.raw import RawSocket
from tests.faults.rig.victim import ROOT, Victim
from tests.served import clean_environment

pytestmark = [pytest.mark.slow, pytest.mark.sqlite]
SLOW = 40
OUT_QUEUE = 1024 * 1024
RECORD = 30_000
MESSAGES = 350
SLACK = 60 * 1024 * 1024
DETECT_SECONDS = 15 + 10
GRACE_SECONDS = 10


async def test_f13_who_does_not_read_is_cut_and_costs_the_others_nothing(pair: Pair) -> None:
    """Forty devices of bob's stop reading while about a megabyte a second is said to each of them."""
    bob_token = pair.bob.client.file.state.token
    raw = await pair.open()
    assert "ok" in await raw.call("message.send", await pair.make_send("warm up"))
    before = pair.victim.sample()
    slow = [
        await RawSocket(pair.victim.port, bob_token, receive_buffer=4096).open(reads=False)
        for _ in range(SLOW)
    ]
    text = "🌊" * (RECORD // 4)
    latencies, peak = [], 0
    begun = time.monotonic()
    for number in range(MESSAGES):
        fields = await pair.make_send(text)
        asked = time.monotonic()
        answer = await raw.call("message.send", fields)
        assert "ok" in answer
        latencies.append(time.monotonic() - asked)
        if number % 20 == 0:
            peak = max(peak, pair.victim.sample().rss)
        await asyncio.sleep(max(0.0, begun + number / 35 - time.monotonic()))
    assert answer["ok"]["ordinal"] == MESSAGES + 1
    await pair.bob.reach({pair.conversation_id: answer["ok"]["seq"]})
    assert pair.bob.reached[pair.conversation_id] == answer["ok"]["seq"]
    cut = await count_cut(slow)
    peak = max(peak, pair.victim.sample().rss)
    grown = (peak - before.rss) / 1024 / 1024
    print(f"\nF13: {cut} of {SLOW} cut, {grown:.0f} MiB more, ack p99 {quantile(latencies, 0.99):.3f} s")
    assert cut == SLOW
    assert peak - before.rss <= SLOW * OUT_QUEUE + SLACK
    assert quantile(latencies, 0.99) <= 2
    raw.cut()
    await check_back_to_base(pair.victim, before.descriptors)


async def count_cut(slow: list[RawSocket]) -> int:
    """How many of these connections the server has ended."""
    cut = 0
    for raw in slow:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(10):
                try:
                    while True:
                        await raw.read()
                except (OSError, EOFError):
                    cut += 1
        raw.cut()
    return cut


async def check_back_to_base(victim: Victim, descriptors: int) -> None:
    """I7: what the connections held is given back."""
    with contextlib.suppress(TimeoutError):
        await wait_until(lambda: victim.sample().descriptors <= descriptors + 3, 20)
    assert victim.sample().descriptors <= descriptors + 3


@asynccontextmanager
async def run_sleeper(file: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.faults.rig.sleeper", str(file)),
        cwd=ROOT,
        env=clean_environment(),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        await process.wait()


async def next_line(process: asyncio.subprocess.Process, seconds: float = 30) -> str:
    assert process.stdout is not None
    return (await asyncio.wait_for(process.stdout.readline(), seconds)).decode().strip()


async def test_f14_a_client_that_stands_still_is_missed_and_catches_up(
    victim: Victim, tmp_path: Path
) -> None:
    """SIGSTOP: the connection stays, nobody answers. Pings find it, friends see offline, nothing is lost."""
    alice = await Bot.register(victim.url, "alice", tmp_path)
    bob = Bot("bob", await Client.register(victim.url, "bob", PASSWORD, file=tmp_path / "bob.json"), tmp_path)
    await alice.come()
    await bob.come()
    await befriend(alice, bob)
    await bob.go()
    async with run_sleeper(tmp_path / "bob.json") as sleeper:
        assert await next_line(sleeper) == "connected"
        await alice.say("bob", "before")
        assert await next_line(sleeper) == "before"
        before = victim.sample()
        sleeper.send_signal(signal.SIGSTOP)
        begun = time.monotonic()
        said = [f"while still {number}" for number in range(30)]
        for text in said:
            await alice.say("bob", text)
        await wait_until(lambda: status_of(alice, bob) == "offline", DETECT_SECONDS + GRACE_SECONDS + 5)
        missed = time.monotonic() - begun
        assert victim.sample().descriptors < before.descriptors, "the dead connection is still held"
        sleeper.send_signal(signal.SIGCONT)
        assert [await next_line(sleeper) for _ in said] == said
    print(f"\nF14: seen as offline after {missed:.1f} s")
    await alice.go()
    alice.journal.close()


def status_of(viewer: Bot, friend: Bot) -> str:
    presence = viewer.client.replica.presence.get(friend.client.user_id)
    return "offline" if presence is None else presence.status
