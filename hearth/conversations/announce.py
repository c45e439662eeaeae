"""Who is told when a user's card or chain changes or goes: everybody who has the card on a device."""

from hearth.accounts.contract import ProfileChanged, UserChanged, UserDeleted
from hearth.accounts.events import AccountDeleted
from hearth.contract import Context, Transaction, Users
from hearth.conversations import store
from hearth.directory.contract import ChainGrown, ReceiveRenewed
from hearth.directory.events import ChainAppended, ReceivePublished
from hearth.friends.list import list_acquaintance_ids


async def list_card_holder_ids(transaction: Transaction, user_id: int) -> list[int]:
    """Return who holds a user's card: people of shared conversations, closed ones too, and acquaintances."""
    companions = await store.list_companion_ids(transaction, user_id)
    return sorted({*companions, *await list_acquaintance_ids(transaction, user_id)})


async def announce_user(context: Context, event: ProfileChanged) -> None:
    """Reaction: tell them the new card. The user's own devices have the event itself."""
    card = event.profile.user
    holders = await list_card_holder_ids(context.transaction, card.id)
    if holders:
        context.publish(UserChanged(user=card), to=Users(tuple(holders)))


async def announce_deletion(context: Context, event: AccountDeleted) -> None:
    """Reaction: tell them that the names are gone. Comes before friendships and requests are forgotten."""
    holders = await list_card_holder_ids(context.transaction, event.user_id)
    if holders:
        context.publish(UserDeleted(user_id=event.user_id), to=Users(tuple(holders)))


async def announce_chain(context: Context, event: ChainAppended) -> None:
    """Reaction: tell them that there is a statement to fetch. The user's own devices have heard it."""
    holders = await list_card_holder_ids(context.transaction, event.user_id)
    if holders:
        context.publish(ChainGrown(user_id=event.user_id, n=event.n), to=Users(tuple(holders)))


async def announce_receive(context: Context, event: ReceivePublished) -> None:
    """Reaction: tell them that wraps go to another key from now on."""
    holders = await list_card_holder_ids(context.transaction, event.user_id)
    if holders:
        renewed = ReceiveRenewed(user_id=event.user_id, version=event.version)
        context.publish(renewed, to=Users(tuple(holders)))
