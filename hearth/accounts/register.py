"""Making an account. A name is given out once for ever; an invite is spent with the account or not at all."""

from sqlalchemy.exc import IntegrityError

from hearth.accounts import store, tokens_store
from hearth.accounts.contract import Registration, RegistrationInfo, SignedIn, UserCard
from hearth.accounts.events import NOBODY_ELSE, UserRegistered
from hearth.accounts.rules import (
    hash_token,
    make_verifier,
    require_costly,
    require_invite,
    require_invite_fits,
)
from hearth.accounts.sessions import start_session
from hearth.accounts.texts import clean_display_name
from hearth.accounts.usernames import UsernameTaken, require_username, username_key
from hearth.config import Registration as Mode
from hearth.contract import Context


async def register(context: Context, body: Registration, *, mode: Mode | None = None) -> SignedIn:
    """Make an account with its first device and return its session, token included.

    `mode` is who may register, by default as the server is configured. Raises RegistrationClosed,
    InviteNeeded, LinkInvalid, UsernameRefused, UsernameTaken, InvalidInput.
    """
    config = context.services.config
    mode = mode or config.registration
    require_invite(mode, body.invite)
    username = require_username(body.username)
    require_costly(body.kdf, insecure_test_kdf=config.insecure_test_kdf)
    display_name = clean_display_name(body.display_name, fallback=username)
    is_admin = await _use_invite(context, mode, body.invite)
    user_id = await _insert(context, body, username, display_name, is_admin=is_admin)
    context.publish(UserRegistered(user_id=user_id), to=NOBODY_ELSE)
    device, token = await start_session(context, user_id, body.device_name)
    card = UserCard(id=user_id, username=username, display_name=display_name)
    return SignedIn(user=card, device=device, token=token)


async def get_registration_info(context: Context) -> RegistrationInfo:
    """Return what a visitor may do, and which server this is."""
    config = context.services.config
    return RegistrationInfo(
        mode=config.registration,
        has_users=await store.has_users(context.transaction),
        insecure_test_kdf=config.insecure_test_kdf,
        server_id=context.services.identity.server_id.hex(),
        generation=context.services.identity.generation.hex(),
    )


async def _use_invite(context: Context, mode: Mode, invite: str | None) -> bool:
    """Spend the invite, if any, and return whether it makes an administrator."""
    if invite is None:
        return False
    makes_admin = await tokens_store.use_invite(context.transaction, hash_token(invite), context.now)
    return require_invite_fits(mode, makes_admin)


async def _insert(
    context: Context, body: Registration, username: str, display_name: str, *, is_admin: bool
) -> int:
    key = username_key(username)
    if await store.find_user_by_key(context.transaction, key) is not None:
        raise UsernameTaken(fields={"username": "taken"})
    try:
        return await store.insert_user(
            context.transaction,
            username=username,
            username_key=key,
            password=make_verifier(body.auth_key),
            kdf=body.kdf,
            display_name=display_name,
            is_admin=is_admin,
            now=context.now,
        )
    except IntegrityError:  # somebody else took it between the two statements
        raise UsernameTaken(fields={"username": "taken"}) from None
