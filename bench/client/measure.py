"""Opens and scrolls the long conversation in every way and says how it compares with what it must be."""

import asyncio
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.client import scrolling
from bench.client.priority import first
from bench.client.stage import Stage, read_script, set_stage
from bench.client.tracing import Task, trace

Figures = dict[str, Any]
SLOWER = 4
"""How many times slower than this machine the device is that scrolling is judged on."""
FRAME_MS = 50
OPEN_MS = 100
MOST_SHOWN = 5
"""Tasks over the bar that are broken down."""
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


def measure_client(wish: Wish) -> Figures:
    return asyncio.run(_measure(wish))


async def _measure(wish: Wish) -> Figures:
    looks = {"viewport": {"width": 1280, "height": 800}, "has_touch": True}
    async with set_stage(wish.messages, wish.keep, **looks) as stage:
        stage.goes_first = wish.goes_first
        figures: Figures = {"messages": wish.messages, "open": await _open(stage, wish.rounds)}
        await stage.throttle(SLOWER)
        figures["open_throttled"] = await _open(stage, wish.rounds)
        figures["throttled"] = {way: await _scroll_throttled(stage, way, wish.rounds) for way in wish.ways}
        await stage.throttle(1)
        figures["processor"] = {way: await _scroll_traced(stage, way, wish.rounds) for way in wish.ways}
        figures["memory"] = await stage.measure_memory()
        return figures


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
    figures = {
        name: statistics.median(run[name] for run in runs) for name in ("worst_ms", "p99_ms", "over_50_ms")
    }
    return {**figures, "runs": runs}


async def _scroll_traced(stage: Stage, way: str, rounds: int) -> Figures:
    """The dearest tasks of the main thread in processor time, times `SLOWER`; the median of the rounds."""
    worst, over, count = [], [], []
    dear: list[Task] = []
    for _ in range(rounds):
        with first(stage.goes_first):
            async with trace(stage.debugger) as traced:
                await WAYS[way](stage)
        worst.append(traced.tasks[-1].cost * SLOWER)
        beyond = [task for task in traced.tasks if task.cost * SLOWER > FRAME_MS]
        over.append(len(beyond))
        count.append(len(traced.tasks))
        dear += beyond
    dear.sort(key=lambda task: -task.cost)
    return {
        "worst_ms": round(statistics.median(worst), 1),
        "worst_of_all_ms": round(max(worst), 1),
        "over_50_ms": statistics.median(over),
        "over_50_ms_of_each": over,
        "tasks": statistics.median(count),
        "dearest": [_break_down(task) for task in dear[:MOST_SHOWN]],
    }


def _break_down(task: Task) -> dict[str, float]:
    """Say what a task cost and for what, dearest cause first, in milliseconds of the slower device."""
    causes = sorted(task.causes.items(), key=lambda cause: -cause[1])
    costs = {"all": task.cost, **dict(causes)}
    return {name: round(cost * SLOWER, 1) for name, cost in costs.items() if cost * SLOWER >= 1}


def print_client(figures: Figures) -> None:
    print(f"\nOne conversation of {figures['messages']:,} messages in the browser:")
    for name in ("open", "open_throttled"):
        opened = figures[name]
        print(f"  {name}: {opened['median_ms']} ms (worst {opened['worst_ms']}), to be below {OPEN_MS}")
    for way, scrolled in figures["throttled"].items():
        cost = figures["processor"][way]
        over = f"{scrolled['over_50_ms']:.0f} over {FRAME_MS}"
        print(f"  {way:20} worst frame {scrolled['worst_ms']:.0f} ms, {over};", end=" ")
        print(
            f"by processor time {cost['worst_ms']} ms, {cost['over_50_ms']:.0f} of {cost['tasks']:.0f} over"
            f" (of all rounds {cost['worst_of_all_ms']} ms; over in each {cost['over_50_ms_of_each']})"
        )
        for task in cost["dearest"]:
            print("      " + ", ".join(f"{name} {milliseconds}" for name, milliseconds in task.items()))
    print(f"  after it all: {figures['memory']}")
