"""Opens and scrolls the long conversation in every way and says how it compares with what it must be."""

import asyncio
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.client import scrolling
from bench.client.control import show_control
from bench.client.priority import first
from bench.client.scrolling import FRAME_MS
from bench.client.stage import Stage, read_script, set_stage
from bench.client.tracing import Task, trace

Figures = dict[str, Any]
SLOWER = 4
"""How many times slower than this machine the device is that scrolling is judged on."""
MOST_SHOWN = 5
"""Frames over the bar that are broken down."""
WAYS = {
    way.__name__: way
    for way in (
        scrolling.wheel_up,
        scrolling.wheel_down,
        scrolling.fling,
        scrolling.page_up,
        scrolling.while_messages_come,
        scrolling.home_and_end,
        scrolling.drag_far,
    )
}


@dataclass(frozen=True)
class Wish:
    """What is to be measured: how many messages, how often, in which of `WAYS`."""

    messages: int
    rounds: int
    ways: tuple[str, ...] = tuple(WAYS)
    goes_first: bool = False
    keep: Path | None = None
    """Where the server and the browser are kept for the next time."""
    has_control: bool = False
    """Whether a page without our scripts is scrolled beside it."""


def measure_client(wish: Wish) -> Figures:
    return asyncio.run(_measure(wish))


async def _measure(wish: Wish) -> Figures:
    looks = {"viewport": {"width": 1280, "height": 800}, "has_touch": True}
    async with set_stage(wish.messages, wish.keep, **looks) as stage:
        stage.goes_first = wish.goes_first
        figures: Figures = {"messages": wish.messages, "open": await _open(stage, wish.rounds)}
        await stage.throttle(SLOWER)
        figures["open_throttled"] = await _open(stage, wish.rounds)
        await stage.throttle(1)
        figures |= await _scroll(stage, wish)
        figures["memory"] = await stage.measure_memory()
        if wish.has_control:
            async with show_control(stage) as control:
                figures["control"] = await _scroll(control, wish)
        return figures


async def _scroll(stage: Stage, wish: Wish) -> Figures:
    """Every way by the clock and by processor time, as many rounds of each."""
    await stage.throttle(SLOWER)
    throttled = {way: await _scroll_throttled(stage, way, wish.rounds) for way in wish.ways}
    await stage.throttle(1)
    processor = {way: await _scroll_traced(stage, way, wish.rounds) for way in wish.ways}
    return {"throttled": throttled, "processor": processor}


async def _open(stage: Stage, rounds: int) -> Figures:
    """Milliseconds from the press on the row to the painted messages."""
    passed = []
    for number in range(rounds + 1):
        await stage.page.evaluate("() => document.querySelector('[data-row]:not([aria-current])').click()")
        await asyncio.sleep(1)
        with first(stage.goes_first):
            took = await stage.page.evaluate(read_script("open"), {"id": stage.conversation})
        # The first time its own code is loaded as well.
        if number > 0:
            passed.append(took)
    return {"median_ms": round(statistics.median(passed), 1), "worst_ms": round(max(passed), 1)}


async def _scroll_throttled(stage: Stage, way: str, rounds: int) -> Figures:
    """Frames with the browser's own throttle: right only on a machine that does nothing else."""
    runs = []
    for _ in range(rounds):
        with first(stage.goes_first):
            runs.append(await scrolling.measure(stage, WAYS[way]))
    return {
        "worst_ms": statistics.median(run["worst_ms"] for run in runs),
        "worst_of_all_ms": max(run["worst_ms"] for run in runs),
        "over_50_ms_of_each": [run["over_50_ms"] for run in runs],
        "runs": runs,
    }


async def _scroll_traced(stage: Stage, way: str, rounds: int) -> Figures:
    """The dearest frames and tasks of the main thread in processor time, times `SLOWER`."""
    runs = []
    for _ in range(rounds):
        with first(stage.goes_first):
            async with trace(stage.debugger) as traced:
                # Its frames go on all the time, whether something moves or not.
                await scrolling.measure(stage, WAYS[way])
        runs.append(traced)
    return {
        "frames": _weigh([run.frames for run in runs]),
        "tasks": _weigh([run.tasks for run in runs]),
    }


def _weigh(rounds: list[list[Task]]) -> Figures:
    """Say how the dearest of each round compare with the bar; each round's cheapest come first."""
    worst = [run[-1].cost * SLOWER for run in rounds]
    beyond = [[one for one in run if one.cost * SLOWER > FRAME_MS] for run in rounds]
    dear = sorted((one for over in beyond for one in over), key=lambda one: -one.cost)
    return {
        "worst_ms": round(statistics.median(worst), 1),
        "worst_of_all_ms": round(max(worst), 1),
        "over_50_ms_of_each": [len(over) for over in beyond],
        "garbage_alone": sum(one.causes.get("garbage", 0) > 0.9 * one.cost for one in dear),
        "dearest": [_break_down(one) for one in dear[:MOST_SHOWN]],
    }


def _break_down(task: Task) -> dict[str, float]:
    """Say what a task cost and for what, dearest cause first, in milliseconds of the slower device."""
    causes = sorted(task.causes.items(), key=lambda cause: -cause[1])
    costs = {"all": task.cost, **dict(causes)}
    return {name: round(cost * SLOWER, 1) for name, cost in costs.items() if cost * SLOWER >= 1}
