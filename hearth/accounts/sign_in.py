"""Signing in. Unknown name and wrong password: the same query, the same work, the same answer."""

from hearth.accounts.cards import to_card
from hearth.accounts.contract import KdfParameters, SignedIn, SignIn
from hearth.accounts.rules import AccountDisabled, is_right_key, make_fake_kdf
from hearth.accounts.sessions import start_session
from hearth.accounts.store import UserRow, find_user, find_user_by_key
from hearth.accounts.usernames import is_same_username, to_normal_form, username_key
from hearth.contract import Context
from hearth.errors import WrongPassword


async def get_sign_in_parameters(context: Context, username: str) -> KdfParameters:
    """Return how this user's password becomes keys; for a name without a user, a stable invention."""
    fake = make_fake_kdf(context.services.secret, to_normal_form(username))
    row = await find_exact(context, username)
    return fake if row is None else row.kdf


async def sign_in(context: Context, body: SignIn) -> SignedIn:
    """Sign a device in and return its session, token included. Raises WrongPassword, AccountDisabled.

    The row is locked and compared again before the session begins, so that a password changed in this very
    moment ends this session too or is not accepted at all.
    """
    found = await find_exact(context, body.username)
    if not is_right_key(body.auth_key, None if found is None else found.password) or found is None:
        raise WrongPassword
    row = await find_user(context.transaction, found.id, lock=True)
    if row is None or row.password != found.password:
        raise WrongPassword
    if row.disabled_at is not None:
        raise AccountDisabled
    device, token = await start_session(context, row.id, body.device_name)
    return SignedIn(user=to_card(row), device=device, token=token)


async def find_exact(context: Context, username: str) -> UserRow | None:
    """Return the living user of exactly this name."""
    row = await find_user_by_key(context.transaction, username_key(username))
    if row is None or row.deleted_at is not None or not is_same_username(username, row.username):
        return None
    return row
