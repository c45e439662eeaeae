"""The long-polling transport of Engine.IO v4 as Quart routes beside the WebSocket one.

Invariants: every request of a session carries the credentials it was opened with, so a stolen sid is
worth nothing; bodies are bounded while they are read. No JSONP, no CORS: only our own pages and programs
poll.
"""

import asyncio
from typing import TYPE_CHECKING

import msgspec
from quart import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from hearth.wire.engineio import CodecError, decode_payload
from hearth.wire.handshake import Credentials, Handshake, read_headers, read_query
from hearth.wire.session import Session

if TYPE_CHECKING:
    from hearth.wire.edge import Edge

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


class _Refused(Exception):
    """The request is answered with this status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def make_blueprint(edge: "Edge") -> Blueprint:
    """The routes of one edge, at its path."""
    blueprint = Blueprint("polling" + edge.settings.path.replace("/", "-").replace(".", "-"), __name__)

    @blueprint.route(edge.settings.path, methods=_METHODS, provide_automatic_options=False)
    async def serve_poll() -> Response:
        try:
            return _answer(await _serve(edge))
        except _Refused as refused:
            body = msgspec.json.encode({"message": refused.message})
            return _answer(body, refused.status, "application/json")

    return blueprint


def _answer(body: bytes, status: int = 200, content_type: str = "text/plain; charset=utf-8") -> Response:
    response = Response(body, status, content_type=content_type)
    response.headers["Cache-Control"] = "no-store"
    if status == 503:
        response.headers["Retry-After"] = "5"
    return response


async def _serve(edge: "Edge") -> bytes:
    handshake = _read_handshake(edge)
    if not edge.application.check_origin(handshake):
        raise _Refused(403, "Forbidden")
    if handshake.sid is None:
        return await _open(edge, handshake)
    if not edge.has_session(handshake.sid):
        raise _Refused(400, "Session ID unknown")
    credentials = await edge.authenticate(handshake)
    session = None if credentials is None else edge.find_session(handshake.sid, credentials)
    # Somebody else's sid is answered like one that does not exist.
    if session is None or session.websocket is not None:
        raise _Refused(400, "Session ID unknown")
    if handshake.method == "GET":
        return await _poll(session)
    return await _push(edge, session)


def _read_handshake(edge: "Edge") -> Handshake:
    query = read_query(request.query_string.decode("latin-1"))
    if query.get("EIO") != "4":
        raise _Refused(400, "Unsupported protocol version")
    if query.get("transport") != "polling":
        raise _Refused(400, "Transport unknown")
    if request.method not in ("GET", "POST") or (request.method == "POST" and "sid" not in query):
        raise _Refused(400, "Bad handshake method")
    client = request.scope.get("client") or ("", 0)
    handshake = Handshake(
        request.method,
        "polling",
        query.get("sid"),
        read_headers(request.headers.items()),
        request.scheme,
        str(client[0]),
    )
    handshake.address = edge.client_address(handshake)
    return handshake


async def _open(edge: "Edge", handshake: Handshake) -> bytes:
    if not edge.has_room(handshake.address):
        raise _Refused(503, "Too many connections")
    # Counted before the wait, so that many at once cannot slip past the limit.
    edge.admit(handshake.address)
    credentials: Credentials | None = None
    try:
        credentials = await edge.authenticate(handshake)
        if credentials is None:
            raise _Refused(401, "Not signed in")
    finally:
        if credentials is None:
            edge.release(handshake.address)
    session = edge.open_session(credentials, handshake.address)
    session.is_counted = True
    return edge.describe(session, upgrades=b'["websocket"]')


async def _poll(session: Session) -> bytes:
    if session.is_overdue:
        session.close(1001, "ping timeout")
        raise _Refused(400, "Session ID unknown")
    try:
        return await session.poll()
    except CodecError as error:
        raise _Refused(400, str(error)) from None
    except asyncio.CancelledError:
        # The client hung up (Quart cancels the request). What was queued may be lost on the way: start anew.
        session.cut("transport close")
        raise


async def _push(edge: "Edge", session: Session) -> bytes:
    if session.is_posting:
        session.close(1002, "concurrent posts")
        raise _Refused(400, "concurrent posts")
    session.is_posting = True
    try:
        body = await _read_body(edge)
        for kind, content in decode_payload(body, edge.settings.inbox_packets):
            session.receive(kind, content)
    except CodecError as error:
        session.close(error.code, str(error))
        raise _Refused(413 if error.code == 1009 else 400, str(error)) from None
    finally:
        session.is_posting = False
    return b"ok"


async def _read_body(edge: "Edge") -> bytes:
    """Raises CodecError when the body is larger than `max_payload` or does not come in time."""
    limit = edge.settings.max_payload
    if (request.content_length or 0) > limit:
        raise CodecError("payload too large", 1009)
    body = bytearray()
    try:
        async with asyncio.timeout(edge.settings.body_timeout):
            async for chunk in request.body:
                body += chunk
                if len(body) > limit:
                    raise CodecError("payload too large", 1009)
    except (TimeoutError, HTTPException):
        raise CodecError("body incomplete") from None
    return bytes(body)
