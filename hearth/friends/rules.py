"""How two people stand to each other and what may follow from it. Pure.

Invariant: whether the other one blocks the asker never changes an answer; it only decides who is told.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from hearth.errors import Conflict, HearthError, InvalidInput, LimitReached, NotFound
from hearth.friends.contract import Relation

MAX_FRIENDS = 2000
MAX_PENDING_SENT = 100
MAX_PENDING_RECEIVED = 1000
MAX_BLOCKED = 2000
ASK_AGAIN_AFTER = timedelta(days=7)

Status = Literal["pending", "accepted", "declined", "cancelled"]
Step = Literal["are_friends", "befriend", "repeat", "show", "ask"]


class BlockedByYou(HearthError):
    code = "blocked_by_you"
    status = 409
    title = "You have blocked this person; unblock them first"


class AskedTooSoon(HearthError):
    """`retry_after` says in how many seconds one may ask again."""

    code = "asked_too_soon"
    status = 409
    title = "This person declined not long ago; ask again later"


class RequestNotOpen(Conflict):
    code = "request_not_open"
    title = "This request is no longer open"


@dataclass(frozen=True, slots=True)
class Request:
    """A stored request. `timestamp` is when it got its status."""

    id: int
    sender_id: int
    receiver_id: int
    status: Status
    suppressed: bool
    timestamp: datetime

    @property
    def is_pending(self) -> bool:
        return self.status == "pending"

    @property
    def is_shown(self) -> bool:
        """Whether the receiver sees it as an open request."""
        return self.is_pending and not self.suppressed

    @property
    def holders(self) -> tuple[int, ...]:
        """Who has it on their devices while it is open."""
        return (self.sender_id,) if self.suppressed else (self.sender_id, self.receiver_id)

    def ended_by(self, user_id: int) -> "Request":
        """Return it as its other side is shown it when this user ends it without an answer."""
        return replace(self, status="cancelled" if self.sender_id == user_id else "declined")


@dataclass(frozen=True, slots=True)
class Standing:
    """How the asker and another person stand: what each asked of the other, and who blocks whom."""

    are_friends: bool = False
    sent: Request | None = None
    received: Request | None = None
    blocks: bool = False
    is_blocked: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """What counts against the caps: the asker's and the other one's."""

    friends: int = 0
    pending_sent: int = 0
    other_friends: int = 0
    other_pending_received: int = 0


def require_another(user_id: int, other_id: int) -> None:
    """Nobody befriends, removes or blocks themselves. Raises InvalidInput."""
    if user_id == other_id:
        raise InvalidInput("That is you.", fields={"username": "self"})


def name_relation(standing: Standing) -> Relation:
    """Return how the other person is shown to the asker."""
    if standing.blocks:
        return "blocked_by_you"
    if standing.are_friends:
        return "friend"
    if standing.sent is not None and standing.sent.is_pending:
        return "request_sent"
    if standing.received is not None and standing.received.is_shown:
        return "request_received"
    return "none"


def decide_request(standing: Standing, now: datetime) -> Step:
    """Return what asking for friendship comes to.

    "show" is a repeated request that a block had hidden and that the receiver may see from now on.
    Raises BlockedByYou, and AskedTooSoon within seven days of a decline.
    """
    if standing.blocks:
        raise BlockedByYou
    if standing.are_friends:
        return "are_friends"
    if standing.received is not None and standing.received.is_pending and not standing.is_blocked:
        return "befriend"
    sent = standing.sent
    if sent is not None and sent.is_pending:
        return "show" if sent.suppressed and not standing.is_blocked else "repeat"
    if sent is not None and sent.status == "declined" and now < sent.timestamp + ASK_AGAIN_AFTER:
        raise AskedTooSoon(retry_after=(sent.timestamp + ASK_AGAIN_AFTER - now).total_seconds())
    return "ask"


def require_room_to_ask(counts: Counts) -> None:
    """Raises LimitReached when either side's requests, or the asker's friends, are as many as allowed."""
    require_room(counts.friends, MAX_FRIENDS, "You have as many friends as there can be.")
    require_room(counts.pending_sent, MAX_PENDING_SENT, "Too many of your requests are still open.")
    require_room(counts.other_pending_received, MAX_PENDING_RECEIVED, "They have too many open requests.")


def require_room_to_befriend(counts: Counts) -> None:
    """Raises LimitReached when one of the two has as many friends as there can be."""
    require_room(counts.friends, MAX_FRIENDS, "You have as many friends as there can be.")
    require_room(counts.other_friends, MAX_FRIENDS, "They have as many friends as there can be.")


def require_room(count: int, limit: int, sentence: str) -> None:
    """Raises LimitReached unless one more fits."""
    if count >= limit:
        raise LimitReached(sentence)


def require_receiver(request: Request | None, user_id: int) -> Request:
    """Return the request if this user was asked and knows it; else it is absent."""
    if request is None or request.receiver_id != user_id or request.suppressed:
        raise NotFound
    return request


def require_sender(request: Request | None, user_id: int) -> Request:
    """Return the request if this user asked; else it is absent."""
    if request is None or request.sender_id != user_id:
        raise NotFound
    return request


def may_close(request: Request, status: Status) -> bool:
    """Whether there is anything left to do; False when it was done before. Raises RequestNotOpen."""
    if request.status == status:
        return False
    if not request.is_pending:
        raise RequestNotOpen
    return True
