"""What goes with an account: seeds that waited for it. Epochs stay, others' history needs them."""

from hearth.accounts.events import AccountDeleted
from hearth.contract import Context


async def forget_wraps(context: Context, event: AccountDeleted) -> None:
    """Reaction: remove everything that was sealed to a deleted user and not fetched."""
    from hearth.epochs import rewrap_store, store

    await rewrap_store.delete_all(context.transaction, event.user_id)
    await store.delete_all_wraps(context.transaction, event.user_id)
