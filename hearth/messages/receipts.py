"""Receipts on their way to the database: coalesced per conversation and member, written a moment later.

They only grow, so merging two marks is taking the higher of each cursor; a crash may lose the last moment's.
"""

import asyncio
from collections.abc import Callable

from hearth.errors import Busy
from hearth.messages.append import Mark, Marks

FLUSH_SECONDS = 0.25
"""How far apart flushes are while marks keep coming."""
FIRST_SECONDS = 0.02
"""How soon the first mark after a quiet while is written."""
MAX_WAITING = 65_536
MARKS_PER_ITEM = 512


class ReceiptBuffer:
    """What waits to be written; `flush` is called with at most MARKS_PER_ITEM marks at a time."""

    def __init__(self, flush: Callable[[Marks], None]) -> None:
        self._flush = flush
        self._waiting: dict[tuple[bytes, int], Mark] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._flushed_at = 0.0
        self._is_closed = False

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, mark: Mark) -> None:
        """Merge a mark with what waits. Raises Busy when far too much does, and after `close`."""
        key = (mark.conversation_id, mark.user_id)
        waiting = self._waiting.get(key)
        if self._is_closed or (waiting is None and len(self._waiting) >= MAX_WAITING):
            raise Busy(retry_after=1.0)
        self._waiting[key] = mark if waiting is None else merge(waiting, mark)
        if self._timer is None:
            loop = asyncio.get_running_loop()
            due = max(loop.time() + FIRST_SECONDS, self._flushed_at + FLUSH_SECONDS)
            self._timer = loop.call_at(due, self.flush_now)

    def flush_now(self) -> None:
        """Hand over everything that waits; what a full queue refuses waits for the next flush."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._flushed_at = asyncio.get_running_loop().time()
        marks, self._waiting = list(self._waiting.values()), {}
        for start in range(0, len(marks), MARKS_PER_ITEM):
            part = tuple(marks[start : start + MARKS_PER_ITEM])
            try:
                self._flush(part)
            except Busy:
                self.give_back(marks[start:])
                return

    def close(self) -> None:
        """Hand over what waits and take nothing more."""
        self.flush_now()
        self._is_closed = True
        if self._timer is not None:
            self._timer.cancel()

    def give_back(self, marks: list[Mark] | Marks) -> None:
        """Keep marks that could not be written for the next flush, as far as there is room."""
        for mark in marks:
            try:
                self.add(mark)
            except Busy:
                return


def merge(first: Mark, second: Mark) -> Mark:
    """Return the mark that says what both say."""
    return Mark(
        first.conversation_id,
        first.user_id,
        max(first.delivered_seq, second.delivered_seq),
        max(first.read_seq, second.read_seq),
    )
