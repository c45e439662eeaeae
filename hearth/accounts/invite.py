"""Inviting people: tokens that let somebody register, also the very first one, who becomes administrator."""

from datetime import timedelta

from hearth.accounts import store, tokens_store
from hearth.accounts.rules import INVITE_DAYS, hash_token, make_token
from hearth.contract import Context


async def create_invite(
    context: Context, *, makes_admin: bool = False, days: int = INVITE_DAYS, uses: int = 1
) -> str:
    """Return a new token that lets `uses` people register within `days`. For the command line only."""
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


async def create_first_invite(context: Context) -> str | None:
    """Return a token that makes an administrator while there is none; the one before it dies."""
    if await store.has_administrator(context.transaction):
        return None
    await tokens_store.delete_administrator_invites(context.transaction)
    return await create_invite(context, makes_admin=True)
