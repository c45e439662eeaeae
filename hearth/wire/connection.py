"""The Socket.IO v5 side of a session: namespaces, events in order and one at a time (but for appends, which
keep their order by themselves), acknowledgements both ways.

Invariants: no handler runs before the session's credentials are known; the inbox and the open
acknowledgements are bounded; a future exists only while something received is being worked on.
"""

import asyncio
import functools
import logging
import secrets
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

import msgspec

from hearth.wire.answers import Answer, Binary, ConnectionRefused, Event, Pending
from hearth.wire.engineio import CodecError, Frame
from hearth.wire.handshake import Credentials
from hearth.wire.session import Session
from hearth.wire.socketio import (
    ACK,
    BINARY_ACK,
    BINARY_EVENT,
    CONNECT,
    CONNECT_ERROR,
    DISCONNECT,
    EVENT,
    Decoder,
    Packet,
    encode_ack,
    encode_packet,
)

if TYPE_CHECKING:
    from hearth.wire.edge import Application, EdgeSettings

LOG = logging.getLogger("hearth.wire")
MAX_OVERLAPPING = 16
"""Appends of one connection that may be on their way to the disk together."""


class Socket:
    """A client in one namespace. `data` is the application's; sending to a closed socket does nothing."""

    __slots__ = ("_acks", "_connection", "_held", "_last_id", "_session", "data", "namespace", "sid")

    def __init__(self, connection: "Connection", namespace: str, sid: str) -> None:
        self._connection = connection
        self._session = connection.session
        self.namespace = namespace
        self.sid = sid
        self.data: Any = None
        # Frames sent while `connect` runs: a client must see its CONNECT answered first.
        self._held: list[Frame] | None = []
        self._acks: dict[int, asyncio.Future[Packet]] | None = None
        self._last_id = 0

    @property
    def credentials(self) -> Credentials:
        return self._session.credentials

    @property
    def address(self) -> str:
        """The client's address as the composition root sees it (trusted proxies taken into account)."""
        return self._session.address

    @property
    def queued_bytes(self) -> int:
        """Bytes that wait to be sent to this client."""
        return self._session.queued_bytes

    def send(self, frame: Frame) -> None:
        """Send an encoded event: the hot path, the same bytes for every socket."""
        if self._held is None:
            self._session.send(frame)
        elif len(self._held) < self._connection.limits.inbox_packets:
            self._held.append(frame)
        else:
            self._session.cut("too much sent while connecting")

    def emit(self, name: str, *arguments: bytes, attachments: tuple[bytes, ...] = ()) -> None:
        """Send an event; `arguments` are raw JSON values, with placeholders where attachments belong."""
        self.send(self._encode(name, arguments, attachments, None))

    async def call(self, name: str, *arguments: bytes, timeout: float = 10.0) -> Packet:
        """Send an event and wait for the client's acknowledgement; its `payload` is a raw JSON array.

        Raises TimeoutError, ConnectionResetError when the socket goes, or RuntimeError when too many are
        open. Not for use in `Application.connect`: the client has not been answered yet.
        """
        acks = self._acks = {} if self._acks is None else self._acks
        if len(acks) >= self._connection.limits.max_open_acks:
            raise RuntimeError("too many open acknowledgements")
        if self._session.is_closed:
            raise ConnectionResetError("socket closed")
        self._last_id = number = self._last_id + 1
        future: asyncio.Future[Packet] = asyncio.get_running_loop().create_future()
        acks[number] = future
        try:
            self.send(self._encode(name, arguments, (), number))
            async with asyncio.timeout(timeout):
                return await future
        finally:
            acks.pop(number, None)

    def close(self, code: int = 1000, reason: str = "") -> None:
        """End the whole session; what was sent before goes out first. `disconnected` follows from
        the loop."""
        self._session.close(code, reason)

    def disconnect(self) -> None:
        """Leave the namespace by a DISCONNECT packet, after which stock clients do not come back by
        themselves."""
        self.send(encode_packet(Packet(DISCONNECT, self.namespace)))
        loop = asyncio.get_running_loop()
        loop.call_soon(self._connection.leave, self.namespace, "server namespace disconnect")

    def _encode(
        self, name: str, arguments: tuple[bytes, ...], attachments: tuple[bytes, ...], number: int | None
    ) -> Frame:
        payload = b",".join((b"[" + msgspec.json.encode(name), *arguments)) + b"]"
        kind = BINARY_EVENT if attachments else EVENT
        return encode_packet(Packet(kind, self.namespace, number, payload, attachments))

    def _release(self) -> None:
        held, self._held = self._held or (), None
        for frame in held:
            self._session.send(frame)

    def _acknowledge(self, packet: Packet) -> None:
        """Ids never asked for, or answered before, mean nothing."""
        future = self._acks.get(packet.id) if self._acks and packet.id is not None else None
        if future is not None and not future.done():
            future.set_result(packet)

    def _drop_acks(self) -> None:
        for future in (self._acks or {}).values():
            if not future.done():
                future.set_exception(ConnectionResetError("socket closed"))


