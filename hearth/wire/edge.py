"""The real-time edge: a complete Socket.IO v5 / Engine.IO v4 server beside HTTP, in one process and on
one port.

Knows no noun and has no global state. The composition root makes an `Edge`, gives
`websocket_protocol(edge)` to uvicorn as `ws=`, registers `edge.make_blueprint()` with Quart and calls
`drain` before uvicorn shuts down.
"""

import asyncio
import hmac
import logging
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Protocol

from quart import Blueprint

from hearth.wire.answers import Answer, Binary, ConnectionRefused, Event, Pending
from hearth.wire.connection import Connection, Socket
from hearth.wire.engineio import CodecError, Frame
from hearth.wire.handshake import Credentials, Handshake
from hearth.wire.heartbeats import Heartbeats
from hearth.wire.polling import make_blueprint
from hearth.wire.session import Receiver, Session
from hearth.wire.socketio import decode_arguments, encode_arguments, encode_event
from hearth.wire.websocket import WebSocketProtocol

__all__ = [
    "Answer",
    "Application",
    "Binary",
    "CodecError",
    "ConnectionRefused",
    "Credentials",
    "Edge",
    "EdgeSettings",
    "Event",
    "Frame",
    "Handshake",
    "Pending",
    "Socket",
    "decode_arguments",
    "encode_arguments",
    "encode_event",
    "websocket_protocol",
]

LOG = logging.getLogger("hearth.wire")
_RESTART = 1012
_DRAIN_STEP = 0.02


@dataclass(frozen=True, slots=True)
class EdgeSettings:
    """Every bound of the edge. Times in seconds, sizes in bytes."""

    path: str = "/socket.io/"
    namespaces: frozenset[str] = frozenset({"/"})
    ping_interval: float = 15.0
    ping_timeout: float = 10.0
    max_payload: int = 128 * 1024
    """Of one frame, one message, one polling body, the attachments of one event together."""
    inbox_packets: int = 256
    inbox_bytes: int = 1024 * 1024
    out_bytes: int = 1024 * 1024
    total_out_bytes: int = 64 * 1024 * 1024
    early_bytes: int = 64 * 1024
    """What a WebSocket may send before its credentials are known."""
    max_open_acks: int = 64
    max_sockets: int = 10_000
    max_per_address: int = 100
    authenticate_timeout: float = 5.0
    connect_timeout: float = 10.0
    """For the client to send its first CONNECT (looked at with each heartbeat), and for us to answer it."""
    upgrade_timeout: float = 10.0
    body_timeout: float = 10.0
    close_timeout: float = 5.0
    is_https: bool = False
    """Whether browsers come by HTTPS, directly or through a proxy."""


class Application(Protocol):
    """What the edge asks of the layer above. Everything is called in the event loop."""

    def check_origin(self, request: Handshake) -> bool:
        """Whether this request may come from where it says; asked before anything else, for every request."""

    async def authenticate(self, request: Handshake) -> Credentials | None:
        """Who asks; None refuses. Asked once per WebSocket and for every polling request."""

    async def connect(self, socket: Socket, auth: bytes | None) -> bytes | None:
        """A client enters a namespace with `auth` (a raw JSON object). May return a raw JSON object
        whose fields join `sid` in the answer, or raise ConnectionRefused. What it sends goes out after
        the answer."""

    def event(self, socket: Socket, packet: Event) -> Answer | Pending | Coroutine[Any, Any, Answer]:
        """An event; the answer is the raw JSON array of its acknowledgement, at once, from what is pending,
        or from a coroutine. The next event waits for it. CodecError closes the session."""

    def overlaps(self, packet: Event) -> bool:
        """Whether `event` answers this with something pending whose order is kept without waiting for the
        one before, so that both may be under way. Everything else waits its turn."""

    def disconnected(self, socket: Socket, reason: str) -> None:
        """Called exactly once for every `connect` that returned, never from inside a call to the socket."""


def find_peer(request: Handshake) -> str:
    """The address of the TCP peer: what counts where there is no trusted proxy."""
    return request.peer


