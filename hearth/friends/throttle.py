"""How many people one may look up: whatever the command, one budget, so that nobody lists who is here.

Beside the limits of the single commands, which are for haste; this one is for patience.
"""

from hearth.contract import Context

LOOKUPS = "300/86400s"


def allow_lookup(context: Context) -> None:
    """Take one lookup by name, or raise TooManyRequests."""
    context.services.limits.take("friend.lookup", context.user_id, LOOKUPS)
