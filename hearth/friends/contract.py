"""What can be asked of friendships, and what both sides are told."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from hearth.accounts.contract import Profile, UserCard, Username
from hearth.contract import Command, Event, Shape, UserId

RequestId = Annotated[int, Meta(ge=1, le=2**53 - 1)]
Relation = Literal["self", "none", "friend", "request_sent", "request_received", "blocked_by_you"]


class Friend(Shape):
    """A friend and since when."""

    profile: Profile
    since: datetime


class FriendRequest(Shape):
    """A request with both its people. Only open ones are kept on devices."""

    id: RequestId
    sender: UserCard
    receiver: UserCard
    status: Literal["pending", "accepted", "declined", "cancelled"]
    timestamp: datetime


class FoundUser(Shape):
    """What an exact username leads to. A person who blocked the asker looks like any stranger."""

    user: UserCard
    relation: Relation


class RequestOutcome(Shape):
    """`friends` is true when the other had asked already, so that both are friends now."""

    friends: bool
    request: FriendRequest | None


class FindUser(Command, name="friend.find", limit="30/60s"):
    """Look somebody up by exact username; `not_found` when there is nobody."""

    username: Username


class RequestFriend(Command, name="friend.request", limit="20/600s"):
    username: Username


class AcceptRequest(Command, name="friend.accept", limit="60/60s"):
    request_id: RequestId


class DeclineRequest(Command, name="friend.decline", limit="60/60s"):
    request_id: RequestId


class CancelRequest(Command, name="friend.cancel", limit="60/60s"):
    request_id: RequestId


class RemoveFriend(Command, name="friend.remove", limit="60/60s"):
    user_id: UserId


class BlockUser(Command, name="friend.block", limit="60/60s"):
    """Block a user one has met (friend, request, conversation, found by name); ends the friendship."""

    username: Username


class UnblockUser(Command, name="friend.unblock", limit="60/60s"):
    user_id: UserId


class FriendRequested(Event, name="friend.requested", logged=True):
    """To both sides."""

    request: FriendRequest


class RequestClosed(Event, name="friend.request_closed", logged=True):
    """To both sides: the request was accepted, declined or cancelled and is no longer open."""

    request: FriendRequest


class FriendAdded(Event, name="friend.added", logged=True):
    """To each side, with the other one."""

    friend: Friend


class FriendChanged(Event, name="friend.changed", logged=True):
    """To one's friends: what they see on one's profile page has changed."""

    profile: Profile


class FriendRemoved(Event, name="friend.removed", logged=True):
    """To each side, with the other one; says the same whether the friendship or the person was ended."""

    user_id: UserId


class UserBlocked(Event, name="friend.blocked", logged=True):
    """To the blocker's own devices only."""

    user: UserCard


class UserUnblocked(Event, name="friend.unblocked", logged=True):
    """To the blocker's own devices only."""

    user_id: UserId
