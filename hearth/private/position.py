"""Where somebody's private rows stand: all that a connection begins with."""

from hearth.contract import Context
from hearth.private import store


async def get_position(context: Context) -> int:
    """Return the position of one's newest row, 0 when there never was one. One query."""
    head = await store.find_head(context.transaction, context.user_id)
    return 0 if head is None else head.position
