"""F15, F23: a router that forgets idle flows, and a network that is slow, jittery and lossy."""

import asyncio
import time
from pathlib import Path

import pytest

from tests.faults.rig.bot import Bot
from tests.faults.rig.deliveries import list_deliveries
from tests.faults.rig.oracle import quantile
from tests.faults.rig.play import befriend, open_play
from tests.faults.rig.proxy import open_proxy
from tests.faults.rig.victim import Victim
from tests.faults.rig.weather import open_weather

pytestmark = [pytest.mark.slow, pytest.mark.sqlite]
FORGETFUL_SECONDS, IDLE_SECONDS = 20.0, 22.0
"""The catalogue's router forgets after 60 s. This one is worse, for a short run: pings come every 15 s."""
TALK_SECONDS = 10.0
DELIVERY_P99 = 5.0


async def test_f15_pings_keep_a_flow_that_a_router_would_forget(victim: Victim, tmp_path: Path) -> None:
    """Nothing is said for longer than the router remembers; then a message comes through at once."""
    async with open_proxy(victim.port) as router:
        router.forgets_after = FORGETFUL_SECONDS
        alice = await Bot.register(router.url, "alice", tmp_path)
        bob = await Bot.register(victim.url, "bob", tmp_path)
        for bot in (alice, bob):
            await bot.come()
        await befriend(alice, bob)
        await asyncio.sleep(IDLE_SECONDS)
        begun = time.monotonic()
        await bob.say("alice", "still there?")
        key = bob.client.find_conversation("alice").conversation.id
        await alice.reach({key: 2})  # after the epoch's entry
        took = time.monotonic() - begun
        print(f"\nF15: heard after {took:.3f} s, {router.forgotten} flows forgotten")
        assert alice.reached[key] == 2
        assert router.forgotten == 0
        assert len(alice.back_at) == 1, "it never had to come again"
        for bot in (alice, bob):
            await bot.go()
            bot.journal.close()


async def test_f23_over_a_bad_network_everything_arrives_and_soon(victim: Victim, tmp_path: Path) -> None:
    """Two of three friends: round trips of 200 ms (50 more or less), 256 kbit/s, every 20th segment lost.

    A model of such a network (rig/weather.py); `scripts/soak bad-network` uses a real one.
    """
    async with (
        open_weather(victim.port) as one,
        open_weather(victim.port) as other,
        open_play(victim, tmp_path / "journals", one, other, users=3, extra=0) as play,
    ):

        async def hurt() -> None:
            await asyncio.sleep(TALK_SECONDS)

        await play.talk_while(hurt, rate=10)
        report = await play.judge()
        delays = sorted(list_deliveries(play))
    print(
        f"\nF23: {report}; delivered p50 {quantile(delays, 0.5):.2f} s p99 {quantile(delays, 0.99):.2f} s "
        f"of {len(delays)}, {one.lost + other.lost} segments lost"
    )
    report.require_clean()
    assert one.lost + other.lost >= 5, "hardly anything was lost: the run proves nothing"
    assert quantile(delays, 0.5) >= 0.1, "the network was not slow"
    assert quantile(delays, 0.99) <= DELIVERY_P99
