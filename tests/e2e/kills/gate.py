"""Stands between a browser and the server and reads along: a send can be held before the server has it, its
answer before the browser has it. It knows WebSocket frames (RFC 6455) and just enough of Socket.IO.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.faults.rig.proxy import reset

SOCKET = re.compile(rb"GET /socket\.io/\S*transport=websocket")
SEND = re.compile(rb'^42(\d+)\["message\.send"')
CHUNK = 65536


@dataclass(eq=False)
class Link:
    """One connection of the browser. `awaited` are the beginnings of answers to sends."""

    browser: asyncio.StreamWriter
    server: asyncio.StreamWriter
    is_socket: bool
    is_held: bool = False
    awaited: set[bytes] = field(default_factory=set)


class Gate:
    """Forwards to a port of this machine. `holds` says what does not pass: a "send", an "answer", or None."""

    def __init__(self, target: int) -> None:
        self._target = target
        self.port = 0
        self.holds: str | None = None
        self.is_shut = False
        self.reached: dict[str, asyncio.Event] = {}
        self.sockets = 0
        """WebSockets that are open now."""
        self._server: asyncio.Server
        self._links: set[asyncio.Task[None]] = set()
        self._open: set[Link] = set()
        self.arm(None)

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        self._server.close()
        self.shut()
        for link in tuple(self._links):
            link.cancel()
        await asyncio.gather(*self._links, return_exceptions=True)

    def arm(self, holds: str | None) -> None:
        """Hold this from now on, and forget what was reached before."""
        self.holds = holds
        self.reached = {"sent": asyncio.Event(), "committed": asyncio.Event(), "answered": asyncio.Event()}

    def shut(self) -> None:
        """Cut everything and let nobody in: the server is away."""
        self.is_shut = True
        for link in tuple(self._open):
            reset(link.browser)
            reset(link.server)

    def unshut(self) -> None:
        self.is_shut = False

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._links.add(task)
        try:
            if not self.is_shut:
                await self._forward(reader, writer)
        except (OSError, asyncio.CancelledError, asyncio.IncompleteReadError):
            pass
        finally:
            reset(writer)
            self._links.discard(task)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.read(CHUNK)
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._target)
        link = Link(writer, server_writer, SOCKET.match(first) is not None)
        self._open.add(link)
        self.sockets += link.is_socket
        server_writer.write(first)
        if link.is_socket:
            ways = (self._ask(reader, link), self._answer(server_reader, link))
        else:
            ways = (pump(reader, server_writer), pump(server_reader, writer))
        tasks = [asyncio.create_task(way) for way in ways]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._open.discard(link)
            self.sockets -= link.is_socket
            reset(server_writer)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _ask(self, reader: asyncio.StreamReader, link: Link) -> None:
        """From the browser to the server, frame by frame."""
        while True:
            raw, payload = await read_frame(reader)
            if found := SEND.match(payload):
                link.awaited.add(b"43" + found[1] + b"[")
                self.reached["sent"].set()
                if self.holds == "send":
                    continue
                link.is_held = link.is_held or self.holds == "answer"
            link.server.write(raw)
            await link.server.drain()

    async def _answer(self, reader: asyncio.StreamReader, link: Link) -> None:
        """From the server to the browser. What is held is read all the same: it shows what was committed."""
        link.browser.write(await reader.readuntil(b"\r\n\r\n"))
        while True:
            raw, payload = await read_frame(reader)
            is_answer = any(payload.startswith(known) for known in link.awaited)
            if is_answer:
                self.reached["committed"].set()
            if link.is_held:
                continue
            link.browser.write(raw)
            await link.browser.drain()
            if is_answer:
                self.reached["answered"].set()


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Forward bytes until there are no more."""
    while data := await reader.read(CHUNK):
        writer.write(data)
        await writer.drain()


async def read_frame(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """One WebSocket frame as it came, and its payload in the clear (RFC 6455, section 5.2)."""
    head = await reader.readexactly(2)
    length = head[1] & 0x7F
    if length >= 126:
        head += await reader.readexactly(2 if length == 126 else 8)
        length = int.from_bytes(head[2:], "big")
    mask = await reader.readexactly(4) if head[1] & 0x80 else b""
    payload = await reader.readexactly(length)
    clear = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload)) if mask else payload
    return head + mask + payload, clear


@asynccontextmanager
async def open_gate(target: int) -> AsyncIterator[Gate]:
    gate = Gate(target)
    await gate.open()
    try:
        yield gate
    finally:
        with contextlib.suppress(OSError):
            await gate.close()
