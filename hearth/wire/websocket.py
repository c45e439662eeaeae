"""The WebSocket transport (RFC 6455): picows inside uvicorn, through its `ws=` setting.

picows parses frames and shakes hands; what is written goes to asyncio's transport as whole frames.
Invariants: nothing is handed on before the credentials are known; a message, fragmented or not, is bounded by
`max_payload`; no extension is accepted, so nothing is ever inflated.
"""

import asyncio
import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar

from multidict import CIMultiDict
from picows import (
    WSAutoPingStrategy,
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    WSUpgradeResponse,
)
from picows.common import WSUpgradeResponseWithListener
from picows.picows import WSProtocol  # type: ignore[attr-defined]  # missing in the stubs only

from hearth.wire.engineio import (
    BINARY,
    PING,
    UPGRADE,
    CodecError,
    decode_packet,
    encode_close,
    encode_pong,
    encode_text,
)
from hearth.wire.handshake import Credentials, Handshake, read_headers, read_query
from hearth.wire.headers import list_refusal_headers
from hearth.wire.session import Session

if TYPE_CHECKING:
    from hearth.wire.edge import Edge

LOG = logging.getLogger("hearth.wire")
_TEXT, _BINARY, _CONTINUATION = WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.CONTINUATION
_PROBE_ANSWER = encode_text(b"3probe")


class _QuietLogger(logging.LoggerAdapter[logging.Logger]):
    """picows logs each malformed frame as an error: strangers must not fill the log. Being no Logger, it also
    keeps picows from making one for every connection."""

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        super().log(level if kwargs.get("exc_info") else logging.DEBUG, msg, *args, **kwargs)


_QUIET = _QuietLogger(logging.getLogger("hearth.wire.picows"), {})


class WebSocketProtocol(WSProtocol):  # type: ignore[misc]  # untyped base
    """What uvicorn makes for each upgrade request; `edge.websocket_protocol` binds `edges` (found
    by path)."""

    edges: ClassVar[tuple["Edge", ...]] = ()
    _peer: str
    _scheme: str

    def __init__(self, config: object, server_state: object, app_state: object) -> None:
        max_frame = max(edge.settings.max_payload for edge in self.edges)
        # In order: the client side's three, listener, logger, disconnect on exception, handshake timeout (the
        # request is complete already), pings (Engine.IO has its own), pongs (ours are bounded), sizes.
        super().__init__(
            *("", "/", False, self._accept, _QUIET, True, None),
            *(False, 20, 20, WSAutoPingStrategy.PING_WHEN_IDLE, False, max_frame, None, 2048),
        )

    def connection_made(self, transport: asyncio.Transport) -> None:
        peer = transport.get_extra_info("peername")
        self._peer = str(peer[0]) if isinstance(peer, tuple) else ""
        self._scheme = "http" if transport.get_extra_info("ssl_object") is None else "https"
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """uvicorn hands over the request it has read by this call, but picows is a BufferedProtocol."""
        while data:
            buffer = self.get_buffer(len(data))
            size = min(len(buffer), len(data))
            buffer[:size] = data[:size]
            self.buffer_updated(size)
            data = data[size:]

    def _accept(self, request: WSUpgradeRequest) -> "WebSocket | WSUpgradeResponseWithListener":
        """Decide before the 101; synchronous, as picows wants it."""
        try:
            judged = self._judge(request)
        except Exception:  # a defect, whose text picows would send to whoever asks
            LOG.exception("an upgrade could not be judged")
            judged = HTTPStatus.INTERNAL_SERVER_ERROR
        return judged if isinstance(judged, WebSocket) else self._refuse(judged, request)

    def _judge(self, request: WSUpgradeRequest) -> "WebSocket | HTTPStatus":
        path, _, query_string = request.path.decode("latin-1").partition("?")
        edge = next((edge for edge in self.edges if edge.settings.path == path), None)
        if edge is None:
            return HTTPStatus.NOT_FOUND
        query = read_query(query_string)
        if query.get("EIO") != "4" or query.get("transport") != "websocket":
            return HTTPStatus.BAD_REQUEST
        handshake = Handshake(
            "GET",
            "websocket",
            query.get("sid"),
            read_headers(request.headers.items()),
            self._scheme,
            self._peer,
        )
        handshake.address = edge.client_address(handshake)
        if not edge.application.check_origin(handshake):
            return HTTPStatus.FORBIDDEN
        if not edge.has_room(handshake.address):
            return HTTPStatus.SERVICE_UNAVAILABLE
        _normalise_connection(request.headers)
        return WebSocket(edge, handshake)

    def _refuse(self, status: HTTPStatus, request: WSUpgradeRequest) -> WSUpgradeResponseWithListener:
        is_https = any(edge.settings.is_https for edge in self.edges)
        extra = list_refusal_headers(status, is_https=is_https, host=request.headers.get("host", ""))
        response = WSUpgradeResponse.create_error_response(status, status.phrase.encode(), extra)
        return WSUpgradeResponseWithListener(response, None)