class Edge:
    """All sessions of one path."""

    def __init__(
        self,
        settings: EdgeSettings,
        application: Application,
        client_address: Callable[[Handshake], str] = find_peer,
        make_receiver: Callable[["Edge", Session], Receiver] | None = None,
    ) -> None:
        """`make_receiver` puts something other than Socket.IO on top of Engine.IO."""
        self.settings = settings
        self.application = application
        self.client_address = client_address
        self.queued_bytes = 0
        self._make_receiver = make_receiver or _make_connection
        self._sessions: dict[str, Session] = {}
        self._addresses: Counter[str] = Counter()
        self._count = 0
        self._unflushed: list[Session] = []
        self.is_draining = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._heartbeats: Heartbeats | None = None

    @property
    def heartbeats(self) -> Heartbeats:
        """The hearts of all sessions, beaten a fiftieth of the shorter interval late at most."""
        if self._heartbeats is None:
            shorter = min(self.settings.ping_interval, self.settings.ping_timeout)
            self._heartbeats = Heartbeats(self.loop, shorter / 50)
        return self._heartbeats

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop of the first call; an edge lives in one loop."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        return self._loop

    def make_blueprint(self) -> Blueprint:
        """The long-polling routes, for Quart."""
        return make_blueprint(self)

    @property
    def connection_count(self) -> int:
        """Sockets and polling sessions, those still without credentials included."""
        return self._count

    # Admission

    def has_room(self, address: str) -> bool:
        """Whether one more connection may come from this address."""
        if self.is_draining or self._count >= self.settings.max_sockets:
            return False
        return self._addresses[address] < self.settings.max_per_address

    def admit(self, address: str) -> None:
        """Count a connection until `release`."""
        self._count += 1
        self._addresses[address] += 1

    def release(self, address: str) -> None:
        """The connection is gone."""
        self._count -= 1
        self._addresses[address] -= 1
        if self._addresses[address] <= 0:
            del self._addresses[address]

    async def authenticate(self, handshake: Handshake) -> Credentials | None:
        """Ask the application; no answer in time is a refusal."""
        try:
            async with asyncio.timeout(self.settings.authenticate_timeout):
                return await self.application.authenticate(handshake)
        except Exception:  # a database that is away refuses the client, which comes back by itself
            LOG.exception("looking up credentials failed")
            return None

    # Sessions

    def open_session(self, credentials: Credentials, address: str) -> Session:
        """A new session; its heart beats from now on."""
        session = Session(self, credentials, address)
        self._sessions[session.sid] = session
        return session

    def make_receiver(self, session: Session) -> Receiver:
        """The layer above a new session."""
        return self._make_receiver(self, session)

    def describe(self, session: Session, upgrades: bytes) -> bytes:
        """The open packet (protocol, "Handshake"); times in milliseconds."""
        settings = self.settings
        return b'0{"sid":"%b","upgrades":%b,"pingInterval":%d,"pingTimeout":%d,"maxPayload":%d}' % (
            session.sid.encode(),
            upgrades,
            round(settings.ping_interval * 1000),
            round(settings.ping_timeout * 1000),
            settings.max_payload,
        )

    def has_session(self, sid: str) -> bool:
        """Whether looking up credentials for this sid is worth while."""
        return sid in self._sessions

    def find_session(self, sid: str, credentials: Credentials) -> Session | None:
        """The session, if it belongs to these credentials."""
        session = self._sessions.get(sid)
        if session is None or not hmac.compare_digest(session.credentials.key, credentials.key):
            return None
        return session

    def forget(self, session: Session) -> None:
        """The session has ended."""
        self._sessions.pop(session.sid, None)

    # Out-queues

    def flush_soon(self, session: Session) -> None:
        """Flush the session at the end of this turn of the event loop."""
        if not self._unflushed:
            self.loop.call_soon(self._flush)
        self._unflushed.append(session)

    def _flush(self) -> None:
        sessions, self._unflushed = self._unflushed, []
        for session in sessions:
            session.flush()

    def relieve(self) -> None:
        """The process holds too much: cut whoever is furthest behind until it does not."""
        while self.queued_bytes > self.settings.total_out_bytes and self._sessions:
            max(self._sessions.values(), key=lambda session: session.queued_bytes).cut("slow consumer")

    # End

    async def drain(self, timeout: float = 5.0) -> None:
        """Take nobody in, finish what is being worked on, send what is queued, close with 1012 (restart).

        To be called before uvicorn shuts down: it knows nothing of WebSockets and waits for polls.
        Clients come back and repeat what was not acknowledged. Whoever is not gone after `timeout`
        seconds is reset.
        """
        self.is_draining = True
        deadline = self.loop.time() + timeout
        for session in tuple(self._sessions.values()):
            session.receiver.is_deaf = True
        while self._has_work() and self.loop.time() < deadline - timeout / 4:  # noqa: ASYNC110
            await asyncio.sleep(_DRAIN_STEP)
        sessions = tuple(self._sessions.values())
        for session in sessions:
            session.close(_RESTART, "restart")
        while self._count and self.loop.time() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(_DRAIN_STEP)
        for session in sessions:
            if session.websocket is not None:
                session.websocket.abort()
        await asyncio.sleep(_DRAIN_STEP)

    def _has_work(self) -> bool:
        return any(session.receiver.is_busy for session in self._sessions.values())


def _make_connection(edge: Edge, session: Session) -> Receiver:
    return Connection(session, edge.application, edge.settings)


def websocket_protocol(*edges: Edge) -> type[asyncio.Protocol]:
    """The class for uvicorn's `ws=` setting."""
    bound: type[asyncio.Protocol] = type("BoundWebSocketProtocol", (WebSocketProtocol,), {"edges": edges})
    return bound
