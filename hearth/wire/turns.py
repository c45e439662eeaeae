"""Turns for heavy commands: a few are worked on at a time, some wait in line, the rest are told to come back.

When everybody reconnects at once, whoever is connected already must not wait behind all of them.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hearth.errors import Busy

RETRY_SECONDS = (2.0, 8.0)
"""Between these, so that those who were sent away do not come back together."""


class Turns:
    """At most `at_once` hold a turn, at most `waiting` wait for one, first come, first served."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._room = waiting
        self._waiting = 0

    @asynccontextmanager
    async def take(self) -> AsyncIterator[None]:
        """Hold a turn for the length of the block. Raises Busy when the line is too long."""
        if self._waiting >= self._room:
            raise Busy(retry_after=random.uniform(*RETRY_SECONDS))  # noqa: S311 - jitter, not a secret
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._free.release()
