"""A new password by a one-time link that an administrator hands over: one use, one day, all sessions end."""

from hearth.accounts import store, tokens_store
from hearth.accounts.cards import to_card
from hearth.accounts.change_password import require_unsealed, set_password
from hearth.accounts.contract import SignedIn, SignInReset
from hearth.accounts.roster import get_living_id
from hearth.accounts.rules import RESET_LASTS, AccountDisabled, LinkInvalid, hash_token, make_token
from hearth.accounts.sessions import end_all_sessions, start_session
from hearth.accounts.store import UserRow
from hearth.contract import Context
from hearth.errors import NotFound


async def create_reset(context: Context, username: str) -> str:
    """Return a new token for the user of this name, as `create_reset_of` does. For the command line only."""
    return await create_reset_of(context, await get_living_id(context, username))


async def create_reset_of(context: Context, user_id: int) -> str:
    """Return a new token for this user; an older one dies. The caller has made sure who asks.

    Raises NotFound, and AccountDisabled for somebody who could do nothing with it.
    """
    row = await store.find_user(context.transaction, user_id, lock=True)
    if row is None or row.deleted_at is not None:
        raise NotFound
    if row.disabled_at is not None:
        raise AccountDisabled("This account is disabled. Enable it first.")
    token = make_token()
    await tokens_store.delete_resets(context.transaction, row.id)
    await tokens_store.insert_reset(
        context.transaction, hash_token(token), row.id, now=context.now, expires_at=context.now + RESET_LASTS
    )
    return token


async def finish_reset(context: Context, body: SignInReset) -> SignedIn:
    """Set the new password, end every session and begin one.

    Raises LinkInvalid, InvalidInput, and AccountSealed, which leaves the link as it was.
    """
    row = await use_reset(context, body.token)
    require_unsealed(row)
    await set_password(context, row.id, body.auth_key, body.kdf)
    await end_all_sessions(context, row.id, reason="password_changed")
    device, token = await start_session(context, row.id, body.device_name)
    return SignedIn(user=to_card(row), device=device, token=token)


async def use_reset(context: Context, token: str) -> UserRow:
    """Burn a reset link and return whose sign-in it resets, locked. Raises LinkInvalid."""
    user_id = await tokens_store.use_reset(context.transaction, hash_token(token), context.now)
    return await _require_able(context, user_id, lock=True)


async def find_reset(context: Context, token: str) -> UserRow:
    """Return whose sign-in a link resets, and spend nothing. Raises LinkInvalid."""
    user_id = await tokens_store.find_reset(context.transaction, hash_token(token), context.now)
    return await _require_able(context, user_id, lock=False)


async def _require_able(context: Context, user_id: int | None, *, lock: bool) -> UserRow:
    row = None if user_id is None else await store.find_user(context.transaction, user_id, lock=lock)
    if row is None or row.deleted_at is not None or row.disabled_at is not None:
        raise LinkInvalid
    return row
