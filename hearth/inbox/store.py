"""The statements of the inbox, across conversations and messages: what is last in each as one may read it."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ScalarSelect, and_, func, select

from hearth.contract import Transaction
from hearth.conversations.tables import CONVERSATION, MEMBER
from hearth.messages.contract import KIND_PIN, KIND_STATE
from hearth.messages.tables import MESSAGE, STANDING


class LastStanding(NamedTuple):
    """Where the newest state and the newest pin stand, 0 without."""

    state_seq: int
    pin_seq: int


NONE_STANDING = LastStanding(0, 0)


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


async def list_last_standing(
    transaction: Transaction, user_id: int, conversation_ids: Collection[bytes]
) -> dict[bytes, LastStanding]:
    """Return the newest state and pin of each conversation in the user's last stay. No query for none."""
    if not conversation_ids:
        return {}
    query = (
        select(MEMBER.c.conversation_id, _select_last(KIND_STATE), _select_last(KIND_PIN))
        .join_from(MEMBER, CONVERSATION, CONVERSATION.c.id == MEMBER.c.conversation_id)
        .where(MEMBER.c.user_id == user_id, MEMBER.c.conversation_id.in_(sorted(conversation_ids)))
        .order_by(MEMBER.c.joined_seq)
    )
    rows = await transaction.execute(query)
    return {conversation_id: LastStanding(state or 0, pin or 0) for conversation_id, state, pin in rows}


def _select_last(kind: int) -> ScalarSelect[Any]:
    """Select the newest entry of a kind within a stay, from above."""
    return (
        select(STANDING.c.seq)
        .where(STANDING.c.conversation_id == MEMBER.c.conversation_id, STANDING.c.kind == kind)
        .where(STANDING.c.seq > MEMBER.c.joined_seq)
        .where(STANDING.c.seq <= func.coalesce(MEMBER.c.left_seq, CONVERSATION.c.last_seq))
        .order_by(STANDING.c.seq.desc())
        .limit(1)
        .scalar_subquery()
    )
