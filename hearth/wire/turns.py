"""Turns for heavy commands: a few are worked on at a time, some wait in line, the rest are told to come back.

When everybody reconnects at once, whoever is connected already must not wait behind all of them. Users take
turns too: whoever asks for much waits behind themselves, not everybody behind them.
"""

import asyncio
import random
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hearth.errors import Busy

RETRY_SECONDS = (2.0, 8.0)
"""Between these, so that those who were sent away do not come back together."""


class Turns:
    """At most `at_once` hold a turn, at most `waiting` wait for one: each user's in the order they came, and
    between users in the round."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._free = at_once
        self._room = waiting
        self._lines: OrderedDict[int, deque[asyncio.Future[None]]] = OrderedDict()

    @asynccontextmanager
    async def take(self, user_id: int) -> AsyncIterator[None]:
        """Hold a turn for the length of the block. Raises Busy when the line is too long."""
        if self._free:
            self._free -= 1
        else:
            await self._wait(user_id)
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, user_id: int) -> None:
        """Return with a turn."""
        if not self._room:
            raise Busy(retry_after=random.uniform(*RETRY_SECONDS))  # noqa: S311 - jitter, not a secret
        turn = asyncio.get_running_loop().create_future()
        self._lines.setdefault(user_id, deque()).append(turn)
        self._room -= 1
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # it had been given, and nobody is left to take it
                self._pass_on()
            raise
        finally:
            self._room += 1

    def _pass_on(self) -> None:
        """Give a turn to the first in line of the user whose round it is; with nobody there it is free."""
        while self._lines:
            user_id, line = self._lines.popitem(last=False)
            turn = line.popleft()
            if line:
                self._lines[user_id] = line
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
