"""The ways people scroll, each measured frame by frame."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from bench.client.stage import Stage, read_script

Figures = dict[str, Any]
FRAME_MS = 50
"""No frame is longer while somebody scrolls, on a device four times slower."""
JITTER_MS = 0.5
"""Frames come at multiples of a sixtieth of a second; three of them are told as 49.9 to 50.1 ms."""
BOX = "#main [role=region]"
READ_POSITION = "() => document.querySelector('#main [role=region]').scrollTop"


async def measure(stage: Stage, scroll: Callable[[Stage], Awaitable[None]]) -> Figures:
    await stage.page.evaluate(read_script("watch"))
    await scroll(stage)
    await asyncio.sleep(0.3)
    watched = await stage.page.evaluate("() => window.hearthBench.stop()")
    gaps = sorted(watched["gaps"])
    worst = sorted(watched["slow"], key=lambda one: one["duration"], reverse=True)[:3]
    return {
        "frames": len(gaps),
        "worst_ms": round(gaps[-1], 1),
        "p99_ms": round(gaps[int(len(gaps) * 0.99)], 1),
        "over_50_ms": sum(gap > FRAME_MS + JITTER_MS for gap in gaps),
        "long_frames": worst,
    }


async def find_middle(stage: Stage) -> tuple[float, float]:
    box = await stage.page.locator(BOX).bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


async def wheel_up(stage: Stage, seconds: float = 6.0, step: int = -240) -> None:
    """A wheel turned fast, all the time."""
    x, y = await find_middle(stage)
    await stage.page.mouse.move(x, y)
    end = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < end:
        await stage.page.mouse.wheel(0, step)
        await asyncio.sleep(0.016)


async def wheel_down(stage: Stage) -> None:
    await wheel_up(stage, 3.0, 240)


async def fling(stage: Stage, times: int = 8) -> None:
    """A finger that throws the list down again and again; raises when that moves nothing."""
    x, y = await find_middle(stage)
    before = await stage.page.evaluate(READ_POSITION)
    for _ in range(times):
        await _touch(stage, "touchStart", {"x": x, "y": y - 250})
        for step in range(1, 9):
            await _touch(stage, "touchMove", {"x": x, "y": y - 250 + step * 60})
            await asyncio.sleep(0.008)
        await _touch(stage, "touchEnd")
        await asyncio.sleep(0.5)
    if await stage.page.evaluate(READ_POSITION) == before:
        raise SystemExit("the list was not moved by touch")


async def _touch(stage: Stage, kind: str, *points: dict[str, float]) -> None:
    # Input.synthesizeScrollGesture would be shorter, but without a window its touches do not move.
    await stage.debugger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": list(points)})


async def page_up(stage: Stage) -> None:
    await stage.page.locator(BOX).focus()
    for _ in range(25):
        await stage.page.keyboard.press("PageUp")
        await asyncio.sleep(0.15)


async def home_and_end(stage: Stage) -> None:
    await stage.page.locator(BOX).focus()
    for key in ("Home", "End", "Home", "End"):
        await stage.page.keyboard.press(key)
        await asyncio.sleep(1.2)


async def drag_far(stage: Stage) -> None:
    """The thumb of the scroll bar taken up to the past, and back."""
    box = await stage.page.locator(BOX).bounding_box()
    assert box
    x = box["x"] + box["width"] - 5
    await stage.page.mouse.move(x, box["y"] + box["height"] - 24)
    await stage.page.mouse.down()
    for share in (0.8, 0.5, 0.2, 0.05, 0.4, 0.9):
        await stage.page.mouse.move(x, box["y"] + box["height"] * share, steps=20)
        await asyncio.sleep(0.3)
    await stage.page.mouse.up()


async def while_messages_come(stage: Stage) -> None:
    """Scrolling while a friend writes."""
    scrolling = asyncio.create_task(wheel_up(stage, 5.0, -120))
    number = 0
    while not scrolling.done():
        number += 1
        await stage.friend.send("reader", f"Just now {number}")
        await asyncio.sleep(0.25)
    await scrolling
