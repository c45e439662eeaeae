"""A stage for edge tests: the edge on a free port of this very event loop, and clients that speak bytes.

Nothing of the edge is replaced; only uvicorn's start-up is left out (its protocol classes are the real ones).
"""

import asyncio
import contextlib
import json
import os
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from quart import Quart
from uvicorn.server import ServerState

from hearth.wire.edge import (
    Binary,
    ConnectionRefused,
    Credentials,
    Edge,
    EdgeSettings,
    Event,
    Handshake,
    Socket,
    decode_arguments,
    websocket_protocol,
)
from hearth.wire.heads import BoundedHttpProtocol

SOCKETIO = "/socket.io/?EIO=4&transport=websocket"
POLLING = "/socket.io/?EIO=4&transport=polling"
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def list_loops(module: object) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The event loops a test module runs on: the default one, or both if it says BOTH_LOOPS."""
    loops: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {"asyncio": asyncio.new_event_loop}
    if getattr(module, "BOTH_LOOPS", False):
        with contextlib.suppress(ImportError):
            import uvloop

            loops["uvloop"] = uvloop.new_event_loop
    return loops


@dataclass
class Recorder:
    """An application that writes down what it is asked. Cookies name people; `on_event` may do more."""

    sockets: list[Socket] = field(default_factory=list)
    events: list[list[Any]] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    handshakes: list[Handshake] = field(default_factory=list)
    on_event: Callable[[Socket, list[Any]], Awaitable[bytes | Binary | None]] | None = None
    on_connect: Callable[[Socket], Awaitable[bytes | None]] | None = None
    origins: frozenset[str | None] = frozenset({None, "http://localhost"})
    delay: float = 0.0

    def check_origin(self, request: Handshake) -> bool:
        return request.headers.get("origin") in self.origins

    async def authenticate(self, request: Handshake) -> Credentials | None:
        self.handshakes.append(request)
        await asyncio.sleep(self.delay)
        name = request.headers.get("cookie", "anybody")
        return None if name == "nobody" else Credentials(name, name.encode())

    async def connect(self, socket: Socket, auth: bytes | None) -> bytes | None:
        if auth == b'{"refuse":true}':
            raise ConnectionRefused("refused", b'{"why":1}')
        extra = await self.on_connect(socket) if self.on_connect else None
        self.sockets.append(socket)
        return extra

    async def event(self, socket: Socket, packet: Event) -> bytes | Binary | None:
        arguments = decode_arguments(packet)
        self.events.append(arguments)
        return await self.on_event(socket, arguments) if self.on_event else None

    def overlaps(self, packet: Event) -> bool:
        return False

    def disconnected(self, socket: Socket, reason: str) -> None:
        self.sockets.remove(socket)
        self.left.append(reason)


@contextlib.asynccontextmanager
async def serve(*edges: Edge, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Serve edges; yields the port."""
    app = Quart(__name__)
    for edge in edges:
        app.register_blueprint(edge.make_blueprint())
    config = uvicorn.Config(
        app, http=BoundedHttpProtocol, ws=websocket_protocol(*edges), lifespan="off", log_config=None
    )
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: config.http_protocol_class(config=config, server_state=state, app_state={}),  # type: ignore[call-arg]
        "127.0.0.1",
        0,
        ssl=tls,
    )
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for edge in edges:
            await edge.drain(0.2)
        for connection in tuple(state.connections):
            connection.shutdown()
        for task in tuple(state.tasks):
            task.cancel()
        await asyncio.gather(*state.tasks, return_exceptions=True)


@contextlib.asynccontextmanager
async def stage(
    application: Recorder | None = None, /, **settings: Any
) -> AsyncIterator[tuple[int, Recorder, Edge]]:
    """One edge with a recorder: yields port, recorder and edge."""
    recorder = application or Recorder()
    edge = Edge(EdgeSettings(**{"close_timeout": 0.3, **settings}), recorder)
    async with serve(edge) as port:
        yield port, recorder, edge


