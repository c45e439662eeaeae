"""A new device of somebody who has a chain: listed by the identity key that the password opened."""

from hearth.accounts.prove import prove_password
from hearth.accounts.sessions import load_devices
from hearth.contract import Context
from hearth.directory import rules
from hearth.directory.append import append_statements, hold_person, is_taken, kem_hashes
from hearth.directory.change import say_taken
from hearth.directory.contract import AddDevice, ChainTaken
from hearth.directory.rules import ChainMoved
from hearth.vault.contract import DeviceKey
from hearth.vault.keep import add_wrap, keep_device_keys
from hearth.vault.rules import judged


async def add_device(context: Context, command: AddDevice) -> ChainTaken:
    """List the asking device. Raises WrongPassword, ChainMoved, GenerationMoved, NotAccepted."""
    person = await hold_person(context, context.user_id)
    if await is_taken(context, person.user_id, [command.statement]):
        return await say_taken(context, person)
    await prove_password(context, command.auth_key)
    device_id = context.actor.device_id
    before = person.now
    await append_statements(context, person, [command.statement], rules.NEW_LIST)
    sessions = [row.id for row in await load_devices(context, person.user_id)]
    with judged(ChainMoved):
        rules.check_addition(before, person.now, device_id, sessions)
    key = DeviceKey(device_id=device_id.hex(), public_key=command.device_key)
    await keep_device_keys(context, person.user_id, kem_hashes(person.now), [key])
    await add_wrap(context, person.user_id, device_id, command.g, command.wrap)
    return await say_taken(context, person)
