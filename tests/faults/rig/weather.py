"""A slow, jittery, lossy network as TCP shows it: whoever is behind it gets late what others get at once.

By itself it is a model: a lost segment holds up everything behind it for a retransmission. With `cable`
(cable.py, root) the bytes really cross a link that is narrow and drops packets; then only the delay is added
here, because few kernels have netem.
"""

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.faults.rig.proxy import Flow, Proxy

SEGMENT = 1448
RETRANSMIT_SECONDS = 0.4
LUCK = 5


@dataclass(frozen=True, slots=True)
class Weather:
    """One direction: seconds of delay, how far they vary, bits a second, share of lost segments."""

    delay: float = 0.1
    jitter: float = 0.025
    rate: float = 256_000
    loss: float = 0.05


class SlowProxy(Proxy):
    """Forwards every byte, in order, as late as the weather makes it. `lost` counts segments.

    Which segments are lost is the same in every run, else one in twenty would be a hurricane.
    """

    def __init__(
        self, target: int, weather: Weather, *, dial: Callable[[], socket.socket] | None = None
    ) -> None:
        super().__init__(target)
        self.weather = weather
        self.lost = 0
        self._luck = random.Random(LUCK)
        self._dial = dial

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._dial is None:
            return await super().connect()
        return await asyncio.open_connection(sock=await asyncio.to_thread(self._dial))

    async def _forward(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, flow: Flow, *, is_answer: bool
    ) -> None:
        queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(64)
        giving = asyncio.create_task(self._give(writer, queue))
        try:
            await self._take(reader, queue)
        finally:
            giving.cancel()

    async def _take(self, reader: asyncio.StreamReader, queue: asyncio.Queue[tuple[float, bytes]]) -> None:
        """Note when each segment would arrive; none overtakes another."""
        now = asyncio.get_running_loop().time
        free_at = arrived = now()
        while data := await reader.read(SEGMENT):
            free_at = max(free_at, now()) + len(data) * 8 / self.weather.rate
            delay = self.weather.delay + random.uniform(-self.weather.jitter, self.weather.jitter)
            wait = RETRANSMIT_SECONDS
            while self._luck.random() < self.weather.loss:
                self.lost += 1
                delay += wait
                wait *= 2
            arrived = max(arrived, free_at + delay)
            await queue.put((arrived, data))
        raise ConnectionResetError

    async def _give(self, writer: asyncio.StreamWriter, queue: asyncio.Queue[tuple[float, bytes]]) -> None:
        now = asyncio.get_running_loop().time
        while True:
            at, data = await queue.get()
            await asyncio.sleep(max(0.0, at - now()))
            writer.write(data)
            await writer.drain()


@asynccontextmanager
async def open_weather(
    target: int, weather: Weather = Weather(), *, dial: Callable[[], socket.socket] | None = None
) -> AsyncIterator[SlowProxy]:
    proxy = SlowProxy(target, weather, dial=dial)
    await proxy.open()
    try:
        yield proxy
    finally:
        await proxy.close()
