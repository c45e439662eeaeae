"""Who is whose friend, who asked whom, who is blocked: how higher nouns and devices read it."""

from collections.abc import Collection

from hearth.accounts.cards import load_cards, load_profiles
from hearth.accounts.contract import UserCard
from hearth.contract import Transaction
from hearth.friends import store
from hearth.friends.contract import Friend, FriendRequest
from hearth.friends.rules import Request


async def are_friends(transaction: Transaction, user_id: int, other_id: int) -> bool:
    """Tell whether two users are friends; whoever blocks somebody is not."""
    return await store.is_friendship(transaction, user_id, other_id)


async def list_friends_among(transaction: Transaction, user_id: int, among: Collection[int]) -> set[int]:
    """Return which of these people are friends of a user. One query."""
    return set(await store.list_pairs_with(transaction, user_id, among))


async def list_friend_ids(transaction: Transaction, user_id: int) -> list[int]:
    """Return the ids of a user's friends, ascending."""
    return [friend_id for friend_id, _ in await store.list_friendships(transaction, user_id)]


async def map_friend_ids(transaction: Transaction, user_ids: Collection[int]) -> dict[int, list[int]]:
    """Return the friends' ids of each of these users, ascending. One query, however many they are."""
    friends: dict[int, list[int]] = {user_id: [] for user_id in user_ids}
    for first, second in await store.list_pairs(transaction, user_ids):
        if first in friends:
            friends[first].append(second)
        if second in friends:
            friends[second].append(first)
    return {user_id: sorted(ids) for user_id, ids in friends.items()}


async def list_acquaintance_ids(transaction: Transaction, user_id: int) -> list[int]:
    """Return who holds this user's card: friends, both sides of open requests, who blocks them.

    For telling them of a changed card; never to be shown to anybody.
    """
    holders = {friend_id for friend_id, _ in await store.list_friendships(transaction, user_id)}
    for request in await store.list_all_open_requests(transaction, user_id):
        holders.update(request.holders)
    holders.update(await store.list_blocker_ids(transaction, user_id))
    return sorted(holders - {user_id})


async def list_partner_ids(transaction: Transaction, user_id: int, among: Collection[int]) -> set[int]:
    """Return which of these are friends of a user, or in an open request with them that the user sees."""
    pairs = await store.list_pairs_with(transaction, user_id, among)
    requests = await store.list_open_requests(transaction, user_id)
    partners = {other for request in requests for other in (request.sender_id, request.receiver_id)}
    return {*pairs, *partners} & set(among)


async def list_friends(transaction: Transaction, user_id: int, after: int, limit: int) -> list[Friend]:
    """Return at most `limit` friends of a user with profiles, by id from above `after`. Two queries."""
    friendships = [found for found in await store.list_friendships(transaction, user_id) if found[0] > after][
        :limit
    ]
    profiles = await load_profiles(transaction, [friend_id for friend_id, _ in friendships])
    return [Friend(profile=profiles[friend_id], since=since) for friend_id, since in friendships]


async def list_requests(
    transaction: Transaction, user_id: int, after: int, limit: int
) -> list[FriendRequest]:
    """Return the open requests that a user sees, by id from above `after`. Two queries."""
    requests = await store.list_open_requests(transaction, user_id)
    return await to_friend_requests(transaction, [found for found in requests if found.id > after][:limit])


async def list_blocked(transaction: Transaction, user_id: int, after: int, limit: int) -> list[UserCard]:
    """Return whom a user blocks, by id from above `after`. Two queries."""
    blocked = sorted(await store.list_blocked_ids(transaction, user_id))
    wanted = [blocked_id for blocked_id in blocked if blocked_id > after][:limit]
    cards = await load_cards(transaction, wanted)
    return [cards[blocked_id] for blocked_id in wanted]


async def to_friend_requests(transaction: Transaction, requests: list[Request]) -> list[FriendRequest]:
    """Return stored requests as devices get them, with both people's cards."""
    people = {user_id for request in requests for user_id in (request.sender_id, request.receiver_id)}
    cards = await load_cards(transaction, people)
    return [
        FriendRequest(
            id=request.id,
            sender=cards[request.sender_id],
            receiver=cards[request.receiver_id],
            status=request.status,
            timestamp=request.timestamp,
        )
        for request in requests
    ]


async def to_friend_request(transaction: Transaction, request: Request) -> FriendRequest:
    return (await to_friend_requests(transaction, [request]))[0]
