"""A bare Socket.IO client on asyncio streams, so that a fault can be put at any byte.

An Ear is one that stays connected and notes every event that reaches a stranger.
"""

import asyncio
import contextlib
import json
import socket
from typing import Any

from tests.faults.rig.proxy import reset

CALL_SECONDS = 30.0
HANDSHAKE = (
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
    "Authorization: Bearer {token}\r\n\r\n"
)


class Shed(Exception):
    """The server took nobody in: 503. `retry_after` in seconds."""

    def __init__(self, status: int, retry_after: float | None) -> None:
        super().__init__(f"{status}, Retry-After {retry_after}")
        self.status, self.retry_after = status, retry_after


def encode_frame(text: str) -> bytes:
    """A masked text frame (RFC 6455 section 5.2); a mask of zeros is a mask."""
    data = text.encode()
    size = len(data)
    if size < 126:
        head = bytes([0x81, 0x80 | size])
    elif size < 65536:
        head = bytes([0x81, 0x80 | 126]) + size.to_bytes(2, "big")
    else:
        head = bytes([0x81, 0x80 | 127]) + size.to_bytes(8, "big")
    return head + bytes(4) + data


def encode_command(number: int, name: str, fields: dict[str, Any]) -> bytes:
    """A whole frame: an event that wants an acknowledgement."""
    return encode_frame(f"42{number}{json.dumps([name, fields])}")


class RawSocket:
    """One connection. Nothing happens by itself: `read` answers pings, and only while it is called."""

    def __init__(self, port: int, token: str, *, receive_buffer: int | None = None) -> None:
        self.port, self.token = port, token
        self._receive_buffer = receive_buffer
        self._number = 0
        self._reader: asyncio.StreamReader
        self.writer: asyncio.StreamWriter

    async def open(self, *, reads: bool = True) -> "RawSocket":
        """Connect up to the Socket.IO CONNECT's answer; without `reads`, read nothing more by oneself.

        Raises Shed, OSError, EOFError.
        """
        sock = socket.socket()
        sock.setblocking(False)
        if self._receive_buffer is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._receive_buffer)
        try:
            await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", self.port))
            self._reader, self.writer = await asyncio.open_connection(sock=sock, limit=1 << 21)
        except BaseException:
            sock.close()
            raise
        try:
            self.writer.write(HANDSHAKE.format(port=self.port, token=self.token).encode())
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            status = int(head.split(" ", 2)[1])
            if status != 101:
                raise Shed(status, read_retry_after(head))
            await self.read_until("0")
            self.writer.write(encode_frame('40{"contract":1}'))
            await self.read_until("40")
        except BaseException:
            self.cut()
            raise
        if not reads:
            self.writer.transport.pause_reading()  # type: ignore[attr-defined]  # sockets can
        return self

    async def read(self) -> str:
        """The next message that is no ping. Raises EOFError and OSError at the end."""
        if not self.writer.transport.is_reading():  # type: ignore[attr-defined]
            self.writer.transport.resume_reading()  # type: ignore[attr-defined]
        while True:
            head = await self._reader.readexactly(2)
            size = head[1] & 0x7F
            if size > 125:
                size = int.from_bytes(await self._reader.readexactly(2 if size == 126 else 8), "big")
            data = await self._reader.readexactly(size)
            if head[0] & 0x0F == 8:
                raise EOFError(f"closed: {data[2:].decode(errors='replace')}")
            if data == b"2":
                self.writer.write(encode_frame("3"))
            else:
                return data.decode()

    async def read_until(self, prefix: str) -> str:
        while True:
            message = await self.read()
            if message.startswith(prefix):
                return message
            if message.startswith("44"):
                raise EOFError(message)

    async def call(
        self, name: str, fields: dict[str, Any], *, seconds: float = CALL_SECONDS
    ) -> dict[str, Any]:
        """Carry out a command and return its ack; events that come meanwhile are passed over.

        Raises TimeoutError after so many seconds.
        """
        self._number += 1
        self.writer.write(encode_command(self._number, name, fields))
        async with asyncio.timeout(seconds):
            message = await self.read_until(f"43{self._number}[")
        answer: dict[str, Any] = json.loads(message[message.index("[") :])[0]
        return answer

    def cut(self) -> None:
        """Reset the connection (RST)."""
        reset(self.writer)


def read_retry_after(head: str) -> float | None:
    for line in head.lower().split("\r\n"):
        if line.startswith("retry-after:"):
            return float(line.split(":", 1)[1])
    return None


class Ear:
    """A stranger's connection that comes back after every cut and notes what it is sent about others."""

    def __init__(self, url: str, token: str, user_id: int) -> None:
        self._port = int(url.rsplit(":", 1)[1])
        self._token = token
        self._own_presence = f'42["presence.changed",{{"presence":{{"user_id":{user_id},'
        self.heard: list[str] = []
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        connected = asyncio.Event()
        self._task = asyncio.create_task(self._listen(connected))
        async with asyncio.timeout(30):
            await connected.wait()

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _listen(self, connected: asyncio.Event) -> None:
        while True:
            with contextlib.suppress(OSError, EOFError, Shed):
                raw = await RawSocket(self._port, self._token).open()
                connected.set()
                try:
                    while True:
                        message = await raw.read()
                        if message.startswith("42") and not message.startswith(self._own_presence):
                            self.heard.append(message[:200])
                finally:
                    raw.cut()
            await asyncio.sleep(0.2)
