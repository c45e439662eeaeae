"""What friends and others are told when a user changes or goes: reactions to events of accounts."""

from collections.abc import Iterable

from hearth.accounts.contract import ProfileChanged
from hearth.accounts.events import AccountDeleted
from hearth.contract import Context, Users
from hearth.friends import store
from hearth.friends.contract import FriendChanged, FriendRemoved, RequestClosed, UserUnblocked
from hearth.friends.list import list_friend_ids, to_friend_requests
from hearth.friends.rules import Request


async def announce_profile(context: Context, event: ProfileChanged) -> None:
    """Tell a user's friends what their profile page shows now."""
    friends = await list_friend_ids(context.transaction, event.profile.user.id)
    if friends:
        context.publish(FriendChanged(profile=event.profile), to=Users(tuple(friends)))


async def forget_user(context: Context, event: AccountDeleted) -> None:
    """Remove a deleted user's friendships, requests and blocks, and tell the others what is gone."""
    gone = event.user_id
    friends = await list_friend_ids(context.transaction, gone)
    requests = await store.list_all_open_requests(context.transaction, gone)
    blockers = await store.list_blocker_ids(context.transaction, gone)
    await store.delete_everything(context.transaction, gone)
    if friends:
        context.publish(FriendRemoved(user_id=gone), to=Users(tuple(friends)))
    if blockers:
        context.publish(UserUnblocked(user_id=gone), to=Users(tuple(blockers)))
    await _close_requests(context, requests, gone)


async def _close_requests(context: Context, requests: Iterable[Request], gone: int) -> None:
    ended = [request.ended_by(gone) for request in requests]
    for request, shown in zip(requests, await to_friend_requests(context.transaction, ended), strict=True):
        told = tuple(user_id for user_id in request.holders if user_id != gone)
        if told:
            context.publish(RequestClosed(request=shown), to=Users(told))
