"""Whether an account is encrypted, and what the directory must know of the account for that."""

from hearth.accounts import devices_store, store
from hearth.accounts.rules import is_right_key
from hearth.accounts.sign_in import find_exact
from hearth.accounts.store import UserRow
from hearth.contract import Context


async def mark_sealed(context: Context, user_id: int) -> None:
    """From now on the password changes only together with the vault."""
    await store.update_sealed(context.transaction, user_id, context.now)


async def find_able(context: Context, username: str) -> UserRow | None:
    """Return who may sign in under exactly this name, None for unknown, deleted and disabled ones alike."""
    row = await find_exact(context, username)
    return None if row is None or row.disabled_at is not None else row


async def may_sign_in(context: Context, user_id: int, auth_key: bytes) -> bool:
    """Tell whether this is the key of a password that signs in now; holds the user's row."""
    row = await store.find_user(context.transaction, user_id, lock=True)
    is_able = row is not None and row.deleted_at is None and row.disabled_at is None
    return is_right_key(auth_key, row.password if row is not None and is_able else None)


async def is_device_taken(context: Context, device_id: bytes) -> bool:
    """Tell whether a device of this id is there, or was lately."""
    return await devices_store.has_device(context.transaction, device_id)
