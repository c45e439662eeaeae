"""What the page's main thread did, by its own processor time: what else the machine does hardly counts.

Chromium's throttle spins for as long as time passed, also while others had the processor: on a machine that
is not idle it tells nothing. These figures come from an unthrottled run and are multiplied.
"""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Browser, Page

CATEGORIES = ["toplevel", "devtools.timeline"]
Event = dict[str, Any]


@dataclass
class Trace:
    """What the tasks of the page's main thread cost, in milliseconds of processor time, cheapest first."""

    costs: list[float] = field(default_factory=list)


@asynccontextmanager
async def trace(browser: Browser, page: Page) -> AsyncIterator[Trace]:
    traced = Trace()
    await browser.start_tracing(page=page, categories=CATEGORIES)
    yield traced
    events: list[Event] = json.loads(await browser.stop_tracing())["traceEvents"]
    traced.costs = sorted(_list_costs(events))


def _list_costs(events: list[Event]) -> Iterator[float]:
    """Yield the cost of every task; tasks within tasks count with the outer one."""
    pages = {(event["pid"], event["tid"]) for event in events if event.get("name") == "FunctionCall"}
    tasks = [e for e in events if e.get("name", "").endswith("RunTask") and "tdur" in e]
    for thread in pages:
        own = [task for task in tasks if (task["pid"], task["tid"]) == thread]
        end = 0
        for task in sorted(own, key=lambda task: (task["ts"], -task["dur"])):
            if task["ts"] < end:
                continue
            end = task["ts"] + task["dur"]
            # Virtual machines count some time twice: nothing costs more than it takes.
            yield min(task["tdur"], task["dur"]) / 1000
