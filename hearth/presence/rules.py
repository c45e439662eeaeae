"""What somebody's presence is, and what of it others see. Pure."""

from collections.abc import Iterable
from datetime import datetime

from hearth.presence.contract import Presence, Status

GRACE_SECONDS = 10.0
"""How long somebody whose last socket went still counts as there: a reload or a tunnel is not a farewell."""


def combine(away: Iterable[bool]) -> Status:
    """Return the status of a user by which sockets are away: online if one is in use, offline without any."""
    sockets = list(away)
    if not sockets:
        return "offline"
    return "away" if all(sockets) else "online"


def show_to_friends(user_id: int, status: Status, last_seen: datetime | None, *, is_shared: bool) -> Presence:
    """Return what friends see. Who hides it is offline to them, and was never seen."""
    if not is_shared:
        return Presence(user_id=user_id, status="offline")
    return Presence(user_id=user_id, status=status, last_seen=None if status == "online" else last_seen)


def is_worth_telling(presence: Presence) -> bool:
    """Devices take everybody for offline and never seen until they are told otherwise."""
    return presence.status != "offline" or presence.last_seen is not None
