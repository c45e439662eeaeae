"""Group commit: what many callers want written goes into one transaction; each is answered after its COMMIT.

Knows no noun: a planner turns the items of a batch into statements and one outcome for each. The refusal of
an item is its outcome, so it never touches its neighbours. The queue is bounded; beyond it callers must wait.
"""

import asyncio
import logging
import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

from hearth.db.bulk import Steps, Syntax
from hearth.db.failures import find_storage_failure, is_lost_race, make_unavailable
from hearth.db.lanes import open_lane
from hearth.errors import Busy, HearthError, Internal
from hearth.figures import BatchFigures

if TYPE_CHECKING:
    from hearth.db.engine import Database

LOG = logging.getLogger(__name__)
Item = TypeVar("Item")
Outcome = TypeVar("Outcome")
QUEUE_ITEMS = 4096
BATCH_ITEMS = 512
BATCH_BYTES = 1024 * 1024
RETRY_SECONDS = 5.0
"""For how long a batch that loses deadlocks is run again before its callers are told to come back."""
BUSY_RETRY_AFTER = 1.0

Planner = Callable[[Sequence[Item], Syntax], Steps[list[Outcome | HearthError]]]
Deliver = Callable[[Sequence[Item], Sequence[Outcome | HearthError]], None]


class Waiting(Generic[Item, Outcome]):
    """One item in the queue, its weight in bytes, and whom to tell."""

    __slots__ = ("future", "item", "weight")

    def __init__(self, item: Item, weight: int, future: "asyncio.Future[Outcome]") -> None:
        self.item = item
        self.weight = weight
        self.future = future


class Committer(Generic[Item, Outcome]):
    """One per process. While a batch is being committed the next one gathers."""

    def __init__(
        self, database: "Database", plan: Planner[Item, Outcome], deliver: Deliver[Item, Outcome]
    ) -> None:
        self._database = database
        self._plan = plan
        self._deliver = deliver
        self._lane = open_lane(database)
        self._queue: deque[Waiting[Item, Outcome]] = deque()
        self._wake = asyncio.Event()
        self._is_stopping = False
        self._task: asyncio.Task[None] | None = None
        self._batch_since: float | None = None
        self.figures = BatchFigures()

    async def start(self) -> None:
        """Begin to take items."""
        self._task = asyncio.create_task(self._work(), name="committer")

    async def stop(self) -> None:
        """Write what was accepted, then close the connection. New items are refused from now on."""
        self._is_stopping = True
        self._wake.set()
        task, self._task = self._task, None
        if task is not None:
            await task
            await self._lane.close()

    @property
    def depth(self) -> int:
        """How many items wait for their batch."""
        return len(self._queue)

    def is_alive(self, stalled_seconds: float, crowded: float) -> bool:
        """Whether items are taken: the task runs, no batch takes so long, the queue is less full (0 to 1)."""
        if self._task is None or self._task.done() or len(self._queue) > QUEUE_ITEMS * crowded:
            return False
        return self._batch_since is None or time.monotonic() - self._batch_since < stalled_seconds

    def submit(self, item: Item, weight: int = 0) -> "asyncio.Future[Outcome]":
        """Queue an item of `weight` bytes; the future resolves after COMMIT, or with the item's refusal.

        Raises Busy when the queue is full. A caller that gives up waiting does not undo the write.
        """
        if self._is_stopping or self._task is None or len(self._queue) >= QUEUE_ITEMS:
            raise Busy(retry_after=BUSY_RETRY_AFTER)
        future: asyncio.Future[Outcome] = self._task.get_loop().create_future()
        self._queue.append(Waiting(item, weight, future))
        self._wake.set()
        return future

    async def _work(self) -> None:
        while True:
            await self._wake.wait()
            batch = self._take()
            if batch:
                await self._finish(batch)
            elif self._is_stopping:
                return
            else:
                self._wake.clear()

    def _take(self) -> list[Waiting[Item, Outcome]]:
        """Return the next items in the order they came, at most a batch full; at least one if any waits."""
        batch: list[Waiting[Item, Outcome]] = []
        weight = 0
        queue = self._queue
        while queue and len(batch) < BATCH_ITEMS and (not batch or weight + queue[0].weight <= BATCH_BYTES):
            waiting = queue.popleft()
            weight += waiting.weight
            batch.append(waiting)
        return batch

    async def _finish(self, batch: list[Waiting[Item, Outcome]]) -> None:
        items = [waiting.item for waiting in batch]
        self._batch_since = begun = time.monotonic()
        try:
            async with self._database.take_turn():
                outcomes = await self._commit(items)
        except BaseException:  # only the end of the event loop leads here; nobody may wait for ever
            for waiting in batch:
                waiting.future.cancel()
            raise
        self._batch_since = None
        self.figures.sizes.add(len(items))
        self.figures.seconds.add(time.monotonic() - begun)
        # Callers first: their answers and what is delivered then leave in the same turn of the event loop.
        for waiting, outcome in zip(batch, outcomes, strict=True):
            if waiting.future.done():
                continue
            if isinstance(outcome, HearthError):
                waiting.future.set_exception(outcome)
            else:
                waiting.future.set_result(outcome)
        try:
            self._deliver(items, outcomes)
        except Exception:  # it is on disk, and the callers are told so
            LOG.exception("committed, but telling others failed")

    async def _commit(self, items: Sequence[Item]) -> list[Outcome | HearthError]:
        """Write the items in one transaction; a batch that cannot be is halved until the culprit is alone."""
        deadline = time.monotonic() + RETRY_SECONDS
        while True:
            try:
                return await self._lane.run(lambda: self._plan(items, self._lane.syntax))
            except Exception as error:  # every failure of a driver comes here and is sorted below
                if is_lost_race(error):
                    if time.monotonic() < deadline:
                        await asyncio.sleep(random.uniform(0, 0.02))  # noqa: S311 - jitter, not a secret
                        continue
                    return self._refuse(items, "lost every race for its locks")
                if reason := find_storage_failure(error):
                    return self._refuse(items, reason)
                LOG.exception("a batch of %d could not be written", len(items))
            if len(items) == 1:
                return [Internal()]
            middle = len(items) // 2
            return [*await self._commit(items[:middle]), *await self._commit(items[middle:])]

    def _refuse(self, items: Sequence[Item], reason: str) -> list[Outcome | HearthError]:
        LOG.error("a batch of %d was not written: %s", len(items), reason)
        self._database.failures[reason] += 1
        self.figures.refused += len(items)
        return [make_unavailable() for _ in items]
