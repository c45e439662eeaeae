"""Who may see whom: a friend, either side of an open request, whom one met in a conversation, oneself."""

from collections.abc import Collection

from hearth.contract import Transaction
from hearth.conversations import store
from hearth.friends.list import list_partner_ids


async def list_visible(transaction: Transaction, viewer_id: int, user_ids: Collection[int]) -> set[int]:
    """Return which of these people the viewer may see. Three queries however many they are.

    Whether one of them blocks the viewer changes nothing: what the two had is what a former friend has.
    """
    others = set(user_ids) - {viewer_id}
    visible = set(user_ids) & {viewer_id}
    if others:
        visible |= await list_partner_ids(transaction, viewer_id, others)
        visible |= set(await store.list_met_ids(transaction, viewer_id, others))
    return visible
