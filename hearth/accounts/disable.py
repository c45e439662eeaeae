"""Disabling an account: its sessions end with the commit, and none begins until it is enabled again."""

from hearth.accounts import store, tokens_store
from hearth.accounts.sessions import end_all_sessions
from hearth.accounts.store import UserRow
from hearth.contract import Context
from hearth.errors import NotFound


async def disable_user(context: Context, user_id: int) -> None:
    """End everything this user is signed in with, and let them in no more. Twice is once. Raises NotFound.

    Also burns a reset link that is about, so that enabling gives nothing back but the password's way in.
    """
    row = await _require_living(context, user_id)
    if row.disabled_at is None:
        await store.update_disabled(context.transaction, user_id, context.now)
    await tokens_store.delete_resets(context.transaction, user_id)
    await end_all_sessions(context, user_id, reason="disabled")


async def enable_user(context: Context, user_id: int) -> None:
    """Let them sign in again; sessions that ended stay so. Raises NotFound."""
    await _require_living(context, user_id)
    await store.update_disabled(context.transaction, user_id, None)


async def _require_living(context: Context, user_id: int) -> UserRow:
    row = await store.find_user(context.transaction, user_id, lock=True)
    if row is None or row.deleted_at is not None:
        raise NotFound
    return row
