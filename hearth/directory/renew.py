"""The next generation and receive key, made by a listed device whenever one of them is not current."""

from hearth.contract import Context
from hearth.directory.append import hold_person, is_taken
from hearth.directory.change import append_keys, say_taken
from hearth.directory.contract import ChainTaken, Renew
from hearth.errors import InvalidInput


async def renew(context: Context, command: Renew) -> ChainTaken:
    """Append them with their rows. Raises ChainMoved, GenerationMoved, ReceiveMoved, NotAccepted."""
    if command.generation is None and command.receive is None:
        raise InvalidInput("Rows alone go by keyring.append.", fields={"generation": "missing"})
    person = await hold_person(context, context.user_id)
    if not await is_taken(context, person.user_id, [], command.generation, command.receive):
        device_id = context.actor.device_id
        await append_keys(
            context,
            person,
            device_id,
            command.generation,
            command.receive,
            command.rows,
            is_proven=False,
        )
    return await say_taken(context, person)
