"""The one statement of the inbox: across conversations and messages, to order the first by the second."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import and_, func, select

from hearth.contract import Transaction
from hearth.conversations.tables import CONVERSATION, MEMBER
from hearth.messages.tables import MESSAGE


async def list_last_times(
    transaction: Transaction, user_id: int, conversation_ids: Collection[bytes] | None
) -> dict[bytes, datetime]:
    """Return when the last entry that a user may read was stored, by conversation: all, or those named.

    Conversations without an entry are left out.
    """
    head = func.coalesce(MEMBER.c.left_seq, CONVERSATION.c.last_seq)
    is_last = and_(MESSAGE.c.conversation_id == CONVERSATION.c.id, MESSAGE.c.seq == head)
    query = (
        select(CONVERSATION.c.id, MESSAGE.c.timestamp)
        .join_from(MEMBER, CONVERSATION, CONVERSATION.c.id == MEMBER.c.conversation_id)
        .join(MESSAGE, is_last)
        .where(MEMBER.c.user_id == user_id)
        .order_by(MEMBER.c.joined_seq)
    )
    if conversation_ids is not None:
        query = query.where(MEMBER.c.conversation_id.in_(sorted(conversation_ids)))
    return {conversation_id: moment for conversation_id, moment in await transaction.execute(query)}