class WebSocket(WSListener):
    """One WebSocket: first without credentials, then carrying a session or probing to take one over."""

    __slots__ = (
        "_address",
        "_early",
        "_early_bytes",
        "_edge",
        "_finished",
        "_fragment_kind",
        "_fragments",
        "_handshake",
        "_probing",
        "_task",
        "_timer",
        "_transport",
        "is_paused",
        "session",
    )

    def __init__(self, edge: "Edge", handshake: Handshake) -> None:
        self._edge = edge
        self._address = handshake.address
        self._handshake: Handshake | None = handshake
        self._transport: asyncio.Transport
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        # Messages that came before the credentials were known.
        self._early: list[tuple[bytes, bool]] | None = []
        self._early_bytes = 0
        self._fragments: bytearray | None = None
        self._fragment_kind = _TEXT
        self._probing: Session | None = None
        self._finished = False
        self.session: Session | None = None
        self.is_paused = False

    # Called by picows

    def on_ws_connected(self, transport: WSTransport) -> None:
        handshake, self._handshake = self._handshake, None
        assert handshake is not None
        # An idle connection should not keep its headers for hours.
        transport.request.headers.clear()
        transport.response.headers.clear()
        self._transport = transport.underlying_transport
        # "Paused" then means exactly: the transport holds bytes. (Not 0: asyncio's TLS would pause at
        # nothing.)
        self._transport.set_write_buffer_limits(high=1, low=0)
        self._edge.admit(self._address)
        self._task = self._edge.loop.create_task(self._authenticate(handshake))

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if self._finished:
            if frame.msg_type is WSMsgType.CLOSE:
                self._transport.close()
            return
        try:
            kind = frame.msg_type
            if frame.rsv1 or frame.rsv2 or frame.rsv3:
                raise CodecError("no extension was agreed on")
            if frame.fin and self._fragments is None and (kind is _TEXT or kind is _BINARY):
                if kind is _TEXT and self.session is not None:
                    self.session.receive(*decode_packet(frame.get_payload_as_bytes()))
                else:
                    self._receive(frame.get_payload_as_bytes(), kind is _BINARY)
            elif kind in (_TEXT, _BINARY, _CONTINUATION):
                self._join(kind, frame)
            elif kind is WSMsgType.PING and not self.is_paused:
                # A peer that does not read gets no pongs, else they would pile up.
                self._transport.write(encode_pong(frame.get_payload_as_bytes()))
            elif kind is WSMsgType.CLOSE:
                self._fail(1000, "transport close")
                self._transport.close()
        except CodecError as error:
            self._fail(error.code, str(error))

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._edge.release(self._address)
        for pending in (self._task, self._timer):
            if pending is not None:
                pending.cancel()
        self._finished = True
        self._forget_probe()
        if self.session is not None:
            self.session.cut("transport close")

    def pause_writing(self) -> None:
        self.is_paused = True

    def resume_writing(self) -> None:
        self.is_paused = False
        if self.session is not None:
            self.session.resume()

    # Called by the session

    def write(self, data: bytes) -> bool:
        """Write whole frames; tells whether the system took them all, so that nothing is queued any more."""
        self._transport.write(data)
        return not self.is_paused

    def finish(self, data: bytes, code: int, reason: str) -> None:
        """Write what is left and a closing frame; reset the connection if the peer does not answer
        in time."""
        if self._finished:
            return
        self._finished = True
        self._fragments = None
        self._transport.write(data + encode_close(code, reason))
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._edge.loop.call_later(self._edge.settings.close_timeout, self._transport.abort)

    def abort(self) -> None:
        """Reset the connection; what the transport holds is dropped."""
        self._finished = True
        self._transport.abort()

    # Messages

    def _join(self, kind: WSMsgType, frame: WSFrame) -> None:
        """Put fragments together (RFC 6455 section 5.4). Empty ones are not worth waiting for."""
        if (kind is _CONTINUATION) is (self._fragments is None) or not (frame.payload_size or frame.fin):
            raise CodecError("fragment out of place")
        if self._fragments is None:
            self._fragments, self._fragment_kind = bytearray(), kind
        if len(self._fragments) + frame.payload_size > self._edge.settings.max_payload:
            raise CodecError("message too large", 1009)
        self._fragments += frame.get_payload_as_memoryview()
        if frame.fin:
            message, self._fragments = bytes(self._fragments), None
            self._receive(message, self._fragment_kind is _BINARY)

    def _receive(self, message: bytes, is_binary: bool) -> None:
        session = self.session
        if session is not None:
            if is_binary:
                session.receive(BINARY, message)
            else:
                session.receive(*decode_packet(message))
        elif self._early is not None:
            self._early_bytes += len(message) + 64
            if self._early_bytes > self._edge.settings.early_bytes:
                raise CodecError("too much before the handshake", 1008)
            self._early.append((message, is_binary))
        elif self._probing is not None and not is_binary:
            self._probe(self._probing, *decode_packet(message))
        else:
            raise CodecError("packet out of place")

    def _probe(self, session: Session, kind: int, content: bytes) -> None:
        """Protocol, "Upgrade": probe, then upgrade."""
        if kind == PING and content == b"probe" and session.probe(self):
            self._transport.write(_PROBE_ANSWER)
        elif kind == UPGRADE and session.candidate is self:
            self._probing = None
            self.session = session
            if self._timer is not None:
                self._timer.cancel()
            session.upgrade(self)
        else:
            raise CodecError("packet out of place")

    def _forget_probe(self) -> None:
        if self._probing is not None and self._probing.candidate is self:
            self._probing.candidate = None
        self._probing = None

    def _fail(self, code: int, reason: str) -> None:
        """End the session with its WebSocket, or the WebSocket alone when it carries none."""
        if self.session is not None:
            self.session.close(code, reason)
        self._forget_probe()
        self.finish(b"", code, reason)

    # Credentials

    async def _authenticate(self, handshake: Handshake) -> None:
        credentials = await self._edge.authenticate(handshake)
        self._task = None
        if self._finished:
            return
        if credentials is None:
            self._fail(1008, "not signed in")
            return
        early, self._early = self._early or [], None
        try:
            self._open(credentials, handshake.sid)
            for message, is_binary in early:
                if not self._finished:
                    self._receive(message, is_binary)
        except CodecError as error:
            self._fail(error.code, str(error))

    def _open(self, credentials: Credentials, sid: str | None) -> None:
        if self._edge.is_draining:
            raise CodecError("restart", 1012)
        if sid is None:
            self.session = session = self._edge.open_session(credentials, self._address)
            session.websocket = self
            session.send(encode_text(self._edge.describe(session, upgrades=b"[]")))
            return
        found = self._edge.find_session(sid, credentials)
        if found is None or found.websocket is not None or found.candidate is not None:
            raise CodecError("no such session", 1008)
        self._probing = found
        self._timer = self._edge.loop.call_later(
            self._edge.settings.upgrade_timeout, self._fail, 1008, "upgrade not completed"
        )


def _normalise_connection(headers: CIMultiDict[str]) -> None:
    """`Connection` is a list of tokens in any case (RFC 9110 section 7.6.1); picows takes a single
    one only."""
    tokens = ",".join(headers.getall("connection", [])).lower().split(",")
    if "upgrade" in map(str.strip, tokens):
        headers["Connection"] = "Upgrade"
