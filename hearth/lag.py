"""How late the event loop is: a timer that should ring twice a second, and by how much it rings too late."""

import asyncio
import logging
from collections import deque

from hearth.figures import SECONDS, Histogram
from hearth.tasks import end_task

LOG = logging.getLogger(__name__)
STEP = 0.5
KEEP = 120
"""Steps that `worst` looks back on: one minute."""
ALARM = 1.0
"""Seconds of lag that are worth a line in the log."""


class LoopLag:
    """Measures between `start` and `stop`."""

    def __init__(self) -> None:
        self.seconds = Histogram(SECONDS)
        self._recent: deque[float] = deque([0.0], KEEP)
        self._task: asyncio.Task[None] | None = None

    @property
    def worst(self) -> float:
        """The worst lag of the last minute, in seconds."""
        return max(self._recent)

    def start(self) -> None:
        self._task = asyncio.create_task(self._measure(), name="loop lag")

    async def stop(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            await end_task(task)

    async def _measure(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + STEP
            await asyncio.sleep(STEP)
            lag = max(0.0, loop.time() - due)
            self.seconds.add(lag)
            self._recent.append(lag)
            if lag >= ALARM:
                LOG.warning("event loop was late", extra={"fields": {"seconds": round(lag, 3)}})
