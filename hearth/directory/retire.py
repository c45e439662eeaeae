"""Signing out: the device takes itself off the list, and its session ends with that."""

from hearth.accounts.sessions import end_sessions
from hearth.contract import Context, Nothing
from hearth.directory import rules
from hearth.directory.append import append_statements, hold_person, kem_hashes
from hearth.directory.rules import ChainMoved
from hearth.vault.keep import keep_device_keys
from hearth.vault.rules import judged


async def retire_device(context: Context, statement: bytes) -> Nothing:
    """Take the asking device off the list and end its session. Raises ChainMoved, NotAccepted.

    A repeat has no session any more, so it never comes this far.
    """
    person = await hold_person(context, context.user_id)
    device_id = context.actor.device_id
    with judged(ChainMoved):
        rules.check_own(statement, device_id)
    await append_statements(context, person, [statement], rules.LEAVE)
    await keep_device_keys(context, person.user_id, kem_hashes(person.now))
    await end_sessions(context, person.user_id, [device_id], reason="signed_out")
    return Nothing()
