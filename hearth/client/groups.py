"""A client's groups: who is in one, as what, from when on. An act is an epoch (7.4), or a leave entry (8.6).

Members are named by username. What a role may not do the server refuses, and this device before it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Protocol, TypedDict, Unpack

from hearth.client.conversations.act import MOVED, act, seen_place
from hearth.client.conversations.fetch import fetch_epochs
from hearth.client.conversations.live import Live
from hearth.client.conversations.ready import make_ready
from hearth.client.conversations.room import Room
from hearth.client.conversations.seeds import find_history
from hearth.client.crypto.making import acts
from hearth.client.crypto.making.acts import Act
from hearth.client.friendships import find_friend
from hearth.client.group_states import read_state
from hearth.client.identities import Device
from hearth.client.keys.own import now_ms
from hearth.client.names import find_card, name_card, require_name
from hearth.client.problems import NotReady, Waits
from hearth.client.replica.conversation import ConversationState
from hearth.client.said import Said, State
from hearth.conversations.contract import Role as RoleName
from hearth.epochs.contract import LeaveGroup, Left
from hearth.errors import HearthError, NotFound
from hearth.messages.contract import Sent
from hearth.sealed.group.entries import EntryKind, Leave
from hearth.sealed.group.epoch import NO_HASH, Epoch, Role, Settings
from hearth.sealed.group.ids import group_id

MOST_TRIES = 5
SHOWN_SECONDS = 10.0
NOBODY: Mapping[int, str] = MappingProxyType({})
BY_ADMINS = Settings(Role.ADMIN, Role.MEMBER, Role.ADMIN, 0, ())
"""Admins add people and change settings; everybody writes."""
ROLES: Mapping[RoleName, Role] = {"owner": Role.OWNER, "admin": Role.ADMIN, "member": Role.MEMBER}


class Changes(TypedDict, total=False):
    """What may change of a group's state."""

    title: str
    description: str
    picture: bytes


class Speaker(Device, Protocol):
    """What these acts need of a client."""

    async def say(self, to: str, kind: EntryKind, said: Said, /) -> Sent: ...


