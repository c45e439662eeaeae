"""What a server counts about itself: plain numbers, cheap enough for every command. `/metrics` shows them."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Histogram:
    """How often a value fell at or below each bound; `counts` has one more place for what is above all."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(self.bounds) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def list_cumulative(self) -> list[tuple[str, float]]:
        """Return (bound, how many at or below it) up to +Inf, as Prometheus wants them."""
        rows, seen = [], 0
        for bound, count in zip([*map(repr, self.bounds), "+Inf"], self.counts, strict=True):
            seen += count
            rows.append((bound, float(seen)))
        return rows


class BatchFigures:
    """Of the committer: how many items a batch had, how long its transaction took, how many were refused."""

    def __init__(self) -> None:
        self.sizes = Histogram(SIZES)
        self.seconds = Histogram(SECONDS)
        self.refused = 0


class CallFigures:
    """Of the faces: commands by name and outcome, requests by method, route and status. Both are bounded."""

    def __init__(self) -> None:
        self.commands: Counter[tuple[str, str]] = Counter()
        self.requests: Counter[tuple[str, str, int]] = Counter()
