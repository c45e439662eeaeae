"""One Engine.IO v4 session: heartbeat, bounded out-queue and upgrade, over polling or a WebSocket.

Invariants: bytes queued are counted exactly while the session lives; `receiver.closed` is called once,
from the event loop, never inside a call of the layer above; an idle session owns no timer and no task.
"""

import asyncio
import math
import secrets
from typing import TYPE_CHECKING, Protocol

from hearth.wire.engineio import (
    BINARY,
    CLOSE,
    MESSAGE,
    PONG,
    CodecError,
    Frame,
    encode_payload,
    encode_text,
)
from hearth.wire.handshake import Credentials

if TYPE_CHECKING:
    from hearth.wire.edge import Edge
    from hearth.wire.websocket import WebSocket

_PING = encode_text(b"2")
_CLOSE_PACKET, _NOOP_PACKET = b"1", b"6"
_SID_BYTES = 18
"""144 bits: a polling sid travels in URLs, so it must not be guessable (OWASP ASVS 7.2.3 asks for 128)."""


class Receiver(Protocol):
    """The layer above: what a session does with messages."""

    is_deaf: bool
    """Set while draining: what comes now is left for the client to repeat elsewhere."""

    @property
    def is_established(self) -> bool:
        """Whether the peer has done what it must do within `connect_timeout`."""

    @property
    def is_busy(self) -> bool:
        """Whether something received is still being worked on."""

    def receive(self, content: bytes, is_binary: bool) -> None:
        """Take one message; raises CodecError to close the session."""

    def closed(self, reason: str) -> None:
        """The session has ended."""


