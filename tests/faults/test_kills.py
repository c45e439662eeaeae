"""F01, F02, F34: the server is killed, killed between commit and answer, or stands still."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.faults.rig.oracle import quantile
from tests.faults.rig.play import Play, kill_again_and_again, open_play
from tests.faults.rig.victim import Victim

pytestmark = [pytest.mark.slow, pytest.mark.sqlite]
KILLS = 40


@pytest.fixture
async def play(mortal: Victim, tmp_path: Path) -> AsyncIterator[Play]:
    async with open_play(mortal, tmp_path / "journals") as opened:
        yield opened


async def test_f01_forty_kills_lose_nothing_and_double_nothing(play: Play) -> None:
    begun = time.monotonic()
    absences: list[float] = []

    async def hurt() -> None:
        absences.extend(await kill_again_and_again(play, KILLS, acks=(1, 25)))

    await play.talk_while(hurt, rate=50)
    report = await play.judge()
    print(
        f"F01: {play.victim.kills} kills in {time.monotonic() - begun:.0f} s, "
        f"back after {quantile(absences, 0.5):.2f} s; {report}"
    )
    report.require_clean()
    assert play.victim.kills >= KILLS
