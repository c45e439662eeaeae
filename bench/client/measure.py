"""Opens and scrolls the long conversation in every way and says how it compares with what it must be."""

import asyncio
import statistics
from typing import Any

from bench.client import scrolling
from bench.client.priority import first
from bench.client.stage import Stage, read_script, set_stage
from bench.client.tracing import trace

Figures = dict[str, Any]
SLOWER = 4
"""How many times slower than this machine the device is that scrolling is judged on."""
FRAME_MS = 50
OPEN_MS = 100
WAYS = (
    scrolling.wheel_up,
    scrolling.wheel_down,
    scrolling.fling,
    scrolling.page_up,
    scrolling.while_messages_come,
    scrolling.home_and_end,
    scrolling.drag_far,
)


def measure_client(messages: int, rounds: int, goes_first: bool) -> Figures:
    return asyncio.run(_measure(messages, rounds, goes_first))


async def _measure(messages: int, rounds: int, goes_first: bool) -> Figures:
    async with set_stage(messages, viewport={"width": 1280, "height": 800}, has_touch=True) as stage:
        stage.goes_first = goes_first
        figures: Figures = {"messages": messages, "open": await _open(stage, rounds)}
        await stage.throttle(SLOWER)
        figures["open_throttled"] = await _open(stage, rounds)
        figures["throttled"] = await _scroll_throttled(stage, rounds)
        await stage.throttle(1)
        figures["processor"] = await _scroll_traced(stage, rounds)
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


async def _scroll_throttled(stage: Stage, rounds: int) -> Figures:
    """Frames with the browser's own throttle: right only on a machine that does nothing else."""
    figures = {}
    for way in WAYS:
        runs = []
        for _ in range(rounds):
            with first(stage.goes_first):
                runs.append(await scrolling.measure(stage, way))
        figures[way.__name__] = {
            "worst_ms": statistics.median(run["worst_ms"] for run in runs),
            "p99_ms": statistics.median(run["p99_ms"] for run in runs),
            "over_50_ms": statistics.median(run["over_50_ms"] for run in runs),
            "runs": runs,
        }
    return figures


async def _scroll_traced(stage: Stage, rounds: int) -> Figures:
    """The dearest tasks of the main thread in processor time, times `SLOWER`; the median of the rounds."""
    figures = {}
    for way in WAYS:
        worst, over, tasks = [], [], []
        for _ in range(rounds):
            with first(stage.goes_first):
                async with trace(stage.browser, stage.page) as traced:
                    await way(stage)
            costs = [cost * SLOWER for cost in traced.costs]
            worst.append(costs[-1])
            over.append(sum(cost > FRAME_MS for cost in costs))
            tasks.append(len(costs))
        figures[way.__name__] = {
            "worst_ms": round(statistics.median(worst), 1),
            "over_50_ms": statistics.median(over),
            "tasks": statistics.median(tasks),
        }
    return figures


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
        )
    print(f"  after it all: {figures['memory']}")
