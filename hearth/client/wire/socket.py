"""One connection by Socket.IO: typed calls out, events in order in. It ends once and never reconnects.

Arguments of events and acks stay raw bytes until they are decoded straight into their contract struct.
"""

import asyncio
import contextlib
from typing import Any, TypeVar

import aiohttp
import msgspec
import socketio
import socketio.exceptions
import socketio.packet

from hearth.client.problems import Disconnected, Problem, ProtocolBroken, Unreachable, to_error
from hearth.contract import CONTRACT_VERSION, Command
from hearth.errors import HearthError

R = TypeVar("R")
CALL_TIMEOUT = 30.0
CONNECT_TIMEOUT = 10.0
MAX_WAITING_EVENTS = 10_000
REFUSALS = (
    socketio.exceptions.SocketIOError,
    aiohttp.ClientError,
    OSError,
    TimeoutError,
    TypeError,  # python-engineio's answer to a socket that is closed before the open packet
)
ENCODER = msgspec.json.Encoder()
ARGUMENTS = msgspec.json.Decoder(list[msgspec.Raw])


class ContractTooOld(HearthError):
    code = "contract_too_old"
    status = 426
    title = "This program is too old for the server; update it"


class Answer(msgspec.Struct, frozen=True):
    """The ack of a command: one of the two."""

    ok: msgspec.Raw = msgspec.Raw(b"")
    error: Problem | None = None


class RawJson:
    """The json module of this socket: lists become [event name, raw arguments…], objects stay objects."""

    @staticmethod
    def dumps(value: Any, **_: Any) -> str:
        return ENCODER.encode(value).decode()

    @staticmethod
    def loads(text: str) -> Any:
        if not text.startswith("["):
            return msgspec.json.decode(text)
        items: list[Any] = list(ARGUMENTS.decode(text))
        if items and bytes(items[0])[:1] == b'"':
            items[0] = msgspec.json.decode(items[0])
        return items


class RawPacket(socketio.packet.Packet):  # type: ignore[misc]
    """A Socket.IO packet with the JSON above, set here and not on the class that others share."""

    json = RawJson


class Socket:
    """A connection of one device. `events` yields (name, raw payload); None marks the end."""

    def __init__(self, url: str, token: str, *, transports: tuple[str, ...] = ("websocket",)) -> None:
        self._url = url
        self._token = token
        self._transports = list(transports)
        self._pending: set[asyncio.Future[msgspec.Raw]] = set()
        self._refusal: str | None = None
        self._http: aiohttp.ClientSession | None = None
        self.events: asyncio.Queue[tuple[str, msgspec.Raw] | None] = asyncio.Queue()
        self.has_dropped_events = False
        self.is_open = False
        self._client = socketio.AsyncClient(
            reconnection=False, handle_sigint=False, serializer=RawPacket, http_session=self._open_http
        )
        self._client.on("*", self._take_event)
        self._client.on("disconnect", self._end)
        self._client.on("connect_error", self._note_refusal)

    async def connect(self) -> None:
        """Open the connection. Raises ContractTooOld when told so, Unreachable for everything else."""
        try:
            await self._client.connect(
                self._url,
                auth={"contract": CONTRACT_VERSION},
                transports=self._transports,
                wait_timeout=CONNECT_TIMEOUT,
            )
        except REFUSALS as error:
            await self.close()
            if self._refusal == "contract_too_old":
                raise ContractTooOld from error
            raise Unreachable(self._refusal or str(error)) from error
        self.is_open = True

    async def call(self, command: Command, result: type[R], *, timeout: float = CALL_TIMEOUT) -> R:
        """Carry out a command; `timeout` in seconds.

        Raises HearthError when refused, Disconnected when unknown.
        """
        if not self.is_open:
            raise Disconnected("not connected")
        waiting: asyncio.Future[msgspec.Raw] = asyncio.get_running_loop().create_future()
        self._pending.add(waiting)

        def take_ack(*arguments: msgspec.Raw) -> None:
            if not waiting.done():
                waiting.set_result(arguments[0] if arguments else msgspec.Raw(b"null"))

        try:
            name, payload = type(command).wire_name, msgspec.Raw(ENCODER.encode(command))
            try:
                await self._client.emit(name, payload, callback=take_ack)
            except socketio.exceptions.SocketIOError as error:
                raise Disconnected("the connection ended") from error
            async with asyncio.timeout(timeout):
                raw = await waiting
        except TimeoutError as error:
            raise Disconnected(f"no answer within {timeout} s") from error
        finally:
            self._pending.discard(waiting)
        return _read_ack(raw, result)

    async def close(self) -> None:
        """Close the connection; calls under way raise Disconnected."""
        self._end()
        with contextlib.suppress(socketio.exceptions.SocketIOError, OSError, aiohttp.ClientError):
            await self._client.disconnect()
        if self._http is not None:
            await self._http.close()

    async def _open_http(self) -> aiohttp.ClientSession:
        # On the session: python-engineio itself sends headers with the first polling request only.
        headers = {"Authorization": f"Bearer {self._token}"}
        self._http = aiohttp.ClientSession(headers=headers, middlewares=(read_whole,))
        return self._http

    def _take_event(self, name: str, *arguments: msgspec.Raw) -> None:
        if self.events.qsize() >= MAX_WAITING_EVENTS:
            self.has_dropped_events = True  # they were only hints; the reader repairs from its cursors
            return
        self.events.put_nowait((name, arguments[0] if arguments else msgspec.Raw(b"null")))

    def _note_refusal(self, data: Any = None, *_: Any) -> None:
        self._refusal = data.get("message") if isinstance(data, dict) else str(data)

    def _end(self, *_: Any) -> None:
        was_open, self.is_open = self.is_open, False
        for waiting in self._pending:
            if not waiting.done():
                waiting.set_exception(Disconnected("the connection ended"))
        if was_open:
            self.events.put_nowait(None)


async def read_whole(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Read what python-engineio does not: the answer to a polling POST, which would leave its connection
    hanging, and a refusal, which it reads only after it has closed the connection."""
    response = await handler(request)
    if request.method == "POST" or not response.ok:
        await response.read()
    return response


def _read_ack(raw: msgspec.Raw, result: type[R]) -> R:
    try:
        answer = msgspec.json.decode(raw, type=Answer)
        if answer.error is None:
            return msgspec.json.decode(answer.ok, type=result)
    except msgspec.MsgspecError as error:
        raise ProtocolBroken(f"unexpected ack: {error}") from error
    raise to_error(answer.error)
