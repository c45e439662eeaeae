"""What the Socket.IO edge asks of the application: who may connect, and what an event means (a command)."""

import dataclasses
from collections.abc import Awaitable, Callable, Coroutine
from itertools import count
from typing import Any

import msgspec

from hearth.config import Config
from hearth.contract import CONTRACT_VERSION, Actor
from hearth.errors import HearthError, InvalidInput, TooManyRequests
from hearth.wire.addresses import find_client_address, is_own_origin
from hearth.wire.dispatch import ENCODER, Dispatcher
from hearth.wire.edge import ConnectionRefused, Credentials, Event, Handshake, Pending, Socket
from hearth.wire.http import find_token
from hearth.wire.registry import Registry

MINIMUM_CONTRACT = 1
EVENTS_PER_SOCKET = "600/10s"
"""Whatever the single commands allow, no socket asks for more than this."""


class ConnectPayload(msgspec.Struct):
    """What a client says when it connects: the contract it was built for (programs may say nothing)."""

    contract: int = CONTRACT_VERSION


CONNECT_DECODER = msgspec.json.Decoder(ConnectPayload)
EVENT_DECODER = msgspec.json.Decoder(tuple[str, msgspec.Raw])
NAME_DECODER = msgspec.json.Decoder(tuple[str])


class Gateway:
    """The application behind the edge. Every event of a connected socket is a command of its device."""

    def __init__(
        self,
        config: Config,
        dispatcher: Dispatcher,
        registry: Registry,
        find_session: Callable[[str], Awaitable[Actor | None]],
        came: Callable[[Actor], None],
        went: Callable[[Actor], None],
    ) -> None:
        self._config = config
        self._dispatcher = dispatcher
        self._registry = registry
        self._find_session = find_session
        self._came = came
        self._went = went
        self._numbers = count(1)
        self._overlapping = tuple(
            b'["%b",' % name.encode() for name, handler in dispatcher.handlers.items() if handler.is_later
        )

    def check_origin(self, request: Handshake) -> bool:
        """A browser must come from our own page; a program names no origin and uses no cookie."""
        origin = request.headers.get("origin")
        if origin is None:
            return "cookie" not in request.headers or "authorization" in request.headers
        host = request.headers.get("host", "")
        return is_own_origin(origin, url=self._config.url, scheme=request.scheme, host=host)

    def find_address(self, request: Handshake) -> str:
        """The client's address, through trusted proxies only."""
        forwarded = request.headers.get("x-forwarded-for")
        return find_client_address(request.peer, forwarded, self._config.trusted_proxy)

    async def authenticate(self, request: Handshake) -> Credentials | None:
        """Look the session up; None closes the connection before any handler runs."""
        is_https = request.scheme == "https" if self._config.url is None else self._config.is_https
        name = "__Host-hearth" if is_https else "hearth"
        cookie = read_cookie(request.headers.get("cookie", ""), name)
        token = find_token(request.headers.get("authorization"), cookie)
        actor = None if token is None else await self._find_session(token)
        if actor is None:
            return None
        return Credentials(value=actor, key=actor.device_id)

    async def connect(self, socket: Socket, auth: bytes | None) -> bytes | None:
        """Let the device in, unless its session has ended since it was recognised, its client is too old, or
        the user has too many sockets."""
        try:
            payload = CONNECT_DECODER.decode(auth or b"{}")
        except (msgspec.DecodeError, RecursionError):
            raise ConnectionRefused("invalid_input") from None
        if payload.contract < MINIMUM_CONTRACT:
            raise ConnectionRefused("contract_too_old")
        actor: Actor = socket.credentials.value
        if self._registry.has_ended(actor.device_id):
            socket.close(1008, "not signed in")
            raise ConnectionRefused("not_signed_in")
        if not self._registry.has_room(actor.user_id):
            raise ConnectionRefused("too_many_sockets")
        actor = dataclasses.replace(actor, connection=next(self._numbers))
        socket.data = actor
        self._registry.add(actor, socket)
        self._came(actor)
        return None

    def event(self, socket: Socket, packet: Event) -> bytes | Pending | Coroutine[Any, Any, bytes]:
        """Carry out one command; the ack is a JSON array with the answer."""
        actor: Actor = socket.data
        try:
            self._dispatcher.services.limits.take("socket", actor.connection, EVENTS_PER_SOCKET)
            name, raw = read_event(packet.payload)
        except TooManyRequests as error:
            socket.close(1008, "too many events")
            return b"[" + ENCODER.encode({"error": error.to_problem()}) + b"]"
        except HearthError as error:
            return b"[" + ENCODER.encode({"error": error.to_problem()}) + b"]"
        return self._dispatcher.acknowledge(actor, name, raw)

    def overlaps(self, packet: Event) -> bool:
        """Appends to a log overlap: their order is that of the committer's queue."""
        return packet.payload.startswith(self._overlapping)

    def disconnected(self, socket: Socket, reason: str) -> None:
        """Forget the socket; presence waits a little before it says so."""
        actor: Actor | None = socket.data
        if actor is not None:
            self._registry.remove(actor)
            self._went(actor)


def read_event(payload: bytes) -> tuple[str, bytes | msgspec.Raw]:
    """Split ["name", {…}] (or just ["name"]) into the name and the raw JSON of the command's fields."""
    try:
        return EVENT_DECODER.decode(payload)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        pass
    try:
        return NAME_DECODER.decode(payload)[0], b"{}"
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise InvalidInput("An event is a command's name and one object with its fields.") from None


def read_cookie(header: str, name: str) -> str | None:
    """Return the named cookie of a Cookie header; None when it is absent or the header is broken."""
    for part in header.split(";"):
        key, separator, value = part.strip().partition("=")
        if separator and key == name:
            return value.strip('"')
    return None