class Session:
    """Made by `Edge.open_session`. Everything runs in the event loop's thread."""

    __slots__ = (
        "_awaits_pong",
        "_edge",
        "_first_bytes",
        "_handshake_until",
        "_in_flight",
        "_out",
        "_poll",
        "address",
        "beats_at",
        "candidate",
        "credentials",
        "is_closed",
        "is_counted",
        "is_posting",
        "queued_bytes",
        "receiver",
        "sid",
        "websocket",
    )

    def __init__(self, edge: "Edge", credentials: Credentials, address: str) -> None:
        self._edge = edge
        self.credentials = credentials
        self.address = address
        self.sid = secrets.token_urlsafe(_SID_BYTES)
        self.websocket: WebSocket | None = None
        self.candidate: WebSocket | None = None
        self.is_closed = False
        # A polling session counts as a connection itself; a WebSocket does so for the session it carries.
        self.is_counted = False
        self.is_posting = False
        self.queued_bytes = 0
        self._first_bytes = 0
        self._out: list[bytes] = []
        self._in_flight = 0
        self._poll: asyncio.Future[bytes] | None = None
        self._awaits_pong = False
        self._handshake_until = edge.loop.time() + edge.settings.connect_timeout
        edge.heartbeats.plan(self, edge.settings.ping_interval)
        self.receiver = edge.make_receiver(self)

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        return self._edge.loop

    # Out

    def send(self, frame: Frame) -> None:
        """Queue a frame. What is queued within one turn of the event loop leaves in one write.

        A session whose queue overflows is cut: its client reconnects and catches up from its logs. What is
        being sent out already does not count: an answer fits the cap, but on a slow line two of them in a row
        would not, and would fall into the same trap after every reconnection.
        """
        if self.is_closed:
            return
        edge, size = self._edge, len(frame)
        if not self.queued_bytes:
            self._first_bytes = size
        if not self._out:
            edge.flush_soon(self)
        self._out.append(frame)
        self.queued_bytes += size
        edge.queued_bytes += size
        if self.queued_bytes - self._first_bytes > edge.settings.out_bytes:
            self.cut("slow consumer")
        elif edge.queued_bytes > edge.settings.total_out_bytes:
            edge.relieve()

    def flush(self) -> None:
        """Hand the queue to the transport, unless that still holds what it got before."""
        if self.is_closed or not self._out:
            return
        websocket = self.websocket
        if websocket is None:
            if self._poll is not None:
                self._answer_poll(b"")
        elif not websocket.is_paused:
            data = self._take_out()
            if websocket.write(data):
                self._uncount(len(data))
            else:
                self._in_flight = len(data)

    def resume(self) -> None:
        """The WebSocket's transport has sent all it held."""
        self._uncount(self._in_flight)
        self._in_flight = 0
        self.flush()

    def _take_out(self) -> bytes:
        out = self._out
        data = out[0] if len(out) == 1 else b"".join(out)
        out.clear()
        return data

    def _uncount(self, size: int) -> None:
        if not self.is_closed:
            self.queued_bytes -= size
            self._edge.queued_bytes -= size

    # In

    def receive(self, kind: int, content: bytes) -> None:
        """Take one packet from whatever transport; raises CodecError."""
        if self.is_closed:
            return
        if kind == MESSAGE:
            self.receiver.receive(content, False)
        elif kind == BINARY:
            self.receiver.receive(content, True)
        elif kind == PONG:
            if self._awaits_pong:
                self._awaits_pong = False
                self._edge.heartbeats.plan(self, self._edge.settings.ping_interval)
        elif kind == CLOSE:
            self._answer_poll(b"")
            self.close(1000, "transport close")
        else:
            raise CodecError("packet type out of place")

    # Heartbeat (protocol, "Heartbeat"): the server pings. The loop's clock is monotonic; wall clocks jump.

    def beat(self) -> None:
        """Called when `beats_at` has come."""
        edge = self._edge
        late = edge.loop.time() - self.beats_at
        if self._awaits_pong:
            self.close(1001, "ping timeout")
        elif not self.receiver.is_established and edge.loop.time() >= self._handshake_until:
            self.close(1002, "no handshake")
        else:
            self._awaits_pong = True
            # The usual lateness is made good; that of a machine that slept is not the client's fault.
            edge.heartbeats.plan(self, edge.settings.ping_timeout - min(late, edge.heartbeats.step))
            self.send(_PING)

    @property
    def is_overdue(self) -> bool:
        """Whether the pong is late, even if the session's turn has not come yet."""
        return self._awaits_pong and self._edge.loop.time() >= self.beats_at

    # Polling

    def poll(self) -> "asyncio.Future[bytes]":
        """The body of one polling GET, now or later. A second GET at a time ends the session:
        raises CodecError."""
        if self._poll is not None:
            self.close(1002, "concurrent polls")
            raise CodecError("concurrent polls")
        self._poll = future = self._edge.loop.create_future()
        if self._out or self.candidate is not None:
            self._answer_poll(b"")
        return future

    def _answer_poll(self, last: bytes) -> None:
        """Complete the waiting GET with what is queued and `last`; with nothing at all it is a noop."""
        future, self._poll = self._poll, None
        if future is None or future.done():
            return
        parts = []
        if self._out:
            data = self._take_out()
            self._uncount(len(data))
            parts.append(encode_payload(data))
        if last or not parts:
            parts.append(last or _NOOP_PACKET)
        future.set_result(b"\x1e".join(parts))

    # Upgrade (protocol, "Upgrade"): a probed WebSocket is a candidate until the client says "upgrade".

    def probe(self, websocket: "WebSocket") -> bool:
        """Let a WebSocket be the candidate; False when the session has one already."""
        if self.is_closed or self.websocket is not None or self.candidate is not None:
            return False
        self.candidate = websocket
        self._answer_poll(b"")
        return True

    def upgrade(self, websocket: "WebSocket") -> None:
        """The candidate takes over; what is queued follows it."""
        self.candidate = None
        self.websocket = websocket
        self._answer_poll(b"")
        self._release()
        self.flush()

    # End

    def cut(self, reason: str) -> None:
        """End the session now: what is queued is dropped, the connection is reset."""
        self._end(reason)
        for websocket in (self.websocket, self.candidate):
            if websocket is not None:
                websocket.abort()

    def close(self, code: int, reason: str) -> None:
        """End the session; what was sent before goes out first. A connection that is stuck is reset
        instead."""
        if self.is_closed:
            return
        websocket = self.websocket
        if websocket is not None and websocket.is_paused and self._awaits_pong:
            self.cut(reason)
            return
        if websocket is None:
            self._answer_poll(_CLOSE_PACKET)
            if self.candidate is not None:
                self.candidate.finish(b"", code, reason)
        else:
            websocket.finish(self._take_out(), code, reason)
        self._end(reason)

    def _end(self, reason: str) -> None:
        if self.is_closed:
            return
        self._uncount(self.queued_bytes)
        self.is_closed = True
        self._out.clear()
        self.beats_at = math.inf
        if self._poll is not None:
            self._answer_poll(_CLOSE_PACKET)
        self._release()
        self._edge.forget(self)
        self._edge.loop.call_soon(self.receiver.closed, reason)

    def _release(self) -> None:
        if self.is_counted:
            self.is_counted = False
            self._edge.release(self.address)
