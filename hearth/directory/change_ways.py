"""Ways into the vault beside the password: a recovery key made, replaced or dropped."""

from hearth.accounts.prove import prove_password
from hearth.contract import Context
from hearth.directory import rules
from hearth.directory.append import hold_person
from hearth.directory.change import Request, apply_change, is_change_taken, say_taken
from hearth.directory.contract import ChainTaken, ChangeWays


async def change_ways(context: Context, command: ChangeWays) -> ChainTaken:
    """Set the vault's next version under the same password. Raises WrongPassword, conflicts, NotAccepted."""
    person = await hold_person(context, context.user_id)
    if await is_change_taken(context, person.user_id, command.change):
        return await say_taken(context, person)
    row = await prove_password(context, command.auth_key)
    request = Request(context.actor.device_id, row.username, rules.NEW_WAYS)
    return await apply_change(context, person, request, command.change)
