"""How present one's friends are: asked anew at every connection, since presence is in no log."""

from collections.abc import Collection

from hearth.accounts.cards import load_presences
from hearth.contract import Context
from hearth.presence.contract import Presence
from hearth.presence.rules import is_worth_telling, show_to_friends


async def list_presence(context: Context, friend_ids: Collection[int]) -> list[Presence]:
    """Return what is seen of these, whom the caller knows to be friends; what tells nothing is left out."""
    board = context.services.presence
    stored = await load_presences(context.transaction, friend_ids)
    shown = (
        show_to_friends(user_id, board.status_of(user_id), known.last_seen, is_shared=known.is_shared)
        for user_id, known in sorted(stored.items())
    )
    return [presence for presence in shown if is_worth_telling(presence)]