class Connection:
    """The receiver of a session: decodes, queues, and runs the application packet by packet, in order."""

    __slots__ = (
        "_application",
        "_decoder",
        "_inbox",
        "_inbox_bytes",
        "_sockets",
        "_task",
        "_under_way",
        "is_deaf",
        "is_established",
        "limits",
        "session",
    )

    def __init__(self, session: Session, application: "Application", limits: "EdgeSettings") -> None:
        self.session = session
        self.limits = limits
        self.is_established = False
        self.is_deaf = False
        self._application = application
        self._decoder = Decoder(limits.max_payload)
        self._inbox: list[Packet] = []
        self._inbox_bytes = 0
        self._sockets: dict[str, Socket] = {}
        self._under_way = 0
        # What runs in a task overlaps with nothing, so one is all there can be.
        self._task: asyncio.Task[None] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether something received is still being worked on."""
        return self._under_way > 0

    def receive(self, content: bytes, is_binary: bool) -> None:
        """Take a message; raises CodecError when it is malformed or the inbox is full."""
        packet = self._decoder.feed_binary(content) if is_binary else self._decoder.feed_text(content)
        if packet is None:
            return
        if packet.kind in (ACK, BINARY_ACK):
            # Not queued: a handler may be waiting for just this one.
            socket = self._sockets.get(packet.namespace)
            if socket is not None:
                socket._acknowledge(packet)
        elif self.is_deaf:
            return
        elif self._inbox or not self._may_begin(packet):
            self._queue(packet)
        else:
            self._handle(packet)

    def _queue(self, packet: Packet) -> None:
        self._inbox_bytes += _weigh(packet)
        if len(self._inbox) >= self.limits.inbox_packets or self._inbox_bytes > self.limits.inbox_bytes:
            raise CodecError("too many events", 1008)
        self._inbox.append(packet)

    def _may_begin(self, packet: Packet) -> bool:
        """Whether the packet need not wait for what is under way: for nothing, or only for others of its kind
        that keep their order by themselves."""
        if not self._under_way:
            return True
        if self._task is not None or self._under_way >= MAX_OVERLAPPING or packet.kind != EVENT:
            return False
        return self._application.overlaps(packet)

    def _handle(self, packet: Packet) -> None:
        """Begin with a packet; what has to be waited for leaves the connection busy. Raises CodecError."""
        socket = self._sockets.get(packet.namespace)
        if packet.kind == CONNECT:
            self._begin(None, self._connect(packet, socket))
        elif socket is None:
            raise CodecError("not connected to the namespace")
        elif packet.kind == DISCONNECT:
            self.leave(packet.namespace, "client namespace disconnect")
        elif packet.kind == CONNECT_ERROR:
            raise CodecError("packet type out of place")
        else:
            self._run(packet, socket)

    def _run(self, packet: Event, socket: Socket) -> None:
        try:
            answer = self._application.event(socket, packet)
        except CodecError:
            raise
        except Exception:  # the application's own mistake: its log says so, the ack never comes
            LOG.exception("an event's handler failed")
            return
        if isinstance(answer, Pending):
            self._under_way += 1
            answer.future.add_done_callback(functools.partial(self._settle, packet, answer.read))
        elif isinstance(answer, Coroutine):
            self._begin(packet, answer)
        else:
            self._reply(packet, answer)

    def _settle(self, packet: Packet, read: Callable[[], Answer], future: "asyncio.Future[Any]") -> None:
        """What was waited for is there: answer, then go on with the inbox."""
        try:
            if not future.cancelled():
                self._reply(packet, read())
        finally:
            self._go_on()

    def _begin(self, packet: Packet | None, work: Coroutine[Any, Any, Answer]) -> None:
        self._under_way += 1
        self._task = self.session.loop.create_task(self._carry(packet, work))

    async def _carry(self, packet: Packet | None, work: Coroutine[Any, Any, Answer]) -> None:
        """Answer in the task's last step: what the work left for the loop's next turn comes after it."""
        try:
            answer = await work
            if packet is not None:
                self._reply(packet, answer)
        except CodecError as error:
            self.session.close(error.code, str(error))
        except Exception:  # as in `_run`
            LOG.exception("an event's handler failed")
        finally:
            self._go_on()

    def _go_on(self) -> None:
        self._under_way -= 1
        self._task = None
        try:
            while self._inbox and not self.session.is_closed and self._may_begin(self._inbox[0]):
                packet = self._inbox.pop(0)
                self._inbox_bytes -= _weigh(packet)
                self._handle(packet)
        except CodecError as error:
            self.session.close(error.code, str(error))

    def _reply(self, packet: Packet, answer: Answer) -> None:
        if packet.id is None:
            return
        if isinstance(answer, Binary):
            self.session.send(encode_ack(packet, answer.payload, answer.attachments))
        else:
            self.session.send(encode_ack(packet, b"[]" if answer is None else answer))

    async def _connect(self, packet: Packet, present: Socket | None) -> None:
        """Protocol, "Connection to a namespace"."""
        namespace = packet.namespace
        if namespace not in self.limits.namespaces:
            self._refuse(namespace, ConnectionRefused("Invalid namespace"))
            return
        if present is not None:
            raise CodecError("connected twice")
        # Not the session's own sid: that one opens polling requests, this one is shown to the application.
        socket = Socket(self, namespace, secrets.token_urlsafe(9))
        try:
            async with asyncio.timeout(self.limits.connect_timeout):
                extra = await self._application.connect(socket, packet.payload or None)
        except ConnectionRefused as refusal:
            self._refuse(namespace, refusal)
            return
        except Exception:  # the application's own mistake must not leave the client waiting
            LOG.exception("connecting a socket failed")
            self._refuse(namespace, ConnectionRefused("unavailable"))
            return
        if self.session.is_closed:
            self._application.disconnected(socket, "transport close")
            return
        self._sockets[namespace] = socket
        self.is_established = True
        answer = b'{"sid":' + msgspec.json.encode(socket.sid) + b"}"
        if extra is not None and extra != b"{}":
            answer = answer[:-1] + b"," + extra[1:]
        self.session.send(encode_packet(Packet(CONNECT, namespace, None, answer)))
        socket._release()

    def _refuse(self, namespace: str, refusal: ConnectionRefused) -> None:
        data = b"" if refusal.data is None else b',"data":' + refusal.data
        payload = b'{"message":' + msgspec.json.encode(refusal.message) + data + b"}"
        self.session.send(encode_packet(Packet(CONNECT_ERROR, namespace, None, payload)))

    def leave(self, namespace: str, reason: str) -> None:
        """Take the client out of one namespace; the session lives on."""
        socket = self._sockets.pop(namespace, None)
        if socket is not None:
            socket._drop_acks()
            self._application.disconnected(socket, reason)

    def closed(self, reason: str) -> None:
        """The session has ended. What is being worked on is finished, what waits is not begun."""
        self._inbox.clear()
        for namespace in tuple(self._sockets):
            self.leave(namespace, reason)


def _weigh(packet: Packet) -> int:
    return len(packet.payload) + sum(map(len, packet.attachments))
