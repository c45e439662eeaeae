"""A client's acts of friendship: find, request, accept, decline, cancel, remove, block, unblock."""

from typing import Protocol, TypeVar

import msgspec

from hearth.client.device_file import DeviceFile
from hearth.client.names import find_card, name_card
from hearth.client.replica.state import Replica
from hearth.contract import Command, Nothing
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

    file: DeviceFile
    replica: Replica

    @property
    def user_id(self) -> int: ...

    async def call(self, command: Command, result: type[R], /) -> R: ...


class Friendships:
    """Mixed into Client. Names are usernames: those that people's own devices say, once these are known. One
    without a friend or request raises NotFound.
    """

    async def find(self: Device, username: str) -> FoundUser:
        """Look somebody up by exact username. Raises NotFound, TooManyRequests."""
        found = await self.call(FindUser(username=username), FoundUser)
        return msgspec.structs.replace(found, user=name_card(self.file, found.user))

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
        card = find_card(self.file, self.replica.users.blocked.values(), username)
        await self.call(UnblockUser(user_id=card.id), Nothing)


def find_request(client: Device, username: str, *, sent: bool) -> FriendRequest:
    """Return the open request to or from somebody. Raises NotFound."""
    requests = client.replica.users.requests.values()
    others = {
        (request.receiver if sent else request.sender).id: request
        for request in requests
        if (request.sender.id == client.user_id) == sent
    }
    cards = (request.receiver if sent else request.sender for request in others.values())
    return others[find_card(client.file, cards, username).id]


def find_friend(client: Device, username: str) -> Friend:
    """Return a friend by username. Raises NotFound."""
    friends = client.replica.users.friends
    cards = (friend.profile.user for friend in friends.values())
    return friends[find_card(client.file, cards, username).id]
