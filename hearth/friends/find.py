"""Finding somebody by exact username."""

from hearth.accounts.cards import find_card
from hearth.contract import Context
from hearth.errors import NotFound
from hearth.friends import rules, store
from hearth.friends.contract import FoundUser
from hearth.friends.throttle import allow_lookup


async def find_user(context: Context, username: str) -> FoundUser:
    """Return who has this username and how the asker stands to them; raises NotFound, TooManyRequests."""
    allow_lookup(context)
    card = await find_card(context.transaction, username)
    if card is None:
        raise NotFound
    if card.id == context.user_id:
        return FoundUser(user=card, relation="self")
    standing = await store.load_standing(context.transaction, context.user_id, card.id)
    return FoundUser(user=card, relation=rules.name_relation(standing))
