"""A recovery key or passkey in place of the password: open the vault, then set a new password."""

from hearth.accounts.contract import SignedIn
from hearth.accounts.seal import find_able
from hearth.contract import Context
from hearth.directory import rules, store, tickets
from hearth.directory.append import hold_person
from hearth.directory.begin import begin_session, repeat_session
from hearth.directory.change import Request, is_change_taken
from hearth.directory.contract import Recovery, RecoveryFinish, RecoveryQuestion
from hearth.directory.read import fit_page
from hearth.errors import NotFound, WrongPassword
from hearth.vault.open_way import NOBODYS, open_way


async def begin_recovery(context: Context, body: RecoveryQuestion) -> Recovery:
    """Return vault, way in and chain to who has the proof. Raises WrongPassword, also for unknown names."""
    found = await find_able(context, body.username)
    opened = await open_way(context, NOBODYS if found is None else found.id, body.proof)
    if found is None or opened is None:
        raise WrongPassword
    chains = await store.list_chains(context.transaction, (found.id,))
    statements = await store.list_statements(
        context.transaction, found.id, after=body.after, limit=rules.PAGE_STATEMENTS
    )
    return Recovery(
        user_id=found.id,
        server_id=context.services.identity.server_id.hex(),
        ticket=(ticket := tickets.make_ticket(context.services.secret, found.id, context.now)),
        device_id=tickets.read_ticket(context.services.secret, found.id, ticket, context.now).hex(),
        version=opened.version,
        sealed=opened.sealed,
        kind=opened.kind,
        id=opened.id.hex(),
        way_in=opened.way_in,
        statements=fit_page([row.statement for row in statements]),
        n=chains[found.id].n,
        generation=opened.generation,
        receive_version=chains[found.id].receive_version,
    )


async def finish_recovery(context: Context, body: RecoveryFinish) -> SignedIn:
    """Set a new password and vault and sign the promised device in; the ways in that are named stay.

    Raises WrongPassword (before anything that tells whether there is such a user), RecoveryExpired,
    InvalidInput (costs), all conflicts, NotAccepted.
    """
    found = await find_able(context, body.username)
    user_id = NOBODYS if found is None else found.id
    opened = await open_way(context, user_id, body.proof)
    is_repeat = await is_change_taken(context, user_id, body.change)
    if found is None or (opened is None and not is_repeat):
        raise WrongPassword
    device_id = tickets.read_ticket(context.services.secret, user_id, body.ticket, context.now)
    try:
        person = await hold_person(context, user_id)
    except NotFound:
        raise WrongPassword from None
    again = await repeat_session(context, user_id, device_id, body)
    if again is not None:
        return again
    if opened is None:
        raise WrongPassword
    request = Request(device_id, found.username, rules.RECOVERY)
    return await begin_session(context, person, request, body)
