"""What the running server consists of, as one typed record that every verb can reach through its context."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from hearth.bus.local import Bus
    from hearth.clock import Clock
    from hearth.config import Config
    from hearth.db.engine import Database
    from hearth.health import Watch
    from hearth.messages.log import MessageLog
    from hearth.presence.board import PresenceBoard
    from hearth.reactions import Reactions
    from hearth.wire.limits import Limits


@dataclass(frozen=True, slots=True)
class Identity:
    """Which server this is: `server_id` never changes, `generation` changes when a backup is restored.

    That was at `restored_at`; `backup_at` is of when the backup is, None for one that does not say.
    """

    server_id: bytes
    generation: bytes
    restored_at: datetime | None = None
    backup_at: datetime | None = None


class LoggedEvent(NamedTuple):
    """An event on its way into the logs of `user_ids`; `payload` is its JSON."""

    kind: str
    payload: bytes
    user_ids: tuple[int, ...]


class WrittenEntry(NamedTuple):
    """One new entry of one user's log; `payload` is the JSON of the whole entry, as devices get it."""

    user_id: int
    payload: bytes


class WriteLogs(Protocol):
    async def __call__(
        self, transaction: "AsyncConnection", events: Sequence[LoggedEvent], now: datetime
    ) -> list[WrittenEntry]:
        """Append the events to their users' logs and return the entries in the order they were written."""
        ...


class ListVisible(Protocol):
    async def __call__(
        self, transaction: "AsyncConnection", viewer_id: int, user_ids: Collection[int]
    ) -> set[int]:
        """Return which of these people the viewer may see; only nouns above the directory know."""
        ...


@dataclass(slots=True)
class Services:
    """The parts of one running server, made by `hearth.app.create_app`."""

    config: "Config"
    clock: "Clock"
    database: "Database"
    identity: Identity
    secret: bytes
    bus: "Bus"
    limits: "Limits"
    reactions: "Reactions"
    write_logs: WriteLogs
    list_visible: ListVisible
    messages: "MessageLog"
    presence: "PresenceBoard"
    watch: "Watch"
