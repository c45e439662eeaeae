"""Ending a task for certain."""

import asyncio
import contextlib

import pytest

from hearth import tasks
from hearth.tasks import end_task


async def test_a_task_that_forgets_a_cancellation_ends_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "AGAIN_AFTER", 0.05)

    async def forget_once() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        await asyncio.sleep(60)

    task = asyncio.create_task(forget_once())
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await end_task(task)
    assert task.cancelled()


async def test_what_it_ends_with_is_nobody_elses_trouble() -> None:
    async def fail() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            raise OSError("on the way out")

    task = asyncio.create_task(fail())
    await asyncio.sleep(0)
    await end_task(task)
    with pytest.raises(OSError, match="on the way out"):
        task.result()
