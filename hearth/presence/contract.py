"""What can be asked of presence and what friends are told. Never logged: state is asked anew on connect."""

from datetime import datetime
from typing import Literal

from hearth.contract import Command, Event, Shape, UserId

Status = Literal["online", "away", "offline"]


class Presence(Shape):
    """A friend's presence. Who hides it is `offline` without `last_seen`."""

    user_id: UserId
    status: Status
    last_seen: datetime | None = None


class SetPresence(Command, name="presence.set", limit="60/60s"):
    """Say whether this device is in use. A user is away when every connected device is away."""

    away: bool


class PresenceChanged(Event, name="presence.changed"):
    """To friends, and to one's own devices."""

    presence: Presence
