"""A client's part in trust: what one knows of a friend's identity, and taking another one, which holds all
that is written to them until then (9.2).
"""

from dataclasses import dataclass
from typing import Protocol, TypeVar

from hearth.client.conversations.room import Room
from hearth.client.crypto.trust import Person, fingerprint
from hearth.client.device_file import DeviceFile
from hearth.client.friendships import find_friend
from hearth.client.keys.catch_up import catch_up_rows
from hearth.client.keys.keeper import Keeper
from hearth.client.keys.own import now_ms
from hearth.client.names import require_name
from hearth.client.replica.state import Replica
from hearth.contract import Command
from hearth.errors import NotFound
from hearth.sealed.core.verdicts import Verdict, require
from hearth.sealed.person.chain import Chain
from hearth.sealed.person.keyring import How
from hearth.sealed.person.pins import Change

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the server shows under a name, by `fingerprint` (32 hex digits), and how that differs from whom
    one accepted. `username` is what their own devices say.

    EARLIER: the server shows other keys than were accepted, and says that it was restored from a backup; ask
    the friend before you go on. `is_disputed`: one's own devices were shown different things. `verdict`:
    the server shows an older chain (rollback) or another one (fork) and has told this device of no restore;
    nothing can be decided here. `is_misnamed`: the server gives them another username, so that one person
    might be taken for another; then `is_compared` is False whatever was compared, and nothing is sealed.
    """

    username: str
    fingerprint: str
    change: Change
    is_compared: bool
    is_disputed: bool
    verdict: Verdict | None
    is_misnamed: bool = False


class Device(Protocol):
    """What these acts need of a client."""

    file: DeviceFile
    replica: Replica
    keeper: Keeper

    @property
    def user_id(self) -> int: ...

    async def call(self, command: Command, result: type[R], /) -> R: ...


class Identities:
    """Mixed into Client."""

    async def identity(self: Device, username: str) -> Identity:
        """Return what one knows of a friend's identity. Raises as `accept_identity`."""
        card = find_friend(self, username).profile.user
        async with self.keeper.hold() as room:
            chain = await _catch_up(room, card.id, username)
            assert chain.state is not None  # it was looked at
            pins, is_misnamed = room.own.pins, card.username != chain.state.username
            return Identity(
                chain.state.username,
                _fingerprint(room, chain),
                pins.find_change(chain),
                pins.by_user[card.id].how is How.COMPARED and not is_misnamed,
                room.own.is_disputed(card.id),
                pins.find_break(chain),
                is_misnamed,
            )

    async def accept_identity(self: Device, username: str, shown: str | None = None) -> None:
        """Take the identity that a friend has now. Ask the friend first: it may be somebody else's.

        `shown` is the fingerprint that was asked about: of another one nothing is taken. Raises NotFound for
        who is no friend or was never written with; NoKeys; Rejected: changed_identity for another one than
        was shown, rollback and fork where nothing can be decided here, or for what cannot be.
        """
        user = find_friend(self, username).profile.user.id
        async with self.keeper.hold() as room:
            own, chain = room.own, await _catch_up(room, user, username)
            is_shown = shown is None or shown == _fingerprint(room, chain)
            require(is_shown, Verdict.CHANGED_IDENTITY, "another identity than the one that was shown")
            await room.append(own.set_pins(own.pins.accept(chain, now_ms())))
        self.keeper.tell_news()


async def _catch_up(room: Room, user: int, username: str) -> Chain:
    """Know a chain and what one's other devices have decided. Raises NotFound, also for another's name;
    Rejected, HearthError.
    """
    await room.own.met.catch_up([user])
    await catch_up_rows(room.own)
    chain = room.own.met.chain(user)
    if chain.state is None or user not in room.own.pins.by_user:
        raise NotFound(f"{username} is not known yet")
    require_name(chain, username)
    return chain


def _fingerprint(room: Room, chain: Chain) -> str:
    assert chain.state is not None  # it was looked at
    return fingerprint(Person(room.own.server, chain.user, chain.state.identity_key)).hex()
