"""The command of presence."""

from hearth.contract import Actor, Nothing, direct
from hearth.presence.contract import SetPresence
from hearth.services import Services


@direct(SetPresence)
def set_presence(services: Services, actor: Actor, command: SetPresence) -> Nothing:
    services.presence.set_away(actor, command.away)
    return Nothing()
