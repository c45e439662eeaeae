"""Asking somebody to be a friend. Opposite requests make a friendship, also when they come at once."""

from hearth.accounts.cards import find_card
from hearth.accounts.contract import UserCard
from hearth.accounts.living import lock_living
from hearth.contract import Context, Users
from hearth.errors import NotFound
from hearth.friends import rules, store
from hearth.friends.answer import befriend
from hearth.friends.contract import FriendRequested, RequestOutcome
from hearth.friends.list import to_friend_request
from hearth.friends.rules import Request, Standing
from hearth.friends.throttle import allow_lookup


async def request_friend(context: Context, username: str) -> RequestOutcome:
    """Ask, or become friends at once when the other one had asked. Asking again changes nothing.

    Raises NotFound, InvalidInput (oneself), BlockedByYou, AskedTooSoon and LimitReached. Whoever is blocked
    by the other one gets the same answers as anybody else; their request is kept and not shown.
    """
    allow_lookup(context)
    other = await find_card(context.transaction, username)
    if other is None:
        raise NotFound
    rules.require_another(context.user_id, other.id)
    await lock_living(context.transaction, (context.user_id, other.id))
    standing = await store.load_standing(context.transaction, context.user_id, other.id)
    match rules.decide_request(standing, context.now):
        case "are_friends":
            return RequestOutcome(friends=True, request=None)
        case "befriend":
            assert standing.received is not None
            return RequestOutcome(friends=True, request=await befriend(context, standing.received))
        case "repeat":
            assert standing.sent is not None
            return await _answer(context, standing.sent, told=())
        case "show":
            assert standing.sent is not None
            return await _show(context, standing.sent)
        case "ask":
            return await _ask(context, other, standing)


async def _ask(context: Context, other: UserCard, standing: Standing) -> RequestOutcome:
    counts = await store.load_counts(context.transaction, context.user_id, other.id)
    rules.require_room_to_ask(counts)
    request = await store.save_request(
        context.transaction,
        standing.sent,
        sent_by=context.user_id,
        to=other.id,
        suppressed=standing.is_blocked,
        now=context.now,
    )
    return await _answer(context, request, told=request.holders)


async def _show(context: Context, request: Request) -> RequestOutcome:
    await store.reveal_request(context.transaction, request)
    return await _answer(context, request, told=(request.receiver_id,))


async def _answer(context: Context, request: Request, *, told: tuple[int, ...]) -> RequestOutcome:
    shown = await to_friend_request(context.transaction, request)
    if told:
        context.publish(FriendRequested(request=shown), to=Users(told))
    return RequestOutcome(friends=False, request=shown)
