"""Waiting for something that nobody announces."""

import asyncio
from collections.abc import Callable


async def wait_until(condition: Callable[[], bool], seconds: float, *, every: float = 0.01) -> None:
    """Return once the condition holds. Raises TimeoutError after `seconds`."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what is waited for happens in another process
            await asyncio.sleep(every)
