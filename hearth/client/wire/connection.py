"""Staying connected: socket after socket, each followed by a resync from cursors, jittered pauses between.

Invariant: the replica is changed by this one task only, and is in step with the server whenever `is_ready`.
"""

import asyncio
import random
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from hearth.accounts.contract import Session, SessionEnded
from hearth.client.device_file import DeviceState
from hearth.client.pauses import Pauses
from hearth.client.problems import (
    Disconnected,
    LogBroken,
    ProtocolBroken,
    Unreachable,
    is_retryable,
)
from hearth.client.replica.catch_up import open_replica, repair
from hearth.client.replica.state import Replica
from hearth.client.wire.http import Http
from hearth.client.wire.socket import Socket
from hearth.contract import Command, Event
from hearth.errors import HearthError, Internal, NotSignedIn
from hearth.tasks import end_task

R = TypeVar("R")
MAX_PAUSE = 30.0
FIRST_PAUSE = 0.5


class Connected(Event, name=""):
    """Not from the server: this device is (again) in step with it; look at the state anew."""


class Connection:
    """Keeps `replica` in step. `notify` gets every event that was new, after it was applied."""

    def __init__(
        self,
        state: DeviceState,
        http: Http,
        replica: Replica,
        notify: Callable[[Event], None],
        *,
        on_open: Callable[[], None],
        transports: tuple[str, ...] = ("websocket",),
    ) -> None:
        self._state, self._http, self._replica = state, http, replica
        self._notify, self._on_open, self._transports = notify, on_open, transports
        self._task: asyncio.Task[None] | None = None
        self._changed = asyncio.Condition()
        self._version = 0
        self._pauses = Pauses(FIRST_PAUSE, MAX_PAUSE)
        self.socket: Socket | None = None
        self.is_ready = False
        self.failure: Exception | None = None

    async def start(self, timeout: float) -> None:
        """Connect and resync; `timeout` in seconds.

        Raises NotSignedIn, ContractTooOld, LogBroken, Unreachable.
        """
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="hearth connection")
        try:
            async with asyncio.timeout(timeout):
                await self.wait_until_ready()
        except TimeoutError as error:
            await self.stop()
            raise Unreachable(f"no connection to {self._state.url} within {timeout} s") from error

    async def stop(self) -> None:
        """Disconnect and stay so."""
        task, self._task = self._task, None
        if task is not None:
            await end_task(task)

    async def wait_until_ready(self) -> None:
        """Wait until connected and in step. Raises what ended the connection for good."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.is_ready or self.failure is not None)
        if self.failure is not None:
            raise self.failure

    async def wait_for_change(self, version: int) -> int:
        """Wait until anything was applied since `version`; returns the new version. Raises as above."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._version != version or self.failure is not None)
        if self.failure is not None:
            raise self.failure
        return self._version

    async def ask(self, command: Command, result: type[R]) -> R:
        """Carry out a command that may be repeated: waits for a connection, and for limits to pass."""
        while True:
            await self.wait_until_ready()
            try:
                return await self._call(command, result)
            except Disconnected:
                await asyncio.sleep(FIRST_PAUSE * random.random())  # noqa: S311 - jitter, not a secret
            except HearthError as error:
                await _wait_out(error)

    async def _call(self, command: Command, result: type[R]) -> R:
        if self.socket is None:
            raise Disconnected("not connected")
        return await self.socket.call(command, result)

    async def _run(self) -> None:
        try:
            while True:
                await self._live_once()
                await asyncio.sleep(self._pauses.next() * random.random())  # noqa: S311 - jitter, not a secret
        except (HearthError, LogBroken, ProtocolBroken, msgspec.MsgspecError) as error:
            self.failure = error
        finally:
            self.is_ready = False
            await self.announce()

    async def _live_once(self) -> None:
        """One connection from beginning to end. Raises what no other connection would mend."""
        socket = Socket(self._state.url, self._state.token, transports=self._transports)
        try:
            await socket.connect()
            self.socket = socket
            await self._resync(socket)
            self._pauses.reset()
            await self._follow(socket)
        except Unreachable:
            await self._check_session()
        except (Disconnected, Internal):
            pass  # what ails the server may have passed by the next connection
        finally:
            self.socket, self.is_ready = None, False
            await socket.close()

    async def _resync(self, socket: Socket) -> None:
        await open_replica(self._replica, _patient(socket))
        self._on_open()
        self.is_ready = True
        self._tell_news()
        self._notify(Connected())
        await self.announce()

    async def _follow(self, socket: Socket) -> None:
        while (event := await socket.events.get()) is not None:
            name, payload = event
            if name == SessionEnded.wire_name:
                ended = msgspec.json.decode(payload, type=SessionEnded)
                self._notify(ended)
                raise NotSignedIn(f"The session has ended ({ended.reason})")
            self._replica.apply_event(name, payload)
            if socket.has_dropped_events:
                socket.has_dropped_events = False
                await self._resync(socket)
            elif self._replica.needs_repair:
                await repair(self._replica, _patient(socket))
            self._tell_news()
            await self.announce()

    def _tell_news(self) -> None:
        for event in self._replica.take_news():
            self._notify(event)

    async def announce(self) -> None:
        """Let everybody who waits for a change look again."""
        async with self._changed:
            self._version += 1
            self._changed.notify_all()

    async def _check_session(self) -> None:
        """A refused handshake does not say why: ask by HTTP. Raises NotSignedIn when the session is over."""
        try:
            await self._http.send("GET", "/api/session", Session)
        except (Unreachable, Disconnected, ProtocolBroken):
            return
        except NotSignedIn:
            raise
        except HearthError as error:
            await asyncio.sleep(min(error.retry_after or 0.0, MAX_PAUSE))


def _patient(socket: Socket) -> Any:
    """Return the socket's call that waits out limits instead of raising them."""

    async def ask(command: Command, result: type[R]) -> R:
        while True:
            try:
                return await socket.call(command, result)
            except HearthError as error:
                await _wait_out(error)

    return ask


async def _wait_out(error: HearthError) -> None:
    if not is_retryable(error):
        raise error
    await asyncio.sleep(max(error.retry_after or 0.0, FIRST_PAUSE) * random.uniform(1, 1.2))  # noqa: S311
