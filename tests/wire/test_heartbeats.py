"""One timer for all hearts: each beats once, in its time, and there is no timer without a heart."""

import asyncio
import math

from hearth.wire.heartbeats import Heartbeats

STEP = 0.01


class Heart:
    """Notes when it beats, and beats again after each of `pauses`."""

    def __init__(self, heartbeats: Heartbeats, *pauses: float) -> None:
        self.heartbeats = heartbeats
        self.pauses = list(pauses)
        self.beats_at = math.inf
        self.beats: list[float] = []

    def beat(self) -> None:
        now = asyncio.get_running_loop().time()
        assert self.beats_at <= now < self.beats_at + 1.0, "not early, and late by the machine's load only"
        self.beats.append(now)
        if self.pauses:
            self.heartbeats.plan(self, self.pauses.pop(0))


def is_waiting(heartbeats: Heartbeats) -> bool:
    return heartbeats._timer is not None


async def wait_for(hearts: list[Heart], beats: int) -> None:
    async with asyncio.timeout(10):
        while any(len(heart.beats) < beats for heart in hearts):  # noqa: ASYNC110
            await asyncio.sleep(STEP)


async def test_each_beats_once_for_each_time_it_was_planned() -> None:
    heartbeats = Heartbeats(asyncio.get_running_loop(), STEP)
    hearts = [Heart(heartbeats, 0.05) for _ in range(100)]
    for number, heart in enumerate(hearts):
        heartbeats.plan(heart, 0.02 + number * 0.001)
    await wait_for(hearts, 2)
    await asyncio.sleep(0.1)
    assert [len(heart.beats) for heart in hearts] == [2] * 100


async def test_what_is_planned_anew_beats_at_the_new_time_only() -> None:
    heartbeats = Heartbeats(asyncio.get_running_loop(), STEP)
    moved, ended, witness = Heart(heartbeats), Heart(heartbeats), Heart(heartbeats)
    heartbeats.plan(moved, 0.03)
    heartbeats.plan(moved, 0.15)
    heartbeats.plan(ended, 0.03)
    ended.beats_at = math.inf
    heartbeats.plan(witness, 0.06)
    await wait_for([witness], 1)
    assert ended.beats == []
    await wait_for([moved], 1)
    await asyncio.sleep(0.05)
    assert len(moved.beats) == 1 and ended.beats == []


async def test_nothing_to_beat_leaves_no_timer() -> None:
    heartbeats = Heartbeats(asyncio.get_running_loop(), STEP)
    heart = Heart(heartbeats)
    heartbeats.plan(heart, 0.02)
    assert is_waiting(heartbeats)
    await wait_for([heart], 1)
    await asyncio.sleep(0.05)
    assert not is_waiting(heartbeats)
    heartbeats.plan(heart, 0.02)
    await wait_for([heart], 2)
