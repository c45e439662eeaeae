"""When each session's heart beats next: one timer for all of them, and only while there are any.

A timer of its own costs a session half a KiB. Here it is a name in a list, looked at when its time has come;
a name that stands there from before, because its time was moved, is passed over.
"""

import asyncio
from math import ceil
from typing import Protocol


class Beating(Protocol):
    """What is planned here."""

    beats_at: float
    """Seconds of the loop's clock; infinity once it beats no more."""

    def beat(self) -> None: ...


class Heartbeats:
    """Calls `beat` of everything planned, at most `step` seconds late."""

    def __init__(self, loop: asyncio.AbstractEventLoop, step: float) -> None:
        self.step = step
        self._loop = loop
        self._slots: dict[int, list[Beating]] = {}
        self._next = 0
        self._timer: asyncio.TimerHandle | None = None

    def plan(self, beating: Beating, seconds: float) -> None:
        """Let it beat that many seconds from now instead of when it was to beat before."""
        beating.beats_at = self._loop.time() + seconds
        self._slots.setdefault(self._slot_of(beating.beats_at), []).append(beating)
        if self._timer is None:
            self._next = int(self._loop.time() / self.step)
            self._wait()

    def _slot_of(self, moment: float) -> int:
        return ceil(moment / self.step)

    def _wait(self) -> None:
        self._timer = self._loop.call_at((self._next + 1) * self.step, self._tick)

    def _tick(self) -> None:
        now = int(self._loop.time() / self.step)
        while self._next < now:
            self._next += 1
            for beating in self._slots.pop(self._next, ()):
                if beating.beats_at <= self._next * self.step:
                    beating.beat()
        if self._slots:
            self._wait()
        else:
            self._timer = None
