"""The command of presence."""

from hearth.contract import Context, Nothing, command
from hearth.presence.contract import SetPresence


@command(SetPresence, mode="none")
async def set_presence(context: Context, command: SetPresence) -> Nothing:
    context.services.presence.set_away(context.actor, command.away)
    return Nothing()
