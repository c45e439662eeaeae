"""Beginning anew by an administrator's one-time link: another identity, which everybody sees as such."""

from hearth.accounts.change_password import set_password
from hearth.accounts.contract import SignedIn
from hearth.accounts.reset_sign_in import find_reset, use_reset
from hearth.accounts.rules import LinkInvalid
from hearth.accounts.seal import mark_sealed
from hearth.contract import Context
from hearth.directory import rules, tickets
from hearth.directory.append import hold_person, load_person
from hearth.directory.begin import begin_session, find_repeated, repeat_session
from hearth.directory.change import Request, apply_change, end_unlisted, is_change_taken, say_taken
from hearth.directory.contract import ChainTaken, Reset, ResetChain, ResetFinish, ResetQuestion
from hearth.directory.rules import Kinds, Person
from hearth.sealed.person.user_chain import NO_HASH


async def begin_reset(context: Context, body: ResetQuestion) -> Reset:
    """Return what a new identity must follow on; the link is not spent. Raises LinkInvalid."""
    row = await find_reset(context, body.token)
    person = await load_person(context, row.id)
    return Reset(
        user_id=row.id,
        server_id=context.services.identity.server_id.hex(),
        username=row.username,
        device_id=tickets.reset_device(context.services.secret, body.token).hex(),
        n=0 if person.state is None else person.state.n,
        hash=NO_HASH if person.state is None else person.state.hash,
        receive_version=person.receive_version,
    )


async def finish_reset(context: Context, body: ResetFinish) -> SignedIn:
    """Begin the chain anew and sign the promised device in; all other sessions end.

    Raises LinkInvalid, InvalidInput (costs), all conflicts, NotAccepted.
    """
    device_id = tickets.reset_device(context.services.secret, body.token)
    try:
        row = await use_reset(context, body.token)
    except LinkInvalid:
        again = await repeat_reset(context, device_id, body)
        if again is None:
            raise
        return again
    person = await hold_person(context, row.id)
    request = Request(device_id, row.username, list_allowed(person))
    signed_in = await begin_session(context, person, request, body)
    await mark_sealed(context, row.id)
    return signed_in


async def repeat_reset(context: Context, device_id: bytes, body: ResetFinish) -> SignedIn | None:
    """Return a session to who spent the link with these very bytes, None to anybody else."""
    user_id = find_repeated(body.change)
    return None if user_id is None else await repeat_session(context, user_id, device_id, body)


async def reset_here(context: Context, command: ResetChain) -> ChainTaken:
    """Begin anew on a device that is signed in, which keeps what it has; the other sessions end.

    Raises LinkInvalid (also for somebody else's link), InvalidInput, all conflicts, NotAccepted.
    """
    person = await hold_person(context, context.user_id)
    if await is_change_taken(context, person.user_id, command.change):
        return await say_taken(context, person)
    row = await use_reset(context, command.token)
    if row.id != context.user_id:
        raise LinkInvalid
    request = Request(context.actor.device_id, row.username, list_allowed(person))
    taken = await apply_change(context, person, request, command.change)
    await set_password(context, person.user_id, command.new_auth_key, command.kdf)
    await mark_sealed(context, person.user_id)
    await end_unlisted(context, person, reason="password_changed")
    return taken


def list_allowed(person: Person) -> tuple[Kinds, ...]:
    """Return what a reset says: without a chain it is a set-up."""
    return rules.SET_UP if person.state is None else rules.RESET
