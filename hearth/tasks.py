"""Ending a task for certain."""

import asyncio
from typing import Any

AGAIN_AFTER = 5.0
"""Seconds after which a task that goes on is cancelled once more; cleaning up is not to be cut off."""


async def end_task(task: "asyncio.Task[Any]") -> None:
    """Cancel a task and wait for its end, whatever it ends with.

    Once is not enough: `asyncio.wait_for` before Python 3.12, which the libraries below us use, forgets a
    cancellation that comes together with what it waited for.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=AGAIN_AFTER)
    if not task.cancelled():
        task.exception()  # looked at, so that nobody is told of it when the task is collected
