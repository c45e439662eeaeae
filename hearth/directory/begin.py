"""Becoming signed in together with a new vault: the session of a promised device, and its repeat."""

from hearth.accounts.cards import load_cards
from hearth.accounts.change_password import set_password
from hearth.accounts.contract import SignedIn
from hearth.accounts.seal import is_device_taken, may_sign_in
from hearth.accounts.sessions import renew_session, start_session
from hearth.contract import Context
from hearth.directory.change import Request, apply_change, end_unlisted, is_change_taken
from hearth.directory.contract import RecoveryFinish, ResetFinish, VaultChange
from hearth.directory.rules import Person, RecoveryExpired
from hearth.sealed.core.verdicts import Rejected
from hearth.sealed.person.user_chain import read_user_statement

Finish = RecoveryFinish | ResetFinish


async def repeat_session(context: Context, user_id: int, device_id: bytes, body: Finish) -> SignedIn | None:
    """Return a session to who carried this out before but has not heard of it; None if it is new.

    The new password stands for the proof, which a reset link no longer is.
    """
    if not await is_change_taken(context, user_id, body.change):
        return None
    if not await may_sign_in(context, user_id, body.new_auth_key):
        return None
    found = await renew_session(context, user_id, device_id)
    if found is None:
        return None
    cards = await load_cards(context.transaction, (user_id,))
    return SignedIn(user=cards[user_id], device=found[0], token=found[1])


async def begin_session(context: Context, person: Person, request: Request, body: Finish) -> SignedIn:
    """Sign the promised device in, apply the change, set the password and end all sessions off the list.

    Raises RecoveryExpired when the device was there before, and as `apply_change`.
    """
    user_id = person.user_id
    if await is_device_taken(context, request.device_id):
        raise RecoveryExpired
    device, token = await start_session(context, user_id, body.device_name, device_id=request.device_id)
    await apply_change(context, person, request, body.change)
    await set_password(context, user_id, body.new_auth_key, body.kdf)
    await end_unlisted(context, person, reason="password_changed")
    cards = await load_cards(context.transaction, (user_id,))
    return SignedIn(user=cards[user_id], device=device, token=token)


def find_repeated(change: VaultChange) -> int | None:
    """Return whose chain a change says that it is about, None when it says nothing readable."""
    try:
        return read_user_statement(change.statements[0]).body.user
    except Rejected:  # what it is not is said when it is judged
        return None
