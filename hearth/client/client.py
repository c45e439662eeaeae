"""A signed-in device of a user, for bots, scripts and tests: befriend, send, receive, resume.

Everything sent is kept until it is answered; everything received comes in order and checked.
docs/client-library.md walks through it.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType
from typing import Literal, TypeVar

from hearth.client import content, sign_in
from hearth.client.account import AccountActs, end_session, give_keys
from hearth.client.conversations.bond import require_id
from hearth.client.conversations.opener import Opener
from hearth.client.conversations.repeats import Repeats
from hearth.client.conversations.sealer import Sealer
from hearth.client.device_file import DeviceFile, OutboxTarget
from hearth.client.events import Listener, Listeners
from hearth.client.friendships import Friendships, find_friend
from hearth.client.groups import Groups
from hearth.client.history import History
from hearth.client.identities import Identities
from hearth.client.keys.keeper import Keeper
from hearth.client.messages import Message, name_sender, to_message
from hearth.client.names import find_card
from hearth.client.outbox import Outbox
from hearth.client.private import Private
from hearth.client.problems import Disconnected, Unreachable
from hearth.client.replica.conversation import ConversationState
from hearth.client.replica.reader import Reader
from hearth.client.replica.state import Replica
from hearth.client.said import Said, check_said
from hearth.client.sayings import Sayings
from hearth.client.signs import Signs
from hearth.client.wire.connection import Connection
from hearth.client.wire.http import Http
from hearth.contract import Command, Event, Nothing
from hearth.errors import HearthError, NotFound
from hearth.messages.contract import (
    KIND_MESSAGE,
    Entry,
    MarkReceived,
    SendMessage,
    Sent,
)
from hearth.sealed.group.check import Where
from hearth.sealed.group.entries import EntryKind
from hearth.tasks import end_task

R = TypeVar("R")
NOTES = "Notes"
NEW_FRIEND_SECONDS = 5.0


class Client(Friendships, Identities, AccountActs, Signs, Sayings, History):
    """One device. Make it with `register`, `sign_in` or `from_file`, then `connect`; `close` when done."""

    def __init__(
        self,
        file: DeviceFile,
        http: Http,
        *,
        transports: tuple[str, ...] = ("websocket",),
    ) -> None:
        self.file = file
        self.http = http
        self.replica = Replica(file.state.user_id)
        self._listeners = Listeners()
        self._connection = Connection(
            file.state,
            http,
            self.replica,
            self._take_event,
            on_open=self._begin,
            transports=transports,
        )
        connection = self._connection
        self.keeper = Keeper(
            file, http, self.replica, connection.wait_until_ready, self._listeners.tell, connection.announce
        )
        self._opener = Opener(self.keeper)
        tell, opener = self._listeners.tell, self._opener
        self._reader = Reader(
            file, self.replica, connection.ask, tell, opener.describe, opener.open, opener.may_follow_loss
        )
        self._sealer = Sealer(self.keeper, self.replica)
        repeats = Repeats(file, self.replica, self.keeper, connection.ask, self._listeners.tell)
        self._outbox = Outbox(file, self._send_once, connection.wait_until_ready, self._sealer, repeats)
        self.groups = Groups(self, connection.wait_for_change)
        self.private = Private(self.keeper)
        self._unmarked: dict[str, int] = {}
        self._tasks: list[asyncio.Task[None]] = []

    @classmethod
    async def register(
        cls,
        url: str,
        username: str,
        password: str,
        *,
        display_name: str | None = None,
        device_name: str | None = None,
        invite: str | None = None,
        file: str | Path | None = None,
    ) -> "Client":
        """Make an account with its keys. With `file`, both are kept there (never the password)."""
        http = Http(url)
        try:
            entry = await sign_in.register(
                http,
                username,
                password,
                display_name=display_name,
                device_name=device_name,
                invite=invite,
                path=Path(file) if file is not None else None,
            )
            await give_keys(http, entry.file, entry.keys, entry.card)
        except BaseException:
            await http.close()
            raise
        return cls(entry.file, http)

    @classmethod
    async def sign_in(
        cls,
        url: str,
        username: str,
        password: str,
        *,
        device_name: str | None = None,
        file: str | Path | None = None,
    ) -> "Client":
        """Sign a new device in, and give it keys.

        Raises WrongPassword, TooManyRequests, Unreachable; Rejected when the server shows keys of the account
        that cannot be.
        """
        http = Http(url)
        try:
            path = Path(file) if file is not None else None
            entry = await sign_in.sign_in(http, username, password, device_name=device_name, path=path)
            await give_keys(http, entry.file, entry.keys, entry.card)
        except BaseException:
            await http.close()
            raise
        return cls(entry.file, http)

    @classmethod
    def from_file(cls, path: str | Path) -> "Client":
        """Be the device that an earlier run kept in `path`. Raises OSError and ValueError."""
        saved = DeviceFile.load(path)
        return cls(saved, Http(saved.state.url, saved.state.token))

    async def connect(self, *, timeout: float = 30.0) -> None:
        """Connect, get up to date and stay connected; what an earlier run left unsent is sent.

        Raises Unreachable after `timeout` seconds, NotSignedIn when the session has ended.
        """
        await self._connection.start(timeout)
        self._tasks = [
            asyncio.create_task(self.keeper.run()),
            asyncio.create_task(self._outbox.deliver_all()),
        ]

    async def close(self) -> None:
        """Disconnect; the session stays, and so does what is unsent (in the file)."""
        for task in self._tasks:
            await end_task(task)
        await self._connection.stop()
        await self.http.close()

    async def sign_out(self) -> None:
        """End the session for good and forget the device with its keys."""
        for task in self._tasks:
            await end_task(task)
        await self._connection.stop()
        await end_session(self.http, self.file)
        self.file.remove()
        await self.close()

    async def __aenter__(self) -> "Client":
        await self.connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def user_id(self) -> int:
        return self.file.state.user_id

    @property
    def username(self) -> str:
        return self.file.state.username

    @property
    def is_connected(self) -> bool:
        return self._connection.is_ready

    async def call(
        self, command: Command, result: type[R], *, over: Literal["socket", "http"] = "socket"
    ) -> R:
        """Carry out any command of the protocol once. Raises HearthError, Disconnected (outcome unknown)."""
        if over == "http":
            return await self.http.call(command, result)
        await self._connection.wait_until_ready()
        if self._connection.socket is None:
            raise Disconnected("not connected")
        return await self._connection.socket.call(command, result)

    async def ask(self, command: Command, result: type[R]) -> R:
        """Carry out a command that may be repeated, over any number of connections. Raises HearthError."""
        return await self._connection.ask(command, result)

    def events(self, *types: type[Event]) -> Listener:
        """Listen to events of these types from now on (to all without types): `with client.events(X) as
        events`.
        """
        return self._listeners.add(*types)

    async def say(
        self,
        to: str,
        kind: EntryKind,
        said: Said,
        target: OutboxTarget | None = None,
        *,
        client_id: str | None = None,
        timeout: float | None = None,
        wait: bool = True,
    ) -> Sent:
        """Send an entry of any kind; `send`, `react` and the others are made of it. Raises as `send`."""
        check_said(kind, said)
        conversation = (await self._await_conversation(to)).conversation.id
        if not wait:
            await self._sealer.require_ready(conversation)
        record = content.keep(said.fields())
        row = self._outbox.put(conversation, record, client_id=client_id, kind=kind, target=target)
        delivery = asyncio.ensure_future(self._outbox.deliver(row))
        try:
            async with asyncio.timeout(timeout):
                return await asyncio.shield(delivery)
        except TimeoutError:
            delivery.add_done_callback(lambda done: done.cancelled() or done.exception())
            raise

    async def messages(self, *, own: bool = False) -> AsyncIterator[Message]:
        """Yield every message from where this device left off, then as they come, without end.

        One conversation's messages come in order. A message counts as handled when the next one is asked for:
        after a crash it is given again. One that cannot be opened has a `verdict` instead of a text; it is
        given
        again with its text when it can be. With `own`, what the user's other devices sent is given too.
        Delivered marks are sent by itself. Raises NotSignedIn when the session ends, LogBroken when the
        server tampers with a log.
        """
        version = -1
        while True:
            version = await self._connection.wait_for_change(version)
            async for entry, healed in self._opener.give_healed():
                state = self.replica.conversations.get(entry.conversation_id)
                if state is None or self._reader.was_handled(entry):
                    continue
                if entry.kind == KIND_MESSAGE and (own or not self._is_own(entry)):
                    yield name_sender(self.file, to_message(state, entry, healed))
            async for read in self._reader.read_new():
                entry = read.entry
                state = self.replica.conversations.get(entry.conversation_id)
                if state is None or entry.kind != KIND_MESSAGE or self._reader.was_handled(entry):
                    continue
                if not self._is_own(entry):
                    self._unmarked[entry.conversation_id] = entry.seq
                elif not own:
                    continue
                yield name_sender(self.file, to_message(state, entry, read.judgement))
            await self._mark_delivered()

    def _is_own(self, entry: Entry) -> bool:
        return entry.from_user == self.user_id

    def find_conversation(self, to: str) -> ConversationState:
        """Return the conversation with a friend (by username), "Notes", or by id.

        Raises NotFound; NotReady for one that the server only says to be theirs.
        """
        if to in self.replica.conversations:
            return self.replica.conversations[to]
        states = self.replica.conversations.values()
        if to == NOTES:
            found = next((state for state in states if state.conversation.kind == "self"), None)
        else:
            found = self._find_direct(to)
        if found is None:
            raise NotFound(f"no conversation with {to}")
        server = bytes.fromhex(self.replica.server_id)
        require_id(Where(server, bytes.fromhex(found.conversation.id), self.user_id), found.conversation)
        return found

    def _find_direct(self, to: str) -> ConversationState | None:
        direct = [one for one in self.replica.conversations.values() if one.conversation.kind == "direct"]
        others = {card.id: (card, one) for one in direct for card in one.conversation.users}
        others.pop(self.user_id, None)
        return others[find_card(self.file, (card for card, _ in others.values()), to).id][1]

    async def _await_conversation(self, to: str) -> ConversationState:
        """As `find_conversation`, but a friendship may be newer than what is known of its conversation."""
        version = -1
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(NEW_FRIEND_SECONDS):
                while True:
                    try:
                        return self.find_conversation(to)
                    except NotFound:
                        find_friend(self, to)
                        version = await self._connection.wait_for_change(version)
        return self.find_conversation(to)

    def _take_event(self, event: Event) -> None:
        self.keeper.take(event)
        self._listeners.tell(event)

    def _begin(self) -> None:
        self._reader.begin()
        self.keeper.begin()

    async def _send_once(self, command: SendMessage) -> Sent:
        await self.keeper.settle()
        if self._connection.socket is None:
            raise Disconnected("not connected")
        return await self._connection.socket.call(command, Sent)

    async def _mark_delivered(self) -> None:
        while self._unmarked:
            key, seq = self._unmarked.popitem()
            try:
                await self.call(MarkReceived(conversation_id=key, delivered_seq=seq), Nothing)
            except (Disconnected, Unreachable):
                self._unmarked[key] = seq  # after the next connection
                return
            except HearthError:
                continue
