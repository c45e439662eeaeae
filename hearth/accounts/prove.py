"""Asking for the password again, before what cannot be taken back (ASVS 7.5.1): one way for every command."""

from hearth.accounts import store, throttle
from hearth.accounts.rules import is_right_key
from hearth.accounts.store import UserRow
from hearth.contract import Context
from hearth.errors import WrongPassword


async def prove_password(context: Context, auth_key: bytes | None) -> UserRow:
    """Return the asking user's row, locked, when this is the password's key; without a key it is wrong too.

    Raises WrongPassword, and TooManyRequests after some of those: a stolen session tries in vain, whichever
    commands it tries with.
    """
    row = await store.find_user(context.transaction, context.user_id, lock=True)
    with throttle.allow_proof(context.services, context.actor):
        if row is None or auth_key is None or not is_right_key(auth_key, row.password):
            raise WrongPassword
    return row
