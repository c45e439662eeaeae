"""A client's acts of friendship: find, request, accept, decline, cancel, remove, block, unblock."""

from typing import Protocol, TypeVar

from hearth.accounts.contract import UserCard
from hearth.client.replica.state import Replica
from hearth.contract import Command, Nothing
from hearth.errors import NotFound
from hearth.friends.contract import (
    AcceptRequest,
    BlockUser,
    CancelRequest,
    DeclineRequest,
    FindUser,
    FoundUser,
    Friend,
    FriendRequest,
    RemoveFriend,
    RequestFriend,
    RequestOutcome,
    UnblockUser,
)

R = TypeVar("R")


class Device(Protocol):
    """What these acts need of a client."""

    replica: Replica

    @property
    def user_id(self) -> int: ...

    async def call(self, command: Command, result: type[R], /) -> R: ...


class Friendships:
    """Mixed into Client. Names are usernames; a name without a friend or request raises NotFound."""

    async def find(self: Device, username: str) -> FoundUser:
        """Look somebody up by exact username. Raises NotFound, TooManyRequests."""
        return await self.call(FindUser(username=username), FoundUser)

    async def request(self: Device, username: str) -> RequestOutcome:
        """Ask to be friends; when the other has asked already, both are friends now."""
        return await self.call(RequestFriend(username=username), RequestOutcome)

    async def accept(self: Device, username: str) -> None:
        """Accept somebody's open request."""
        await self.call(AcceptRequest(request_id=find_request(self, username, sent=False).id), Nothing)

    async def decline(self: Device, username: str) -> None:
        await self.call(DeclineRequest(request_id=find_request(self, username, sent=False).id), Nothing)

    async def cancel(self: Device, username: str) -> None:
        """Take one's own open request back."""
        await self.call(CancelRequest(request_id=find_request(self, username, sent=True).id), Nothing)

    async def remove(self: Device, username: str) -> None:
        """End a friendship; the conversation stays readable."""
        await self.call(RemoveFriend(user_id=find_friend(self, username).profile.user.id), Nothing)

    async def block(self: Device, username: str) -> None:
        """Block somebody one has met; they cannot tell it from being removed."""
        await self.call(BlockUser(username=username), Nothing)

    async def unblock(self: Device, username: str) -> None:
        for card in self.replica.users.blocked.values():
            if is_named(card, username):
                await self.call(UnblockUser(user_id=card.id), Nothing)
                return
        raise NotFound(f"{username} is not blocked")


def find_request(client: Device, username: str, *, sent: bool) -> FriendRequest:
    """Return the open request to or from somebody. Raises NotFound."""
    for request in client.replica.users.requests.values():
        is_sent = request.sender.id == client.user_id
        if is_sent == sent and is_named(request.receiver if sent else request.sender, username):
            return request
    raise NotFound(f"no open request {'to' if sent else 'from'} {username}")


def find_friend(client: Device, username: str) -> Friend:
    """Return a friend by username. Raises NotFound."""
    for friend in client.replica.users.friends.values():
        if is_named(friend.profile.user, username):
            return friend
    raise NotFound(f"{username} is no friend")


def is_named(card: UserCard, username: str) -> bool:
    return card.username.casefold() == username.casefold()
