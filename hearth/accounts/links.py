"""What a one-time link is good for, told when its page opens; nothing is spent by asking.

Tokens have 256 bits and asking is limited by network, so there is nothing to find out by trying.
"""

from hearth.accounts import store, tokens_store
from hearth.accounts.contract import LinkInfo
from hearth.accounts.rules import LinkInvalid, hash_token, require_invite_fits
from hearth.contract import Context


async def get_link_info(context: Context, token: str) -> LinkInfo:
    """Return the purpose of a link that can still be used. Raises LinkInvalid, RegistrationClosed."""
    token_hash = hash_token(token)
    makes_admin = await tokens_store.find_invite(context.transaction, token_hash, context.now)
    user_id = await tokens_store.find_reset(context.transaction, token_hash, context.now)
    if user_id is None:
        is_first = require_invite_fits(context.services.config.registration, makes_admin)
        return LinkInfo(purpose="administrator" if is_first else "invite")
    row = await store.find_user(context.transaction, user_id)
    if row is None or row.deleted_at is not None or row.disabled_at is not None:
        raise LinkInvalid
    return LinkInfo(purpose="reset", username=row.username)
