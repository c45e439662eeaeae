"""F01, F02, F34: the server is killed, killed between commit and answer, or stands still."""

import asyncio
import random
import secrets
import signal
import time
from pathlib import Path

import pytest

from tests.faults.rig.journal import Acked
from tests.faults.rig.oracle import quantile
from tests.faults.rig.play import kill_again_and_again, open_play
from tests.faults.rig.proxy import open_proxy
from tests.faults.rig.stored import read_back
from tests.faults.rig.victim import Victim

pytestmark = [pytest.mark.slow, pytest.mark.sqlite]
KILLS = 40
CAUGHT_UP_SECONDS = 30.0
LOST_ANSWERS = 8
STILL_SECONDS = 8.0


async def test_f01_forty_kills_lose_nothing_and_double_nothing(mortal: Victim, tmp_path: Path) -> None:
    async with open_play(mortal, tmp_path / "journals", begins=False) as play:
        begun = time.monotonic()
        absences: list[float] = []

        async def hurt() -> None:
            absences.extend(await kill_again_and_again(play, KILLS, acks=(1, 25)))

        await play.talk_while(hurt, rate=50)
        caught_up = max(bot.back_at[-1] for bot in play.users) - play.victim.started_at
        report = await play.judge()
    print(
        f"\nF01: {mortal.kills} kills in {time.monotonic() - begun:.0f} s, "
        f"back after {quantile(absences, 0.5):.2f} s; {report}"
    )
    report.require_clean()
    assert mortal.kills >= KILLS
    assert caught_up <= CAUGHT_UP_SECONDS


async def test_f02_a_retry_after_a_lost_answer_gets_the_first_place(mortal: Victim, tmp_path: Path) -> None:
    """Killed after COMMIT, before the answer got out: the message is there once, where it was."""
    async with (
        open_proxy(mortal.port) as proxy,
        open_play(mortal, tmp_path / "journals", proxy, users=2, extra=0) as play,
    ):
        alice = play.users[0]
        committed: dict[str, int] = {}
        for number in range(LOST_ANSWERS):
            client_id = secrets.token_hex(16)
            await alice.is_ready_to_say("bob")
            proxy.swallows_answers = True
            saying = asyncio.create_task(alice.say("bob", f"message {number}", client_id=client_id))
            committed[client_id] = await wait_until_stored(mortal, client_id)
            assert not saying.done(), "the answer was not swallowed"
            await mortal.kill()
            proxy.cut_all()
            proxy.swallows_answers = False
            await mortal.start()
            await play.users[1].say("alice", "what stands behind it must not move it")
            await saying
        report = await play.judge()
        report.require_clean()
        answered = {line.client_id: line.seq for line in alice.journal.lines() if isinstance(line, Acked)}
    assert answered == committed


async def wait_until_stored(victim: Victim, client_id: str) -> int:
    async with asyncio.timeout(20):
        while True:
            for row in (await read_back(victim.database_url)).rows:
                if row.client_id == client_id:
                    return row.seq
            await asyncio.sleep(0.01)


async def test_f34_a_server_that_stood_still_goes_on_without_doubles(victim: Victim, tmp_path: Path) -> None:
    """SIGSTOP for eight seconds; meanwhile one user's connections are cut, so that late work meets them."""
    async with (
        open_proxy(victim.port) as proxy,
        open_play(victim, tmp_path / "journals", proxy) as play,
    ):

        async def hurt() -> None:
            await play.wait_for_acks(20)
            victim.signal(signal.SIGSTOP)
            for _ in range(4):
                await asyncio.sleep(STILL_SECONDS / 4 * random.uniform(0.9, 1))
                proxy.cut_all()
            victim.signal(signal.SIGCONT)
            await play.wait_for_acks(60, seconds=30)

        await play.talk_while(hurt, rate=30)
        report = await play.judge()
    print(f"\nF34: {report}")
    report.require_clean()
    assert max(report.latencies) >= STILL_SECONDS / 2, "nobody was waiting: the run proves nothing"
