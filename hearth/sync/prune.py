"""Letting go of old log entries, a few users at a time so that nobody waits long for the database."""

from datetime import datetime

from hearth.accounts.read_log import drop_entries, list_surplus, list_user_ids_after
from hearth.db.engine import Database
from hearth.sync.rules import KEEP_FOR, KEEP_MOST

USERS_AT_ONCE = 200


async def prune_user_logs(database: Database, now: datetime) -> None:
    """Keep of every user's log the last 30 days, and at most 10,000 entries of them."""
    user_id = 0
    while True:
        async with database.transaction("read") as transaction:
            user_ids = await list_user_ids_after(transaction, user_id, USERS_AT_ONCE)
            ends = await list_surplus(transaction, user_ids, before=now - KEEP_FOR, most=KEEP_MOST)
        if not user_ids:
            return
        if ends:
            async with database.transaction("write") as transaction:
                await drop_entries(transaction, ends)
        user_id = user_ids[-1]
