"""A client's part in trust: taking a friend's changed identity, which holds all that is written to
them (9.2).
"""

from typing import Protocol, TypeVar

from hearth.client.friendships import find_friend
from hearth.client.keys.keeper import Keeper
from hearth.client.keys.own import now_ms
from hearth.client.replica.state import Replica
from hearth.contract import Command
from hearth.errors import NotFound

R = TypeVar("R")


class Device(Protocol):
    """What these acts need of a client."""

    replica: Replica
    keeper: Keeper

    @property
    def user_id(self) -> int: ...

    async def call(self, command: Command, result: type[R], /) -> R: ...


class Identities:
    """Mixed into Client."""

    async def accept_identity(self: Device, username: str) -> None:
        """Take the identity that a friend has now. Ask the friend first: it may be somebody else's.

        Raises NotFound for who is no friend or was never written with, NoKeys, Rejected.
        """
        user = find_friend(self, username).profile.user.id
        async with self.keeper.hold() as room:
            own = room.own
            await own.met.catch_up([user])
            state = own.met.chain(user).state
            if state is None or user not in own.pins.by_user:
                raise NotFound(f"{username} is not known yet")
            await room.append(own.set_pins(own.pins.accept(user, state, now_ms())))
        self.keeper.tell_news()
