"""Storing changes of presence and telling friends: one transaction for many users, one event per change."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import msgspec

from hearth.accounts.cards import StoredPresence, load_presences
from hearth.accounts.status import save_everyone_offline, save_status
from hearth.bus.local import Bus
from hearth.contract import Users
from hearth.db.engine import Database
from hearth.friends.list import map_friend_ids
from hearth.presence.contract import Presence, PresenceChanged, Status
from hearth.presence.rules import show_to_friends

ENCODER = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Change:
    """What is due for one user: a status to store and tell, or one to tell anew, or only to `viewer_ids`."""

    user_id: int
    status: Status
    seen_at: datetime | None
    is_changed: bool
    is_anew: bool
    viewer_ids: frozenset[int]


class Note(NamedTuple):
    """A presence on its way to these users' devices."""

    presence: Presence
    user_ids: tuple[int, ...]


async def save_and_address(database: Database, changes: Sequence[Change]) -> list[Note]:
    """Store what changed and return whom to tell what. Deleted users are passed over."""
    user_ids = [change.user_id for change in changes]
    notes: list[Note] = []
    async with database.transaction("write") as transaction:
        stored = await load_presences(transaction, user_ids)
        friends = await map_friend_ids(transaction, user_ids)
        for change in changes:
            known = stored.get(change.user_id)
            if known is None:
                continue
            if change.is_changed:
                await save_status(transaction, change.user_id, change.status, last_seen=change.seen_at)
            notes += _address(change, known, friends[change.user_id])
    return notes


def _address(change: Change, stored: StoredPresence, friend_ids: list[int]) -> Iterable[Note]:
    last_seen = change.seen_at if change.is_changed else stored.last_seen
    shown = show_to_friends(change.user_id, change.status, last_seen, is_shared=stored.is_shared)
    if change.is_anew or (change.is_changed and stored.is_shared):
        yield Note(shown, tuple(friend_ids))
    else:
        yield Note(shown, tuple(sorted(change.viewer_ids.intersection(friend_ids))))
    if change.is_changed or change.is_anew:
        own = show_to_friends(change.user_id, change.status, last_seen, is_shared=True)
        yield Note(own, (change.user_id,))


def publish(bus: Bus, notes: Iterable[Note]) -> None:
    for presence, user_ids in notes:
        if user_ids:
            payload = ENCODER.encode(PresenceChanged(presence=presence))
            bus.publish(Users(user_ids), PresenceChanged.wire_name, payload)


async def clear_stored(database: Database) -> None:
    """At a start nobody is here; when they were last seen stays."""
    async with database.transaction("write") as transaction:
        await save_everyone_offline(transaction)


async def save_offline(database: Database, present: Mapping[int, datetime]) -> None:
    """At a stop those who are here are seen for the last time, each at that moment."""
    async with database.transaction("write") as transaction:
        for user_id in sorted(await load_presences(transaction, present)):
            await save_status(transaction, user_id, "offline", last_seen=present[user_id])
