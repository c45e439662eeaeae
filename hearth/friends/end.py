"""What ends a friendship: removing a friend, and blocking somebody, who cannot tell which it was."""

from hearth.accounts.cards import find_card
from hearth.accounts.living import lock_living
from hearth.contract import Context, Users
from hearth.errors import NotFound
from hearth.friends import rules, store
from hearth.friends.contract import FriendRemoved, RequestClosed, UserBlocked, UserUnblocked
from hearth.friends.list import to_friend_request
from hearth.friends.rules import Standing
from hearth.friends.throttle import allow_lookup


async def remove_friend(context: Context, user_id: int) -> None:
    """End a friendship; raises NotFound when there is none.

    Looked up before the lock too: an unused id must not be told from a stranger's by the time it takes.
    """
    rules.require_another(context.user_id, user_id)
    await _require_friendship(context, user_id)
    await lock_living(context.transaction, (context.user_id, user_id))
    await _require_friendship(context, user_id)
    await _end_friendship(context, user_id)


async def block_user(context: Context, username: str) -> None:
    """Block somebody and end what there is between the two. Blocking twice changes nothing.

    To the blocked person it looks like being removed; their open request stays open to them, hidden here.
    """
    allow_lookup(context)
    other = await find_card(context.transaction, username)
    if other is None:
        raise NotFound
    rules.require_another(context.user_id, other.id)
    await lock_living(context.transaction, (context.user_id, other.id))
    standing = await store.load_standing(context.transaction, context.user_id, other.id)
    if standing.blocks:
        return
    blocked = await store.list_blocked_ids(context.transaction, context.user_id)
    rules.require_room(len(blocked), rules.MAX_BLOCKED, "You block as many people as you can.")
    await store.insert_block(context.transaction, context.user_id, other.id, context.now)
    if standing.are_friends:
        await _end_friendship(context, other.id)
    await _end_requests(context, standing)
    context.publish(UserBlocked(user=other), to=Users((context.user_id,)))


async def unblock_user(context: Context, user_id: int) -> None:
    """End a block; raises NotFound when there is none. Requests that it hid stay hidden."""
    if not await store.delete_block(context.transaction, context.user_id, user_id):
        raise NotFound
    context.publish(UserUnblocked(user_id=user_id), to=Users((context.user_id,)))


async def _require_friendship(context: Context, user_id: int) -> None:
    if not await store.is_friendship(context.transaction, context.user_id, user_id):
        raise NotFound


async def _end_friendship(context: Context, other_id: int) -> None:
    await store.delete_friendship(context.transaction, context.user_id, other_id)
    context.publish(FriendRemoved(user_id=other_id), to=Users((context.user_id,)))
    context.publish(FriendRemoved(user_id=context.user_id), to=Users((other_id,)))


async def _end_requests(context: Context, standing: Standing) -> None:
    """Cancel one's own request, and hide the other one's from oneself alone."""
    sent, received = standing.sent, standing.received
    if sent is not None and sent.is_pending:
        cancelled = await store.close_request(context.transaction, sent, "cancelled", context.now)
        shown = await to_friend_request(context.transaction, cancelled)
        context.publish(RequestClosed(request=shown), to=Users(sent.holders))
    if received is not None and received.is_shown:
        await store.suppress_request(context.transaction, received)
        shown = await to_friend_request(context.transaction, received.ended_by(context.user_id))
        context.publish(RequestClosed(request=shown), to=Users((context.user_id,)))
