"""uvicorn's HTTP protocol with what it lacks: bounds on a request's head, in bytes and in time, and on the
connections of one address.

Without it a stranger can open connections and never finish asking, or send headers without end (W13).
"""

import asyncio
from collections import Counter
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from hearth.wire.addresses import Network, is_inside

MAX_PER_PEER = 500
"""HTTP connections of one address, idle ones included; sockets are counted by the edge."""
MAX_HEAD_BYTES = 32 * 1024
HEAD_SECONDS = 10.0
"""From the connection, or from a request's first byte, to the end of its headers."""


class BoundedHttpProtocol(HttpToolsProtocol):
    """For uvicorn's `http=` setting."""

    max_per_peer: ClassVar[int] = MAX_PER_PEER
    trusted: ClassVar[tuple[Network, ...]] = ()
    peers: ClassVar[Counter[str]] = Counter()
    max_head_bytes = MAX_HEAD_BYTES
    head_seconds = HEAD_SECONDS
    _head_timer: asyncio.TimerHandle | None = None
    _head_size = 0
    _peer: str | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        if not self._admit(transport):
            transport.abort()
            return
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_head()
        self._release()
        if self.transport is not None:
            super().connection_lost(exc)

    def handle_websocket_upgrade(self) -> None:
        """From here on the edge counts it."""
        self._release()
        super().handle_websocket_upgrade()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._head_timer is not None:
            self._head_size += len(data)
            if self._head_size > self.max_head_bytes:
                self._end_head()
                self.transport.write(
                    b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\n\r\n"
                )
                self.transport.close()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._head_timer is None:
            self._expect_head()

    def on_headers_complete(self) -> None:
        self._end_head()
        super().on_headers_complete()

    def _admit(self, transport: asyncio.Transport) -> bool:
        """Count the connection, unless it is one too many; a trusted proxy brings everybody's."""
        peername = transport.get_extra_info("peername")
        peer = str(peername[0]) if isinstance(peername, tuple) else ""
        if self.peers[peer] >= self.max_per_peer and not is_inside(peer, self.trusted):
            return False
        self._peer = peer
        self.peers[peer] += 1
        return True

    def _release(self) -> None:
        peer, self._peer = self._peer, None
        if peer is not None:
            self.peers[peer] -= 1
            if self.peers[peer] <= 0:
                del self.peers[peer]

    def _expect_head(self) -> None:
        self._head_size = 0
        self._head_timer = self.loop.call_later(self.head_seconds, self._give_up)

    def _end_head(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _give_up(self) -> None:
        self._head_timer = None
        self.transport.close()


def bound_http(max_per_peer: int, trusted: tuple[Network, ...]) -> type[BoundedHttpProtocol]:
    """Return the class for one server, with a count of its own; trusted proxies may hold any number."""
    bound = {"max_per_peer": max_per_peer, "trusted": trusted, "peers": Counter[str]()}
    return type("BoundHttpProtocol", (BoundedHttpProtocol,), bound)
