"""Time as a dependency, so that tests can fix it: wall time for people, monotonic for everything else."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """Return the wall time, UTC, in whole milliseconds."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never run backwards, for durations and limits."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> datetime:
        moment = datetime.now(UTC)
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    monotonic = staticmethod(time.monotonic)
