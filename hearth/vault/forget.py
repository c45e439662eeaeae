"""What an account's deletion ends here: everything that only its owner could open."""

from hearth.accounts.events import AccountDeleted
from hearth.contract import Context


async def forget_secrets(context: Context, event: AccountDeleted) -> None:
    """Reaction: remove vault, ways in, own chain, keyring. The user chain stays: others' history needs it.

    Of a large keyring the first rows go now, the others within the hour (`clean_up.py`).
    """
    from hearth.vault import rows_store, store

    await store.delete_everything(context.transaction, event.user_id)
    await rows_store.drop_oldest(context.transaction, event.user_id)
