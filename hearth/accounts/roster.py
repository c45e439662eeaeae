"""Accounts as who runs the server sees them: names, dates, standing. Nothing of what they do or say."""

from dataclasses import dataclass
from datetime import datetime

from hearth.accounts import store
from hearth.accounts.cards import to_card
from hearth.accounts.contract import UserCard
from hearth.accounts.usernames import is_same_username, to_normal_form, username_key
from hearth.contract import Context
from hearth.errors import NotFound


@dataclass(frozen=True, slots=True)
class Account:
    """One living account. `devices` counts where it is signed in."""

    card: UserCard
    is_admin: bool
    created_at: datetime
    disabled_at: datetime | None
    devices: int


async def list_accounts(
    context: Context, *, search: str = "", before: int | None = None, limit: int
) -> list[Account]:
    """Return living accounts, newest first, from below the id `before`.

    `search` is a part of the username, or of the display name (in which case counts beyond ASCII).
    """
    rows = await store.list_living(
        context.transaction,
        part_of_username=to_normal_form(search.strip()),
        part_of_name=search.strip().lower(),
        before=before,
        limit=limit,
    )
    devices = await store.count_devices(context.transaction, [row.id for row in rows])
    return [
        Account(to_card(row), row.is_admin, row.created_at, row.disabled_at, devices.get(row.id, 0))
        for row in rows
    ]


async def find_account(context: Context, user_id: int) -> Account | None:
    """Return one living account."""
    row = await store.find_user(context.transaction, user_id)
    if row is None or row.deleted_at is not None:
        return None
    devices = await store.count_devices(context.transaction, [user_id])
    return Account(to_card(row), row.is_admin, row.created_at, row.disabled_at, devices.get(user_id, 0))


async def get_living_id(context: Context, username: str) -> int:
    """Return the id of the living user of exactly this name; raises NotFound with a sentence."""
    row = await store.find_user_by_key(context.transaction, username_key(username))
    if row is None or row.deleted_at is not None or not is_same_username(username, row.username):
        raise NotFound(f"There is no user {username!r}.")
    return row.id


async def count_accounts(context: Context) -> int:
    """Return how many accounts live."""
    return await store.count_living(context.transaction)


async def has_administrator(context: Context) -> bool:
    """Tell whether somebody can administer this server."""
    return await store.has_administrator(context.transaction)


async def is_administrator(context: Context, user_id: int, *, lock: bool) -> bool:
    """Tell whether this user may administer the server as of this transaction; `lock` keeps it so."""
    row = await store.find_user(context.transaction, user_id, lock=lock)
    return row is not None and row.is_admin and row.disabled_at is None and row.deleted_at is None
