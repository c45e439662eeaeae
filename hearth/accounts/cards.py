"""What others may learn of users: how higher nouns read them. One query however many users."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import msgspec

from hearth.accounts import store
from hearth.accounts.contract import OwnProfile, Profile, Settings, UserCard
from hearth.accounts.store import UserRow
from hearth.accounts.usernames import is_same_username, username_key
from hearth.contract import Transaction
from hearth.errors import NotFound


@dataclass(frozen=True, slots=True)
class StoredPresence:
    """What the user row knows of presence. `last_seen` is there whether or not the user shares it."""

    status: str
    last_seen: datetime | None
    is_shared: bool


def to_card(row: UserRow) -> UserCard:
    """Return the card of a user; of a deleted one only the id is left."""
    return UserCard(
        id=row.id,
        username=row.username,
        display_name=row.display_name,
        avatar_id=None if row.avatar_id is None else row.avatar_id.hex(),
        deleted=row.deleted_at is not None,
    )


def to_profile(row: UserRow) -> Profile:
    return Profile(user=to_card(row), about=row.about, created_at=row.created_at)


def to_settings(row: UserRow) -> Settings:
    return msgspec.convert(row.settings, Settings)


async def find_card(transaction: Transaction, username: str) -> UserCard | None:
    """Return the living user of exactly this name; one that merely looks like it is not found."""
    row = await store.find_user_by_key(transaction, username_key(username))
    if row is None or row.deleted_at is not None or not is_same_username(username, row.username):
        return None
    return to_card(row)


async def load_cards(transaction: Transaction, user_ids: Iterable[int]) -> dict[int, UserCard]:
    """Return cards by user id; ids that never existed are left out. One query, none for no ids."""
    return {row.id: to_card(row) for row in await _load(transaction, user_ids)}


async def load_profiles(transaction: Transaction, user_ids: Iterable[int]) -> dict[int, Profile]:
    """Return profiles by user id, as `load_cards` does."""
    return {row.id: to_profile(row) for row in await _load(transaction, user_ids)}


async def load_presences(transaction: Transaction, user_ids: Iterable[int]) -> dict[int, StoredPresence]:
    """Return what is stored of presence by user id, as `load_cards` does; deleted users are left out."""
    return {
        row.id: StoredPresence(row.status, row.last_seen, to_settings(row).share_presence)
        for row in await _load(transaction, user_ids)
        if row.deleted_at is None
    }


async def get_own_profile(transaction: Transaction, user_id: int) -> OwnProfile:
    """Return everything about oneself; raises NotFound for who is deleted."""
    row = await store.find_user(transaction, user_id)
    if row is None or row.deleted_at is not None:
        raise NotFound
    return to_own_profile(row)


def to_own_profile(row: UserRow) -> OwnProfile:
    return OwnProfile(
        user=to_card(row),
        about=row.about,
        settings=to_settings(row),
        is_admin=row.is_admin,
        created_at=row.created_at,
    )


async def _load(transaction: Transaction, user_ids: Iterable[int]) -> list[UserRow]:
    wanted = set(user_ids)
    return await store.list_users(transaction, sorted(wanted)) if wanted else []
