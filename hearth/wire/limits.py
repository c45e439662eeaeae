"""Rate limits: token buckets by name and key, the same ones for socket and HTTP. Bounded in memory."""

import re
from functools import lru_cache
from typing import NamedTuple

from hearth.clock import Clock
from hearth.errors import TooManyRequests

MAX_BUCKETS = 100_000
SPARE_BUCKETS = 10_000
"""How many are dropped at once when the table is full of buckets in use."""


class Limit(NamedTuple):
    """At most `burst` at once, refilled evenly over `seconds`."""

    burst: int
    seconds: float


@lru_cache(maxsize=512)
def parse_limit(text: str) -> Limit:
    """Read "20/10s" as twenty in ten seconds."""
    match = re.fullmatch(r"(\d+)/(\d+)s", text)
    if match is None:
        raise ValueError(f"not a limit: {text!r}")
    return Limit(int(match[1]), float(match[2]))


class Limits:
    """All buckets of one process. `scale` multiplies every burst; it is for benchmarks and bots."""

    def __init__(self, clock: Clock, scale: float = 1.0) -> None:
        self._clock = clock
        self._scale = scale
        self._buckets: dict[tuple[str, str | int], tuple[float, float]] = {}
        """(bucket, key) → (monotonic time by which it is full again, seconds in which it refills)"""

    def take(self, bucket: str, key: str | int, limit: str, cost: float = 1.0) -> None:
        """Take `cost` from a bucket or raise TooManyRequests with the seconds to wait."""
        burst, seconds = parse_limit(limit)
        now = self._clock.monotonic()
        place = (bucket, key)
        known = self._buckets.get(place)
        full_at = now if known is None or known[0] < now else known[0]
        full_at += seconds * cost / (burst * self._scale)
        excess = full_at - now - seconds
        if excess > 1e-9:
            raise TooManyRequests(retry_after=excess)
        if known is None and len(self._buckets) >= MAX_BUCKETS:
            self._make_room(now)
        self._buckets[place] = (full_at, seconds)

    def check(self, bucket: str, key: str | int, limit: str) -> None:
        """Raise TooManyRequests when nothing is left, without taking anything."""
        burst, seconds = parse_limit(limit)
        now = self._clock.monotonic()
        full_at = self._buckets.get((bucket, key), (now, seconds))[0]
        excess = full_at + seconds / (burst * self._scale) - now - seconds
        if excess > 1e-9:
            raise TooManyRequests(retry_after=excess)

    def _make_room(self, now: float) -> None:
        """Drop the buckets that are full again; if somebody filled the table, the fullest ones, many at once.

        So a flood of new keys costs little each, and whoever has used up a limit is not set free by it.
        """
        self._buckets = {key: value for key, value in self._buckets.items() if value[0] > now}
        surplus = len(self._buckets) - MAX_BUCKETS + SPARE_BUCKETS
        if surplus > 0:
            ordered = sorted(self._buckets.items(), key=lambda item: (item[1][0] - now) / item[1][1])
            self._buckets = dict(ordered[surplus:])
