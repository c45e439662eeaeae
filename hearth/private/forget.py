"""What ends private rows: a reset, after which nobody opens them, and the account's deletion."""

from dataclasses import replace

from hearth.accounts.events import AccountDeleted
from hearth.contract import Context
from hearth.vault.events import OwnChainBegun


async def begin_anew(context: Context, event: OwnChainBegun) -> None:
    """Reaction: nobody reads the rows any more; they go by and by (`clean_up.py`). Positions go on."""
    from hearth.private import store

    head = await store.find_head(context.transaction, event.user_id)
    if head is not None:
        empty = replace(head, begins_after=head.position, total=0)
        await store.save_head(context.transaction, event.user_id, empty, is_new=False)
        await store.drop_oldest(context.transaction, event.user_id, head.position)


async def forget_rows(context: Context, event: AccountDeleted) -> None:
    """Reaction: remove all. Of many rows the first go now, the others within the hour (`clean_up.py`)."""
    from hearth.private import store

    await store.delete_head(context.transaction, event.user_id)
    await store.drop_oldest(context.transaction, event.user_id)
