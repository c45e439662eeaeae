"""People in the middle of a conversation, for whom a storm around them must change nothing."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

from tests.faults.rig.oracle import quantile
from tests.faults.rig.pair import Pair

LIVE_P99 = 2.0
"""Seconds."""
SERVER_FAULTS = 0.00025


class Established:
    """Two people in the middle of a conversation: each send and read is timed, each fault counted."""

    def __init__(self, pair: Pair) -> None:
        self._pair = pair
        self.times: list[float] = []
        self.faults = 0

    async def talk(self) -> None:
        raw = await self._pair.open()
        try:
            async with self._pair.open_http() as http:
                while True:
                    fields = await self._pair.make_send("in the storm")
                    begun = time.monotonic()
                    answer = await raw.call("message.send", fields)
                    self.times.append(time.monotonic() - begun)
                    status = (
                        await http.post("/api/message.history", json=self._pair.make_read())
                    ).status_code
                    self.times.append(time.monotonic() - begun - self.times[-1])
                    self.faults += ("ok" not in answer) + (status >= 500)
                    await asyncio.sleep(0.02)
        finally:
            raw.cut()

    @contextlib.asynccontextmanager
    async def talking(self) -> AsyncIterator[None]:
        talk = asyncio.create_task(self.talk())
        try:
            yield
        finally:
            talk.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await talk

    def check(self) -> None:
        assert len(self.times) >= 10, "hardly anything was said: the run proves nothing"
        assert quantile(self.times, 0.99) <= LIVE_P99
        assert self.faults <= SERVER_FAULTS * len(self.times)
