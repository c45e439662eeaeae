"""What the page's main thread did, by its own processor time: what else the machine does hardly counts.

Chromium's throttle spins for as long as time passed, also while others had the processor: on a machine that
is not idle it tells nothing. These figures come from an unthrottled run and are multiplied.
"""

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import CDPSession

CATEGORIES = ["toplevel", "devtools.timeline"]
FRAME = "FireAnimationFrame"
PIECE = 1 << 20
"""Characters of a trace that are read at a time."""
Event = dict[str, Any]

CAUSES = {
    "script": ("FunctionCall", "v8.", "RunMicrotasks", "FireAnimationFrame", "EventDispatch", "TimerFire"),
    "garbage": ("MinorGC", "MajorGC", "V8.GC", "BlinkGC", "CppGC"),
    "style": ("UpdateLayoutTree",),
    "layout": ("Layout",),
    "paint": ("PrePaint", "Paint", "Layerize", "UpdateLayer", "Commit", "Decode", "Draw"),
    "pointing": ("HitTest",),
}
"""What the beginning of an event's name says about why the time was spent."""


@dataclass(frozen=True)
class Task:
    """What one task cost in milliseconds of processor time, and what for."""

    cost: float
    causes: dict[str, float]
    ends_frame: bool = False
    """Whether it drew a frame: after it another begins."""


@dataclass
class Trace:
    """The tasks of the page's main thread, and its frames, cheapest first."""

    tasks: list[Task] = field(default_factory=list)
    frames: list[Task] = field(default_factory=list)


@asynccontextmanager
async def trace(debugger: CDPSession) -> AsyncIterator[Trace]:
    traced = Trace()
    config = {"includedCategories": CATEGORIES, "excludedCategories": ["*"]}
    await debugger.send("Tracing.start", {"transferMode": "ReturnAsStream", "traceConfig": config})
    yield traced
    complete: asyncio.Future[Event] = asyncio.get_running_loop().create_future()
    debugger.once("Tracing.tracingComplete", lambda event: complete.set_result(event))
    await debugger.send("Tracing.end")
    stream = (await complete)["stream"]
    events = json.loads("".join([piece async for piece in _read(debugger, stream)]))["traceEvents"]
    tasks = list(list_tasks(events))
    traced.frames = sorted(list_frames(tasks), key=lambda frame: frame.cost)
    traced.tasks = sorted(tasks, key=lambda task: task.cost)


async def _read(debugger: CDPSession, stream: str) -> AsyncIterator[str]:
    is_end = False
    while not is_end:
        piece = await debugger.send("IO.read", {"handle": stream, "size": PIECE})
        is_end = piece["eof"]
        yield piece["data"]
    await debugger.send("IO.close", {"handle": stream})


def list_tasks(events: list[Event]) -> Iterator[Task]:
    """Yield every task of the page's main thread; tasks within tasks count with the outer one."""
    own = _find_thread(events)
    timed = [e for e in events if e.get("ph") == "X" and "tdur" in e and (e["pid"], e["tid"]) == own]
    timed.sort(key=lambda event: (event["ts"], -event["dur"]))
    inside: list[Event] = []
    end = 0
    for event in timed:
        if event["ts"] < end:
            inside.append(event)
            continue
        if inside:
            yield _make_task(inside)
        inside = [event] if event["name"].endswith("RunTask") else []
        end = event["ts"] + event["dur"] if inside else 0
    if inside:
        yield _make_task(inside)


def list_frames(tasks: Iterable[Task]) -> Iterator[Task]:
    """Yield what each frame cost: all tasks since the one before, with the one that drew it.

    It is right while the page asks for a frame all the time.
    """
    cost: float = 0
    causes: defaultdict[str, float] = defaultdict(float)
    for task in tasks:
        cost += task.cost
        for cause, share in task.causes.items():
            causes[cause] += share
        if task.ends_frame:
            yield Task(cost, dict(causes), True)
            cost, causes = 0, defaultdict(float)


def _find_thread(events: list[Event]) -> tuple[int, int]:
    """Return the process and the thread that drew most of the frames, or else ran most of the scripts."""
    for name in (FRAME, "FunctionCall"):
        counts = Counter((e["pid"], e["tid"]) for e in events if e.get("name") == name)
        if counts:
            return counts.most_common(1)[0][0]
    raise ValueError("a trace in which no page did anything")


def _make_task(events: list[Event]) -> Task:
    """Add up what each event of a task, the task first, cost without those within it."""
    causes: defaultdict[str, float] = defaultdict(float)
    within: list[tuple[int, str]] = []
    for event in events:
        while within and within[-1][0] <= event["ts"]:
            within.pop()
        cause = _find_cause(event["name"]) or (within[-1][1] if within else "other")
        cost = _weigh(event)
        if within:
            causes[within[-1][1]] -= cost
        causes[cause] += cost
        within.append((event["ts"] + event["dur"], cause))
    return Task(_weigh(events[0]), dict(causes), any(event["name"] == FRAME for event in events))


def _find_cause(name: str) -> str | None:
    for cause, beginnings in CAUSES.items():
        if name.startswith(beginnings):
            return cause
    return None


def _weigh(event: Event) -> float:
    # Virtual machines count some time twice: nothing costs more than it takes.
    milliseconds: float = min(event["tdur"], event["dur"]) / 1000
    return milliseconds
