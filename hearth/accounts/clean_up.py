"""What time alone ends: sessions nobody used for ninety days, links that ran out."""

from datetime import timedelta

from hearth.accounts import devices_store, tokens_store
from hearth.accounts.rules import UNUSED_FOR
from hearth.accounts.sessions import end_sessions
from hearth.contract import Context

BATCH = 200
KEEP_SIGNED_OUT = timedelta(days=30)


async def clean_up(context: Context) -> None:
    """End what is over, at most a batch of sessions at a time. Perform it every hour or so, as NOBODY."""
    unused = await devices_store.list_unused(
        context.transaction, used_before=context.now - UNUSED_FOR, limit=BATCH
    )
    for row in unused:
        await end_sessions(context, row.user_id, [row.id], reason="expired")
    await devices_store.delete_revoked(context.transaction, revoked_before=context.now - KEEP_SIGNED_OUT)
    await tokens_store.delete_expired(context.transaction, context.now)
