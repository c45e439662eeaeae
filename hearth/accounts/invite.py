"""Inviting people: tokens that let somebody register, also the very first one, who becomes administrator."""

from datetime import timedelta

from hearth.accounts import store, tokens_store
from hearth.accounts.rules import INVITE_DAYS, hash_token, make_token
from hearth.accounts.tokens_store import InviteRow
from hearth.contract import Context
from hearth.errors import LimitReached, NotFound

MAX_INVITES = 500
OpenInvite = InviteRow


async def create_invite(
    context: Context, *, makes_admin: bool = False, days: int = INVITE_DAYS, uses: int = 1
) -> str:
    """Return a new token with which `uses` people may register within `days`. The caller knows who asks."""
    token = make_token()
    await tokens_store.insert_invite(
        context.transaction,
        hash_token(token),
        makes_admin=makes_admin,
        now=context.now,
        expires_at=context.now + timedelta(days=days),
        uses=uses,
    )
    return token


async def create_bounded_invite(context: Context, *, days: int, uses: int) -> str:
    """Return a new token while not too many are about. Raises LimitReached."""
    if await tokens_store.count_invites(context.transaction, context.now) >= MAX_INVITES:
        raise LimitReached(f"There are {MAX_INVITES} open invites; revoke some first.")
    return await create_invite(context, days=days, uses=uses)


async def list_invites(context: Context) -> list[OpenInvite]:
    """Return the invites that can still be used, newest first."""
    return await tokens_store.list_invites(context.transaction, context.now)


async def revoke_invite(context: Context, token_hash: bytes) -> None:
    """Take an invite back. Raises NotFound."""
    if not await tokens_store.delete_invite(context.transaction, token_hash):
        raise NotFound


async def create_first_invite(context: Context) -> str | None:
    """Return a token that makes an administrator while there is none; the one before it dies."""
    if await store.has_administrator(context.transaction):
        return None
    await tokens_store.delete_administrator_invites(context.transaction)
    return await create_invite(context, makes_admin=True)
