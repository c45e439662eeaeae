"""Holding a conversation still while a transaction decides what its log goes on with.

Whoever appends holds the row: the committer of messages, and who makes an epoch or leaves.
"""

from hearth.contract import Transaction
from hearth.conversations import store
from hearth.conversations.rules import Head


async def hold_conversation(transaction: Transaction, conversation_id: bytes) -> Head | None:
    """Lock a conversation's row until the transaction ends and return it as it is then, if there is one.

    Lock users' rows before it, never after it. SQLite's write transaction is such a lock by itself.
    """
    return await store.find_head(transaction, conversation_id, is_held=True)


async def advance_log(transaction: Transaction, conversation_id: bytes, seq: int, log_hash: bytes) -> None:
    """Move the end of a held conversation's log to an entry that is no message; the caller stores it."""
    await store.set_log_end(transaction, conversation_id, seq, log_hash)
