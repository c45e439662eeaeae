"""What a user may do in a conversation: the one way in for every verb that reads or writes one."""

from collections.abc import Collection

from hearth.contract import Transaction
from hearth.conversations import rules, store
from hearth.conversations.rules import Access


async def get_access(transaction: Transaction, conversation_id: bytes, user_id: int) -> Access:
    """Return what a user may do here; raises NotFound for who never was a member. One query."""
    found = await store.list_stays_of_user(transaction, user_id, [conversation_id])
    head, stays = found.get(conversation_id, (None, []))
    return rules.require_member(head, stays)


async def list_accesses(
    transaction: Transaction, user_id: int, conversation_ids: Collection[bytes] | None = None
) -> dict[bytes, Access]:
    """Return the same for all of a user's conversations, or for those named that are theirs. One query."""
    found = await store.list_stays_of_user(transaction, user_id, conversation_ids)
    return {key: rules.require_member(head, stays) for key, (head, stays) in found.items()}


async def list_member_ids(transaction: Transaction, conversation_id: bytes) -> tuple[int, ...]:
    """Return who is in a conversation now: whom to tell of what happens in it."""
    stays = await store.list_all_stays(transaction, [conversation_id])
    return tuple(sorted({stay.user_id for stay in stays[conversation_id] if stay.left_seq is None}))
