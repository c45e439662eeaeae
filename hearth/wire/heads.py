"""uvicorn's HTTP protocol with what it lacks: bounds on a request's head, in bytes and in time, and on the
connections of one address; one look at every upgrade before picows sees it; refusals with all headers.

Without it a stranger can open connections and never finish asking, or send headers without end (W13).
"""

import asyncio
import binascii
from base64 import b64decode
from collections import Counter
from collections.abc import Iterable
from http import HTTPStatus
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from hearth.wire.addresses import Network, is_inside
from hearth.wire.headers import encode_refusal

MAX_PER_PEER = 500
"""HTTP connections of one address, idle ones included; sockets are counted by the edge."""
MAX_HEAD_BYTES = 32 * 1024
HEAD_SECONDS = 10.0
"""From the connection, or from a request's first byte, to the end of its headers."""
MAX_UPGRADE_HEADERS = 100
KEY_BYTES = 16


class BoundedHttpProtocol(HttpToolsProtocol):
    """For uvicorn's `http=` setting."""

    max_per_peer: ClassVar[int] = MAX_PER_PEER
    trusted: ClassVar[tuple[Network, ...]] = ()
    is_https: ClassVar[bool] = False
    peers: ClassVar[Counter[str]] = Counter()
    max_head_bytes = MAX_HEAD_BYTES
    head_seconds = HEAD_SECONDS
    _head_timer: asyncio.TimerHandle | None = None
    _head_size = 0
    _peer: str | None = None
    _unanswered: tuple[RequestResponseCycle, ...] = ()

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
            # uvicorn tells only the newest of several requests that wait on one connection, and logs an error
            # for each of the others when they answer.
            for cycle in self._unanswered:
                cycle.disconnected = True
                cycle.message_event.set()
            super().connection_lost(exc)

    def handle_websocket_upgrade(self) -> None:
        """From here on the edge counts it. Nothing may still have to be answered on this connection."""
        is_free = getattr(self.cycle, "response_complete", True)
        if not is_free or self.scope["method"] != "GET" or not is_upgrade(self.headers):
            self._refuse(HTTPStatus.BAD_REQUEST)
            return
        self._release()
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        """As uvicorn's, which knows no headers."""
        self._refuse(HTTPStatus.BAD_REQUEST)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._head_timer is not None:
            self._head_size += len(data)
            if self._head_size > self.max_head_bytes:
                self._end_head()
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._head_timer is None:
            self._expect_head()

    def on_headers_complete(self) -> None:
        self._end_head()
        super().on_headers_complete()
        if self.cycle is not None:
            waiting = (cycle for cycle in (*self._unanswered, self.cycle) if not cycle.response_complete)
            self._unanswered = tuple(waiting)

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

    def _refuse(self, status: HTTPStatus) -> None:
        host = next((value.decode("latin-1") for name, value in self.headers or () if name == b"host"), "")
        self.transport.write(encode_refusal(status, is_https=self.is_https, host=host))
        self.transport.close()

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


def is_upgrade(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Tell whether lower-case headers ask for a WebSocket as RFC 6455 section 4.2.1 wants it, once and
    without a body: what picows would refuse in words of its own.
    """
    found: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        found.setdefault(name, []).append(value)
    return (
        sum(map(len, found.values())) <= MAX_UPGRADE_HEADERS
        and [value.lower() for value in found.get(b"upgrade", [])] == [b"websocket"]
        and found.get(b"sec-websocket-version") == [b"13"]
        and is_key(found.get(b"sec-websocket-key", []))
        and b"transfer-encoding" not in found
        and found.get(b"content-length", [b"0"]) == [b"0"]
    )


def is_key(values: list[bytes]) -> bool:
    try:
        return len(values) == 1 and len(b64decode(values[0], validate=True)) == KEY_BYTES
    except binascii.Error:
        return False


def bound_http(
    max_per_peer: int, trusted: tuple[Network, ...], *, is_https: bool
) -> type[BoundedHttpProtocol]:
    """Return the class for one server, with a count of its own; trusted proxies may hold any number.

    `is_https` tells whether browsers come by HTTPS, directly or through a proxy.
    """
    bound = {"max_per_peer": max_per_peer, "trusted": trusted, "peers": Counter[str](), "is_https": is_https}
    return type("BoundHttpProtocol", (BoundedHttpProtocol,), bound)
