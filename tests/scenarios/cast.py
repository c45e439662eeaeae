"""The language of the scenarios: devices of people who send, receive and see, over a real server.

A device waits at most a few seconds for what it should get. Strangers have an ear besides: a stock Socket.IO
client that notes every event of the wire, so that a leak cannot hide behind our own library.
"""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar

import msgspec
import socketio

from hearth.accounts.contract import Devices, ListDevices
from hearth.client import Client, Connected, Message
from hearth.client.wire.http import Http
from hearth.contract import CONTRACT_VERSION, Command, Event
from hearth.errors import HearthError
from hearth.messages.contract import MessageSent, Sent

E = TypeVar("E", bound=Event)
R = TypeVar("R")
PATIENCE = 30.0
"""Seconds. Long enough for a machine that has other things to do: no scenario measures how long it takes."""
PASSWORD = "correct horse battery"


class Ear:
    """A stock Socket.IO client that answers nothing and notes everything it is sent."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Any]] = []
        self._client = socketio.AsyncClient(reconnection=False, handle_sigint=False)
        self._client.on("*", self._hear)

    async def open(self, url: str, token: str) -> None:
        await self._client.connect(
            url,
            headers={"Authorization": f"Bearer {token}"},
            auth={"contract": CONTRACT_VERSION},
            transports=["websocket"],
            wait_timeout=PATIENCE,
        )

    async def hear_everything_sent_so_far(self) -> list[tuple[str, Any]]:
        """Return what came. Events and acks keep their order, so an answer now comes after all of them."""
        await self._client.call("device.list", {}, timeout=PATIENCE)
        return self.heard

    async def close(self) -> None:
        await self._client.disconnect()

    def _hear(self, name: str, *arguments: Any) -> None:
        self.heard.append((name, arguments))


class Device:
    """One signed-in device of somebody of the cast, named as the scenario names it."""

    def __init__(self, name: str, client: Client) -> None:
        self.name = name
        self.client = client
        self.ear: Ear | None = None
        self.phone: Device
        self.messages: list[Message] = []
        self.events: list[Event] = []
        self._taken_messages = 0
        self._listener = client.events()
        self._tasks: list[asyncio.Task[None]] = []
        self._news = asyncio.Condition()

    @property
    def username(self) -> str:
        return self.client.username

    @property
    def user_id(self) -> int:
        return self.client.user_id

    async def connects(self) -> None:
        """Come online and listen."""
        await self.client.connect(timeout=PATIENCE)
        self._tasks = [
            asyncio.create_task(self._collect_messages()),
            asyncio.create_task(self._collect_events()),
        ]

    async def disconnects(self) -> None:
        """Go offline, keeping session and cursors."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.ear is not None:
            await self.ear.close()
            self.ear = None
        await self.client.close()

    async def comes_back(self) -> None:
        """Come online again as a program that was started anew: only the device file was kept."""
        file = self.client.file
        self.client = Client(file, Http(file.state.url, file.state.token))
        self._listener = self.client.events()
        await self.connects()

    async def opens_an_ear(self) -> None:
        self.ear = Ear()
        await self.ear.open(self.client.http.url, self.client.file.state.token)

    async def sends(self, text: str, *, to: "Device | str") -> Sent:
        """Send a text and return once it is on disk."""
        name = to if isinstance(to, str) else to.username
        return await self.client.send(name, text, timeout=PATIENCE)

    async def receives(self, text: str, *, from_: "Device | None" = None) -> Message:
        """The next message this device gets is this one; its user's other devices count, itself does not."""
        await self._wait(lambda: len(self.messages) > self._taken_messages, f"the message {text!r}")
        message = self.messages[self._taken_messages]
        got = message.text if message.verdict is None else message.verdict
        assert got == text, f"{self.name} got {got!r} instead of {text!r}"
        if from_ is not None:
            assert message.sender.id == from_.user_id
        self._taken_messages += 1
        return message

    async def receives_unreadable(self, verdict: str) -> Message:
        """The next message cannot be opened, for this reason."""
        await self._wait(lambda: len(self.messages) > self._taken_messages, f"a message that is {verdict}")
        message = self.messages[self._taken_messages]
        assert message.verdict == verdict, f"{self.name} got {message}"
        self._taken_messages += 1
        return message

    async def receives_nothing(self) -> None:
        """Nothing at all reached this device since the last look (`looks_away`), on the wire itself."""
        if self.ear is not None:
            heard = await self.ear.hear_everything_sent_so_far()
            assert not heard, f"{self.name} heard {heard}"
            return
        await self.settles()
        unseen = [event for event in self.events if not isinstance(event, Connected)]
        assert not unseen, f"{self.name} saw {unseen}"
        assert len(self.messages) == self._taken_messages, f"{self.name} got {self.messages[-1]}"

    def looks_away(self) -> None:
        """Forget what was heard and seen until now."""
        if self.ear is not None:
            self.ear.heard.clear()
        self.events.clear()
        self._taken_messages = len(self.messages)

    async def sees(self, kind: type[E], matching: Callable[[E], bool] = lambda event: True) -> E:
        """Return the first event of this kind since the last look, waiting for it if need be; it is seen
        then.
        """

        def find() -> E | None:
            return next((event for event in self.events if isinstance(event, kind) and matching(event)), None)

        await self._wait(lambda: find() is not None, kind.__name__)
        found = find()
        assert found is not None
        self.events.remove(found)
        return found

    async def settles(self) -> None:
        """Wait until everything the server has sent so far is applied here."""
        await self.client.call(ListDevices(), Devices)
        await self._wait(self._is_idle, "calm")

    async def agrees(self, condition: Callable[[Client], bool], what: str = "the condition") -> None:
        """Wait until the device's own copy of the truth fulfils the condition."""
        await self._wait(lambda: condition(self.client), what)

    async def asks(self, command: Command, result: type[R], *, over: Any = "socket") -> R:
        """Carry out any command."""
        return await self.client.call(command, result, over=over)

    async def is_refused(self, command: Command, code: str, *, over: Any = "socket") -> HearthError:
        """The command is refused with this code; returns the refusal."""
        try:
            await self.client.call(command, msgspec.Raw, over=over)
        except HearthError as error:
            assert error.code == code, f"refused as {error.code}, not {code}"
            return error
        raise AssertionError(f"{self.name} was not refused {type(command).__name__}")

    def _is_idle(self) -> bool:
        socket = self.client._connection.socket
        return socket is not None and socket.events.empty() and not self.client.replica.needs_repair

    async def _collect_messages(self) -> None:
        async for message in self.client.messages(own=True):
            if message.entry.from_device != self.client.file.state.device_id:
                self.messages.append(message)
                await self._tell()

    async def _collect_events(self) -> None:
        async for event in self._listener:
            if not isinstance(event, MessageSent):  # messages are collected as messages
                self.events.append(event)
            await self._tell()

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def _wait(self, condition: Callable[[], bool], what: str) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                while not condition():
                    await self._next_news()
        except TimeoutError:
            raise AssertionError(
                f"{self.name} waited in vain for {what}; saw {self.events}, got {self.messages[-3:]}, "
                f"connection failure {self.client._connection.failure!r}"
            ) from None

    async def _next_news(self) -> None:
        """Wait for news, but look again after a while: idleness makes no news."""
        try:
            async with asyncio.timeout(0.02), self._news:
                await self._news.wait()
        except TimeoutError:
            return

    async def __aenter__(self) -> "Device":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.disconnects()
