"""What goes with an account: the Notes, which nobody else ever had. Messages to others stay with them."""

from hearth.accounts.events import AccountDeleted
from hearth.contract import Context
from hearth.conversations.ids import make_self_id
from hearth.messages import store


async def forget_notes(context: Context, event: AccountDeleted) -> None:
    """Reaction: remove what a deleted user wrote to themselves, in the same transaction."""
    notes = make_self_id(context.services.identity.server_id, event.user_id)
    await store.delete_log(context.transaction, notes)