class Groups:
    """The groups of one device: `client.groups`. `wait_for_change` waits for a version of its replica."""

    def __init__(self, client: Speaker, wait_for_change: Callable[[int], Awaitable[int]]) -> None:
        self._client, self._wait_for_change = client, wait_for_change

    async def create(self, usernames: Iterable[str]) -> str:
        """Make a group with friends, oneself its owner, and return its id, which `send` and `history` take.

        Raises NotFound for who is no friend; NotReady (Waits.NO_KEYS) for who has no keys yet; NoKeys;
        Rejected, also for a changed identity that waits to be accepted; HearthError.
        """
        users = {find_friend(self._client, name).profile.user.id: name for name in usernames}
        roles = {self._client.user_id: Role.OWNER} | dict.fromkeys(users, Role.MEMBER)
        async with self._client.keeper.hold() as room:
            await _require_keys(room, users)
            by, time = room.own.by, now_ms()
            while (key := group_id(room.own.server, by.user, by.device, time).hex()) in room.lives:
                time += 1
            await act(room, room.open(key), acts.create_group(roles, BY_ADMINS), time)
        await self._until(lambda state: True, key)
        return key

    async def add(self, group: str, usernames: Iterable[str], *, history: bool = False) -> None:
        """Add friends, who read what comes from now on.

        With `history` they are given the keys to all that this device can read there, which every member
        sees; what was written under a disappearing timer excepted. Raises as `create`; Rejected(keyless)
        while a key of that time is missing here. Newcomers are told the group's state again.
        """
        state = await self.state(group)
        users = {find_friend(self._client, name).profile.user.id: name for name in usernames}
        added = dict.fromkeys(users, NO_HASH)
        await self._change(group, lambda before: acts.add(before, added), users, has_history=history)
        await self._until(lambda state: users.keys() <= state.members.keys(), group)
        if state is not None:
            await self._client.say(group, EntryKind.STATE, state)

    async def state(self, group: str) -> State | None:
        """Return the group's title, description and picture, None where none is known. Raises as `create`."""
        own = self._find(group).members.get(self._client.user_id)
        async with self._client.keeper.hold() as room:
            return await read_state(room, group, 0 if own is None else own.joined_seq)

    async def set_state(self, group: str, **changes: Unpack[Changes]) -> None:
        """Change what is given of the group's state; "" and b"" take it away. Raises as `send`."""
        state = replace(await self.state(group) or State(), **changes)
        await self._client.say(group, EntryKind.STATE, state)

    async def remove(self, group: str, usernames: Iterable[str]) -> None:
        """Remove members: owners remove admins and members, admins members. Raises as `create`."""
        users = {self._find_member(group, name): NO_HASH for name in usernames}
        await self._change(group, lambda before: acts.remove(before, users))

    async def set_role(self, group: str, username: str, role: RoleName) -> None:
        """Make a member owner, admin or member. Raises as `create`."""
        user = self._find_member(group, username)
        await self._change(group, lambda before: acts.change_roles(before, {user: ROLES[role]}))

        def shows(state: ConversationState) -> bool:
            one = state.members.get(user)  # somebody may have removed them since
            return one is None or one.role == role

        await self._until(shows, group)

    async def members(self, group: str) -> dict[str, RoleName]:
        """Return the role of each member by username, as the newest epoch proves it. Raises as `create`."""
        names = {role: name for name, role in ROLES.items()}
        cards = self._find(group).conversation.users
        async with self._client.keeper.hold() as room:
            newest = (await self._open(room, group)).epochs.newest
        there = {} if newest is None else newest.members
        said = {card.id: name_card(self._client.file, card).username for card in cards}
        return {said.get(user, str(user)): names[one.role] for user, one in sorted(there.items())}

    async def leave(self, group: str) -> None:
        """Leave. The last owner names another first. Raises as `create`."""
        for tries in range(MOST_TRIES):
            async with self._client.keeper.hold() as room:
                live = await self._open(room, group)
                try:
                    await room.own.ask(LeaveGroup(entry=_sign_leave(room, live)), Left)
                except HearthError as error:
                    if error.code not in MOVED or tries + 1 == MOST_TRIES:
                        raise
                    live.sealing.disconnect()
                else:
                    return

    async def _change(
        self,
        group: str,
        choose: Callable[[Epoch], Act],
        newcomers: Mapping[int, str] = NOBODY,
        *,
        has_history: bool = False,
    ) -> None:
        """Make the next epoch as `choose` says by the newest one.

        Something that was quicker is told (`epoch_moved`): whether the act is still wanted, the caller knows.
        """
        for tries in range(MOST_TRIES):
            async with self._client.keeper.hold() as room:
                live = await self._open(room, group)
                await _require_keys(room, newcomers)
                newest = live.epochs.newest
                assert newest is not None  # it was opened
                try:
                    first = await find_history(room, live) if has_history else 0
                    await act(room, live, replace(choose(newest), history_from=first))
                except HearthError as error:
                    if error.code not in MOVED - {"epoch_moved"} or tries + 1 == MOST_TRIES:
                        raise
                else:
                    return

    async def _open(self, room: Room, group: str) -> Live:
        """Return the group with its newest epoch confirmed. Who waits to be accepted, or to be
        removed again, holds nothing up.
        """
        state, live = self._find(group), room.open(group)
        try:
            await make_ready(room, live, state.conversation, state.last_seq)
        except NotReady as reason:
            if reason.waits not in (Waits.HELD, Waits.EARLIER, Waits.REMOVED):
                raise
        if live.epochs.newest is None:
            await fetch_epochs(room, live)
        return live

    def _find(self, group: str) -> ConversationState:
        state = self._client.replica.conversations.get(group)
        if state is None or state.conversation.kind != "group":
            raise NotFound(f"no group {group}")
        return state

    def _find_member(self, group: str, username: str) -> int:
        state = self._find(group)
        cards = [card for card in state.conversation.users if card.id in state.members]
        return find_card(self._client.file, cards, username).id

    async def _until(self, shows: Callable[[ConversationState], bool], group: str) -> None:
        """Wait until this device's copy shows what was done; for a while, as it is done all the same."""
        conversations, version = self._client.replica.conversations, -1
        try:
            async with asyncio.timeout(SHOWN_SECONDS):
                while group not in conversations or not shows(conversations[group]):
                    version = await self._wait_for_change(version)
        except TimeoutError:
            return


async def _require_keys(room: Room, users: Mapping[int, str]) -> None:
    """Know everybody's chain as it is now. Raises NotReady for who has none, NotFound for whom somebody else
    than the name under which one wants them.
    """
    wanted = [room.own.user, *users]
    await room.own.met.catch_up(wanted)
    without = frozenset(user for user in wanted if room.own.met.chain(user).state is None)
    if without:
        raise NotReady(Waits.NO_KEYS, without)
    for user, name in users.items():
        require_name(room.own.met.chain(user), name)


def _sign_leave(room: Room, live: Live) -> bytes:
    newest, by = live.epochs.newest, room.own.by
    assert newest is not None  # it was opened
    fields: dict[str, Any] = {
        "server": room.own.server,
        "conversation": live.where.conversation,
        "epoch": newest.record.n,
        "record_hash": newest.hash,
        "user": by.user,
        "device": by.device,
        "time": now_ms(),
        "seen": seen_place(room, live),
        "extensions": (),
    }
    return Leave(**fields).sign(by.sign_seed)
