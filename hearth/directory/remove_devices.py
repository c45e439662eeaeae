"""Taking devices off the list: what is sealed from now on is not for them, and their sessions are over."""

from hearth.accounts.prove import prove_password
from hearth.contract import Context
from hearth.directory import rules
from hearth.directory.append import append_statements, hold_person, is_taken, kem_hashes
from hearth.directory.change import append_keys, end_unlisted, say_taken
from hearth.directory.contract import ChainTaken, RemoveDevices
from hearth.directory.rules import ChainMoved
from hearth.vault.keep import keep_device_keys
from hearth.vault.rules import judged


async def remove_devices(context: Context, command: RemoveDevices) -> ChainTaken:
    """Remove devices. Raises WrongPassword, ChainMoved, GenerationMoved, ReceiveMoved, NotAccepted."""
    person = await hold_person(context, context.user_id)
    statements = [command.statement]
    if await is_taken(context, person.user_id, statements, command.generation, command.receive):
        return await say_taken(context, person)
    await prove_password(context, command.auth_key)
    before = person.now
    await append_statements(context, person, statements, rules.NEW_LIST)
    with judged(ChainMoved):
        rules.check_removal(before, person.now)
    await keep_device_keys(context, person.user_id, kem_hashes(person.now))
    device_id = context.actor.device_id
    await append_keys(
        context, person, device_id, command.generation, command.receive, command.rows, is_proven=True
    )
    await end_unlisted(context, person, reason="revoked", of=before.devices)
    return await say_taken(context, person)
