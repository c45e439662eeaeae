"""A TCP proxy on loopback that cuts, swallows and stands still at will, between bots and the server."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

RESET = b"\x01\x00\x00\x00\x00\x00\x00\x00"
"""struct linger {1, 0}: closing sends RST instead of FIN."""


@dataclass(slots=True)
class Flow:
    """A connection as a router knows it."""

    used_at: float


class Proxy:
    """Forwards to one port of this machine. What it does to connections may change at any moment."""

    def __init__(self, target: int, listener: socket.socket | None = None) -> None:
        self.target = target
        self._listener = listener
        self.port = 0
        self.swallows_answers = False
        """Whatever the server says is lost, what it is told arrives."""
        self.forgets_after: float | None = None
        """Seconds after which a router forgets a flow on which nothing came by; `forgotten` counts those."""
        self.forgotten = 0
        self._passing = asyncio.Event()
        self._passing.set()
        self._server: asyncio.Server
        self._links: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def open(self) -> None:
        if self._listener is not None:
            self._server = await asyncio.start_server(self._link, sock=self._listener)
        else:
            self._server = await asyncio.start_server(self._link, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        self._server.close()
        self.cut_all()
        for link in tuple(self._links):
            link.cancel()
        await asyncio.gather(*self._links, return_exceptions=True)

    def cut_all(self) -> int:
        """Reset every connection on both sides; returns how many ends that were."""
        count = len(self._writers)
        for writer in tuple(self._writers):
            reset(writer)
        return count

    def freeze(self) -> None:
        """Nothing passes from now on, and nobody is told: a cable pulled."""
        self._passing.clear()

    def thaw(self) -> None:
        self._passing.set()

    async def _link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._links.add(task)
        self._writers.add(writer)
        ends = [writer]
        try:
            server_reader, server_writer = await self.connect()
            self._writers.add(server_writer)
            ends.append(server_writer)
            flow = Flow(time.monotonic())
            await asyncio.gather(
                self._forward(reader, server_writer, flow, is_answer=False),
                self._forward(server_reader, writer, flow, is_answer=True),
            )
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            for end in ends:
                reset(end)
                self._writers.discard(end)
            self._links.discard(task)

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """The way on to the server."""
        return await asyncio.open_connection("127.0.0.1", self.target)

    async def _forward(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, flow: Flow, *, is_answer: bool
    ) -> None:
        while data := await reader.read(65536):
            await self._passing.wait()
            if self.forgets_after is not None and time.monotonic() - flow.used_at > self.forgets_after:
                self.forgotten += 1
                break
            flow.used_at = time.monotonic()
            if is_answer and self.swallows_answers:
                continue
            writer.write(data)
            await writer.drain()
        raise ConnectionResetError


def reset(writer: asyncio.StreamWriter) -> None:
    """Close a connection with RST."""
    sock = writer.transport.get_extra_info("socket")
    with contextlib.suppress(OSError, AttributeError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    writer.transport.abort()


@asynccontextmanager
async def open_proxy(target: int) -> AsyncIterator[Proxy]:
    proxy = Proxy(target)
    await proxy.open()
    try:
        yield proxy
    finally:
        await proxy.close()
