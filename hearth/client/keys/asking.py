"""Asking the server for what concerns keys, over HTTP: bodies are large, and it works before there is
a socket.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

from hearth.client.pauses import Pauses
from hearth.client.problems import Disconnected, Unreachable, is_retryable
from hearth.client.wire.http import Http
from hearth.contract import Command
from hearth.errors import HearthError

MOST_TRIES = 6
FIRST_PAUSE = 0.4
MAX_PAUSE = 15.0
MOST_WAIT = 60.0
"""Seconds: who asks may hold the keys, and a day's budget may be used up for hours."""
MOVED = frozenset({"chain_moved", "vault_moved", "generation_moved", "receive_moved"})


def is_moved(error: HearthError) -> bool:
    """Tell whether another device was quicker: what was made is made anew on what stands there now."""
    return error.code in MOVED


class Asker:
    """Carries out a command until there is an answer; every command of keys may be repeated byte by byte.

    `wait` waits for a connection and raises when there will be none; without it six tries are made.
    """

    def __init__(self, http: Http, wait: Callable[[], Awaitable[None]] | None = None) -> None:
        self._http = http
        self._wait = wait

    async def __call__(self, command: Command, result: type[Any], /) -> Any:
        """Return the result. Raises HearthError, and Disconnected or Unreachable when nobody answers.

        One that may be tried again is raised when the server names a longer wait than a minute.
        """
        pauses, tries = Pauses(FIRST_PAUSE, MAX_PAUSE), 0
        while True:
            tries += 1
            try:
                return await self._http.call(command, result)
            except (Disconnected, Unreachable):
                if self._wait is None and tries == MOST_TRIES:
                    raise
                wait = pauses.next()
            except HearthError as error:
                if not is_retryable(error) or (error.retry_after or 0.0) > MOST_WAIT:
                    raise
                wait = pauses.next(error.retry_after)
            await asyncio.sleep(wait * random.uniform(0.5, 1.2))  # noqa: S311 - jitter, not a secret
            if self._wait is not None:
                await self._wait()
