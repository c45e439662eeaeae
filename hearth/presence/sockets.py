"""Who is connected from where: the sockets of each user and when the last one went. Pure bookkeeping, no I/O.

Invariant: a user is watched while they have a socket, are within the grace, or their last change is unsaved.
"""

from dataclasses import dataclass, field
from datetime import datetime

from hearth.contract import Actor
from hearth.presence.contract import Status
from hearth.presence.rules import GRACE_SECONDS, combine


@dataclass(slots=True)
class Socket:
    device_id: bytes
    is_away: bool = False


@dataclass(slots=True)
class Watched:
    """One user. `saved` is the status last stored and told; `seen_at` when it changed for the last time."""

    seen_at: datetime
    sockets: dict[int, Socket] = field(default_factory=dict)
    saved: Status = "offline"
    goes_at: float | None = None

    @property
    def status(self) -> Status:
        """What it is now: within the grace still what it was."""
        if self.goes_at is not None:
            return self.saved
        return combine(socket.is_away for socket in self.sockets.values())


class Sockets:
    """All users of this process. `changed` holds those whose status may have to be saved and told."""

    def __init__(self) -> None:
        self.users: dict[int, Watched] = {}
        self.changed: set[int] = set()
        self._leaving: dict[int, float] = {}

    def status_of(self, user_id: int) -> Status:
        watched = self.users.get(user_id)
        return "offline" if watched is None else watched.status

    def add(self, actor: Actor, now: datetime) -> None:
        watched = self.users.setdefault(actor.user_id, Watched(now))
        watched.sockets[actor.connection] = Socket(actor.device_id)
        watched.goes_at = None
        self._leaving.pop(actor.user_id, None)
        self._note(actor.user_id, watched, now)

    def remove(self, actor: Actor, now: datetime, monotonic: float) -> None:
        """Forget a socket; with the last one the grace begins. One that is not known changes nothing."""
        watched = self.users.get(actor.user_id)
        if watched is None or watched.sockets.pop(actor.connection, None) is None:
            return
        watched.seen_at = now
        if watched.sockets:
            self._note(actor.user_id, watched, now)
        else:
            watched.goes_at = self._leaving[actor.user_id] = monotonic + GRACE_SECONDS

    def set_away(self, actor: Actor, is_away: bool, now: datetime) -> None:
        """Mark the asking socket; one that asks by HTTP speaks for all sockets of its device."""
        watched = self.users.get(actor.user_id)
        if watched is None:
            return
        for connection, socket in watched.sockets.items():
            is_same_device = not actor.connection and socket.device_id == actor.device_id
            if connection == actor.connection or is_same_device:
                socket.is_away = is_away
        self._note(actor.user_id, watched, now)

    def end_graces(self, monotonic: float) -> None:
        """Let those go whose grace is over. Graces are all equally long, so the first to begin ends first."""
        while self._leaving:
            user_id, goes_at = next(iter(self._leaving.items()))
            if goes_at > monotonic:
                return
            del self._leaving[user_id]
            self.users[user_id].goes_at = None
            self.changed.add(user_id)

    def next_end(self) -> float | None:
        """Return the monotonic time at which the next grace ends."""
        return next(iter(self._leaving.values()), None)

    def mark_saved(self, user_id: int, status: Status) -> None:
        """Note what is stored and told now. What changed meanwhile is due next; who is gone is forgotten."""
        watched = self.users.get(user_id)
        if watched is None:
            return
        watched.saved = status
        if watched.status != status:
            self.changed.add(user_id)
        elif status == "offline" and not watched.sockets and watched.goes_at is None:
            del self.users[user_id]

    def list_present(self, now: datetime) -> dict[int, datetime]:
        """Return who is not offline, and when each was seen last: now, or when the grace began."""
        return {
            user_id: now if watched.sockets else watched.seen_at
            for user_id, watched in self.users.items()
            if watched.status != "offline"
        }

    def _note(self, user_id: int, watched: Watched, now: datetime) -> None:
        if watched.status != watched.saved:
            watched.seen_at = now
            self.changed.add(user_id)
