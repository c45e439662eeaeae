"""Keeping `user.status` and `user.last_seen` for presence, which lives in memory and is the truth."""

from datetime import datetime

from hearth.accounts import store
from hearth.contract import Transaction


async def save_status(
    transaction: Transaction, user_id: int, status: str, *, last_seen: datetime | None = None
) -> None:
    """Store what a user's presence has become; without `last_seen` the old one stays."""
    await store.update_status(transaction, user_id, status=status, last_seen=last_seen)


async def save_everyone_offline(transaction: Transaction) -> None:
    """At a start nobody is connected, whatever a crash left behind."""
    await store.set_everyone_offline(transaction)
