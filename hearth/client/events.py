"""Handing what happened to whoever listens; a listener that falls behind loses the oldest and is told so."""

import asyncio
from collections.abc import AsyncIterator
from types import TracebackType

from hearth.client.replica.state import OF_KEYS
from hearth.contract import Event

MAX_WAITING = 10_000
UNTOLD: frozenset[type[Event]] = frozenset(OF_KEYS.values())
"""Told only to who asks for them by name: this library acts on them by itself."""


class EntryMissing(Event, name=""):
    """Not from the server: something was left out. A device's count goes on at `seq` with a number skipped.

    Devices count what they send in a conversation, from 1 on and without a gap. The log's hashes fit all the
    same, so reading goes on; what is missing was lost or kept back by the server, or never sent by a device
    that counts wrongly, and the people should be asked. The entry at `seq` is its device's: it was opened.
    `may_be_lost`: the server was restored from a backup, and that may have lost what is missing.
    """

    conversation_id: str
    seq: int
    from_user: int
    may_be_lost: bool = False


class DeviceCopied(Event, name=""):
    """Not from the server: another program writes as this very device, with a copy of its file.

    What this one wrote is sent again, so nothing is lost. But who has the copy reads and writes as this
    person: one who made none removes the device (`revoke_device`).
    """

    conversation_id: str


class GroupDoubted(Event, name=""):
    """Not from the server: a member's device says that it was shown another state of a group than this one.

    That alone proves nothing and stops nothing. If the two find that the conversation's code differs, the
    server shows different people different things.
    """

    conversation_id: str
    user_id: int


class KeysStopped(Event, name=""):
    """Not from the server: it shows something of this user's own keys that cannot be, and nothing is sealed.

    `verdict` is one of section 12 of docs/protocol-encryption.md. What was seen before is kept.
    """

    verdict: str
    why: str


class Listener:
    """An endless iterator over events of some types, from the moment it was made.

    Use it as a context manager.
    """

    def __init__(self, listeners: "Listeners", types: tuple[type[Event], ...]) -> None:
        self._listeners = listeners
        self._types = types
        self._queue: asyncio.Queue[Event] = asyncio.Queue(MAX_WAITING)
        self.has_lost_events = False

    def take(self, event: Event) -> None:
        """Give the listener an event; others than its types are passed over."""
        if not isinstance(event, self._types or Event) or (not self._types and type(event) in UNTOLD):
            return
        if self._queue.full():
            self.has_lost_events = True
            self._queue.get_nowait()
        self._queue.put_nowait(event)

    def __enter__(self) -> "Listener":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listeners.remove(self)

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    async def __anext__(self) -> Event:
        return await self._queue.get()


class Listeners:
    """All listeners of one client."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def add(self, *types: type[Event]) -> Listener:
        """Return a new listener to these types of events, to all without types."""
        listener = Listener(self, types)
        self._listeners.append(listener)
        return listener

    def remove(self, listener: Listener) -> None:
        if listener in self._listeners:
            self._listeners.remove(listener)

    def tell(self, event: Event) -> None:
        """Give an event to everybody who listens for it."""
        for listener in self._listeners:
            listener.take(event)
