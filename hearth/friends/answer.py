"""What ends an open request: its receiver accepts or declines it, its sender cancels it.

Doing it twice is answered as done; one that ended otherwise is RequestNotOpen; anybody else's is absent.
"""

from collections.abc import Callable

from hearth.accounts.cards import load_profiles
from hearth.accounts.living import lock_living
from hearth.contract import Context, Users
from hearth.friends import rules, store
from hearth.friends.contract import Friend, FriendAdded, FriendRequest, RequestClosed
from hearth.friends.list import to_friend_request
from hearth.friends.rules import Request, Status

Require = Callable[[Request | None, int], Request]


async def accept_request(context: Context, request_id: int) -> None:
    """Become friends. Raises LimitReached when one of the two has too many."""
    request = await _lock_request(context, request_id, rules.require_receiver)
    if rules.may_close(request, "accepted"):
        await befriend(context, request)


async def decline_request(context: Context, request_id: int) -> None:
    """Say no; the sender may ask again after seven days."""
    await _close(context, await _lock_request(context, request_id, rules.require_receiver), "declined")


async def cancel_request(context: Context, request_id: int) -> None:
    """Take one's own request back."""
    await _close(context, await _lock_request(context, request_id, rules.require_sender), "cancelled")


async def befriend(context: Context, request: Request) -> FriendRequest:
    """Make the friendship and tell both; raises LimitReached. The caller has locked both users."""
    sender_id, receiver_id = request.sender_id, request.receiver_id
    other_id = sender_id if receiver_id == context.user_id else receiver_id
    counts = await store.load_counts(context.transaction, context.user_id, other_id)
    rules.require_room_to_befriend(counts)
    accepted = await store.close_request(context.transaction, request, "accepted", context.now)
    await store.insert_friendship(context.transaction, sender_id, receiver_id, context.now)
    profiles = await load_profiles(context.transaction, (sender_id, receiver_id))
    closed = await to_friend_request(context.transaction, accepted)
    context.publish(RequestClosed(request=closed), to=Users(request.holders))
    for user_id, friend_id in ((sender_id, receiver_id), (receiver_id, sender_id)):
        friend = Friend(profile=profiles[friend_id], since=context.now)
        context.publish(FriendAdded(friend=friend), to=Users((user_id,)))
    return closed


async def _lock_request(context: Context, request_id: int, require: Require) -> Request:
    """Return the request as it is once both its people are locked."""
    request = require(await store.find_request(context.transaction, request_id), context.user_id)
    await lock_living(context.transaction, (request.sender_id, request.receiver_id))
    return require(await store.find_request(context.transaction, request_id), context.user_id)


async def _close(context: Context, request: Request, status: Status) -> None:
    if rules.may_close(request, status):
        closed = await store.close_request(context.transaction, request, status, context.now)
        shown = await to_friend_request(context.transaction, closed)
        context.publish(RequestClosed(request=shown), to=Users(request.holders))
