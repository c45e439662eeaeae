"""Beginning one's chain: after registration, and on the first visit of an account older than encryption."""

from hearth.accounts.prove import prove_password
from hearth.accounts.seal import mark_sealed
from hearth.contract import Context
from hearth.directory import rules
from hearth.directory.append import hold_person
from hearth.directory.change import Request, apply_change, is_change_taken, say_taken
from hearth.directory.contract import ChainTaken, SetUpChain
from hearth.directory.rules import ChainMoved
from hearth.vault.rules import judged


async def set_up(context: Context, command: SetUpChain) -> ChainTaken:
    """Begin the asking user's chain with the asking device.

    Raises WrongPassword (a stolen session must not give an account an identity of its own), ChainMoved when
    there is a chain, NotAccepted.
    """
    person = await hold_person(context, context.user_id)
    if await is_change_taken(context, person.user_id, command.change):
        return await say_taken(context, person)
    row = await prove_password(context, command.auth_key)
    if person.state is not None:
        raise ChainMoved
    device_id = context.actor.device_id
    taken = await apply_change(
        context, person, Request(device_id, row.username, rules.SET_UP), command.change
    )
    with judged(ChainMoved):
        rules.check_alone(person.now, device_id)
    await mark_sealed(context, person.user_id)
    return taken
