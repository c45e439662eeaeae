"""Says whether the client is as it must be by what was measured: each way of scrolling, and opening."""

import os
import statistics
from collections.abc import Iterator
from typing import Any

from bench.client.scrolling import FRAME_MS

Figures = dict[str, Any]
OPEN_MS = 100
"""The time from the press to the messages, on this machine."""


def list_misses(figures: Figures) -> Iterator[str]:
    """Yield a sentence for each bar that is missed; none when all is met.

    Frames are judged by the clock, which is right on an idle machine, in the median round: single ones are
    over the bar in a page without our scripts as well (the control). Processor time says why.
    """
    opened = figures["open"]["median_ms"]
    if opened >= OPEN_MS:
        yield f"opening takes {opened} ms, to be below {OPEN_MS}"
    for way, by_clock in figures["throttled"].items():
        over = statistics.median(by_clock["over_50_ms_of_each"])
        if over > 0:
            longest = f"the longest {by_clock['worst_ms']:.1f} ms"
            yield f"{way}: {over:g} frames over {FRAME_MS} ms in the median round, {longest}"


def print_client(figures: Figures) -> None:
    print(f"\nOne conversation of {figures['messages']:,} messages in the browser:")
    for name in ("open", "open_throttled"):
        opened = figures[name]
        print(f"  {name}: {opened['median_ms']} ms (worst {opened['worst_ms']}), to be below {OPEN_MS}")
    _print_ways("a device four times slower", figures)
    if "control" in figures:
        _print_ways("the same rows without our scripts", figures["control"])
    print(f"  after it all: {figures['memory']}")
    print(f"  load of the machine: {', '.join(f'{load:.1f}' for load in os.getloadavg())}")
    misses = list(list_misses(figures))
    print("\n" + ("\n".join(f"  missed: {miss}" for miss in misses) if misses else "  every bar is met"))


def _print_ways(title: str, figures: Figures) -> None:
    print(f"  {title}: longest frame of all rounds, and how many of each round are over {FRAME_MS} ms")
    print(f"    {'':20} {'by the clock':28} {'by processor time':28} its dearest task alone")
    for way, by_clock in figures["throttled"].items():
        cost = figures["processor"][way]
        columns = [_say(by_clock), _say(cost["frames"]), _say(cost["tasks"])]
        print(f"    {way:20} " + " ".join(f"{column:28}" for column in columns).rstrip())
        for frame in cost["frames"]["dearest"]:
            print("        " + ", ".join(f"{name} {milliseconds}" for name, milliseconds in frame.items()))


def _say(measured: Figures) -> str:
    over = measured["over_50_ms_of_each"]
    return f"{measured['worst_of_all_ms']:5.1f} ms, {' '.join(map(str, over)) if any(over) else 'none'}"