class Client:
    """A WebSocket client that says exactly what it is told."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.status = 0

    async def shake(self, path: str = SOCKETIO, headers: dict[str, str] | None = None) -> "Client":
        """Ask for the upgrade; the answer's status is in `status`."""
        fields = {
            "Host": "localhost",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
            **(headers or {}),
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        self.writer.write(f"GET {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1"))
        answer = await self.reader.readuntil(b"\r\n\r\n")
        self.status = int(answer.split()[1])
        return self

    def frame(
        self, opcode: int, content: bytes, *, fin: bool = True, mask: bool = True, rsv: int = 0
    ) -> bytes:
        """The bytes of a frame, masked as clients must."""
        head = bytes(((0x80 if fin else 0) | rsv << 4 | opcode,))
        size, bit = len(content), 0x80 if mask else 0
        if size < 126:
            head += bytes((bit | size,))
        elif size < 1 << 16:
            head += bytes((bit | 126,)) + size.to_bytes(2, "big")
        else:
            head += bytes((bit | 127,)) + size.to_bytes(8, "big")
        if not mask:
            return head + content
        key = os.urandom(4)
        return head + key + bytes(byte ^ key[i & 3] for i, byte in enumerate(content))

    def raw(self, data: bytes) -> None:
        self.writer.write(data)

    def send(self, message: str | bytes) -> None:
        """A whole message: text or binary."""
        if isinstance(message, str):
            self.raw(self.frame(TEXT, message.encode()))
        else:
            self.raw(self.frame(BINARY, message))

    async def frame_in(self) -> tuple[int, bytes]:
        """The next frame; raises IncompleteReadError when the connection is gone."""
        async with asyncio.timeout(5):
            first, size = await self.reader.readexactly(2)
            if size >= 126:
                size = int.from_bytes(await self.reader.readexactly(2 if size == 126 else 8), "big")
            return first & 15, await self.reader.readexactly(size)

    async def receive(self, *, pings: bool = False) -> str | bytes:
        """The next message; Engine.IO pings are left out unless asked for."""
        while True:
            opcode, content = await self.frame_in()
            if opcode == BINARY:
                return content
            if opcode == TEXT and (pings or content != b"2"):
                return content.decode()
            if opcode == CLOSE:
                raise ConnectionResetError(int.from_bytes(content[:2], "big"))

    async def closed(self) -> int:
        """Read on until the end; returns the code of the closing frame, or 1006 when there was none."""
        try:
            while True:
                await self.receive()
        except ConnectionResetError as error:
            return (
                error.args[0] if error.args and type(error.args[0]) is int and error.errno is None else 1006
            )
        except (asyncio.IncompleteReadError, BrokenPipeError):
            return 1006

    async def connect(self, path: str = SOCKETIO, headers: dict[str, str] | None = None) -> "Client":
        """Shake hands and enter the main namespace."""
        await self.shake(path, headers)
        assert self.status == 101, self.status
        assert str(await self.receive()).startswith("0")
        self.send("40")
        assert str(await self.receive()).startswith('40{"sid":')
        return self

    def close(self) -> None:
        self.writer.close()


@contextlib.asynccontextmanager
async def client(port: int, tls: ssl.SSLContext | None = None) -> AsyncIterator[Client]:
    """A TCP connection to the edge."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls)
    try:
        yield Client(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def request(
    port: int, method: str, path: str = POLLING, body: bytes = b"", headers: dict[str, str] | None = None
) -> tuple[int, bytes]:
    """One HTTP request on a connection of its own; returns status and body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        fields = {
            "Host": "localhost",
            "Connection": "close",
            "Content-Length": str(len(body)),
            **(headers or {}),
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        writer.write(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body)
        async with asyncio.timeout(5):
            answer = await reader.read()
        head_bytes, _, content = answer.partition(b"\r\n\r\n")
        if b"transfer-encoding: chunked" in head_bytes.lower():
            content = b"".join(_chunks(content))
        return int(head_bytes.split()[1]), content
    finally:
        writer.close()


def _chunks(content: bytes) -> Iterator[bytes]:
    while content:
        size, _, content = content.partition(b"\r\n")
        yield content[: int(size, 16)]
        content = content[int(size, 16) + 2 :]


async def open_polling(port: int, headers: dict[str, str] | None = None) -> str:
    """Open a polling session; returns its sid."""
    status, body = await request(port, "GET", headers=headers)
    assert status == 200, body
    return str(json.loads(body[1:])["sid"])


async def until(condition: Callable[[], bool], seconds: float = 3.0) -> None:
    """Wait for something to become true."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
