"""Saying display name and picture in the chain, where no server can change them."""

from hearth.contract import Context
from hearth.directory import rules
from hearth.directory.append import append_statements, hold_person, is_taken
from hearth.directory.change import say_taken
from hearth.directory.contract import ChainTaken
from hearth.directory.rules import ChainMoved
from hearth.vault.rules import judged


async def set_profile(context: Context, statement: bytes) -> ChainTaken:
    """Append a `profile` statement of the asking device. Raises ChainMoved, NotAccepted."""
    person = await hold_person(context, context.user_id)
    if not await is_taken(context, person.user_id, [statement]):
        with judged(ChainMoved):
            rules.check_own(statement, context.actor.device_id)
        await append_statements(context, person, [statement], rules.NEW_PROFILE)
    return await say_taken(context, person)
