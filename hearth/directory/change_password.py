"""A new password, and with it a new vault: the old one opens nothing that is sealed from now on."""

from hearth.accounts.change_password import require_another, set_password
from hearth.accounts.prove import prove_password
from hearth.contract import Context
from hearth.directory import rules
from hearth.directory.append import hold_person
from hearth.directory.change import Request, apply_change, end_unlisted, is_change_taken, say_taken
from hearth.directory.contract import ChainTaken, ChangeSealedPassword


async def change_password(context: Context, command: ChangeSealedPassword) -> ChainTaken:
    """Set password and vault, with `identity` after a suspected theft too. Sessions off the list end.

    Raises WrongPassword, PasswordUnchanged, InvalidInput (costs), all conflicts, NotAccepted.
    """
    person = await hold_person(context, context.user_id)
    if await is_change_taken(context, person.user_id, command.change):
        return await say_taken(context, person)
    row = await prove_password(context, command.auth_key)
    require_another(command.new_auth_key, row)
    request = Request(context.actor.device_id, row.username, rules.NEW_PASSWORD)
    taken = await apply_change(context, person, request, command.change)
    await set_password(context, person.user_id, command.new_auth_key, command.kdf)
    await end_unlisted(context, person, reason="password_changed")
    return taken
