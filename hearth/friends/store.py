"""Every SQL statement of friends. Takes a transaction, returns ids and rows; no events, no permissions."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, func, insert, or_, select, update

from hearth.contract import Transaction
from hearth.friends.rules import Counts, Request, Standing, Status
from hearth.friends.tables import BLOCK, FRIEND_REQUEST, FRIENDSHIP

REQUEST = (
    FRIEND_REQUEST.c.id,
    FRIEND_REQUEST.c.sender_id,
    FRIEND_REQUEST.c.receiver_id,
    FRIEND_REQUEST.c.status,
    FRIEND_REQUEST.c.suppressed,
    FRIEND_REQUEST.c.timestamp,
)
IS_PENDING = FRIEND_REQUEST.c.status == "pending"
IS_SHOWN = and_(IS_PENDING, FRIEND_REQUEST.c.suppressed.is_(False))


async def load_standing(transaction: Transaction, user_id: int, other_id: int) -> Standing:
    """Return how two users stand, seen from the first."""
    requests = await transaction.execute(
        select(*REQUEST).where(
            or_(
                and_(FRIEND_REQUEST.c.sender_id == user_id, FRIEND_REQUEST.c.receiver_id == other_id),
                and_(FRIEND_REQUEST.c.sender_id == other_id, FRIEND_REQUEST.c.receiver_id == user_id),
            )
        )
    )
    blocks = await transaction.execute(
        select(BLOCK.c.blocker_id).where(
            or_(
                and_(BLOCK.c.blocker_id == user_id, BLOCK.c.blocked_id == other_id),
                and_(BLOCK.c.blocker_id == other_id, BLOCK.c.blocked_id == user_id),
            )
        )
    )
    by_sender = {row.sender_id: Request(*row) for row in requests}
    blockers = set(blocks.scalars())
    return Standing(
        are_friends=await is_friendship(transaction, user_id, other_id),
        sent=by_sender.get(user_id),
        received=by_sender.get(other_id),
        blocks=user_id in blockers,
        is_blocked=other_id in blockers,
    )


async def load_counts(transaction: Transaction, user_id: int, other_id: int) -> Counts:
    """Return what counts against the caps for two users, in one query."""
    sent = select(func.count()).where(FRIEND_REQUEST.c.sender_id == user_id, IS_PENDING)
    received = select(func.count()).where(FRIEND_REQUEST.c.receiver_id == other_id, IS_SHOWN)
    row = (
        await transaction.execute(
            select(
                _count_friends(user_id).scalar_subquery(),
                sent.select_from(FRIEND_REQUEST).scalar_subquery(),
                _count_friends(other_id).scalar_subquery(),
                received.select_from(FRIEND_REQUEST).scalar_subquery(),
            )
        )
    ).one()
    return Counts(*row)


def _count_friends(user_id: int) -> Any:
    side = or_(FRIENDSHIP.c.user1_id == user_id, FRIENDSHIP.c.user2_id == user_id)
    return select(func.count()).select_from(FRIENDSHIP).where(side)


async def is_friendship(transaction: Transaction, user_id: int, other_id: int) -> bool:
    found = await transaction.execute(select(FRIENDSHIP.c.id).where(_pair(user_id, other_id)))
    return found.first() is not None


def _pair(user_id: int, other_id: int) -> Any:
    lower, higher = sorted((user_id, other_id))
    return and_(FRIENDSHIP.c.user1_id == lower, FRIENDSHIP.c.user2_id == higher)


async def insert_friendship(transaction: Transaction, user_id: int, other_id: int, now: datetime) -> None:
    lower, higher = sorted((user_id, other_id))
    values = {"user1_id": lower, "user2_id": higher, "timestamp": now}
    await transaction.execute(insert(FRIENDSHIP).values(values))


async def delete_friendship(transaction: Transaction, user_id: int, other_id: int) -> None:
    await transaction.execute(delete(FRIENDSHIP).where(_pair(user_id, other_id)))


async def find_request(transaction: Transaction, request_id: int) -> Request | None:
    found = await transaction.execute(select(*REQUEST).where(FRIEND_REQUEST.c.id == request_id))
    row = found.first()
    return None if row is None else Request(*row)


async def save_request(
    transaction: Transaction, known: Request | None, *, sent_by: int, to: int, suppressed: bool, now: datetime
) -> Request:
    """Open a request, in the row of this direction if there is one. Returns it."""
    values = {"status": "pending", "suppressed": suppressed, "timestamp": now}
    if known is None:
        row = {"sender_id": sent_by, "receiver_id": to, **values}
        result = await transaction.execute(insert(FRIEND_REQUEST).values(row))
        key = result.inserted_primary_key
        assert key is not None
        request_id = int(key[0])
    else:
        request_id = known.id
        await transaction.execute(
            update(FRIEND_REQUEST).where(FRIEND_REQUEST.c.id == request_id).values(values)
        )
    return Request(request_id, sent_by, to, "pending", suppressed, now)


async def close_request(transaction: Transaction, request: Request, status: Status, now: datetime) -> Request:
    """Give an open request its final status and return it. One that was hidden stays hidden."""
    values = {"status": status, "timestamp": now}
    await transaction.execute(update(FRIEND_REQUEST).where(FRIEND_REQUEST.c.id == request.id).values(values))
    return replace(request, status=status, timestamp=now)


async def suppress_request(transaction: Transaction, request: Request) -> None:
    """Hide an open request from its receiver; its sender sees no change."""
    await transaction.execute(
        update(FRIEND_REQUEST).where(FRIEND_REQUEST.c.id == request.id).values(suppressed=True)
    )


async def reveal_request(transaction: Transaction, request: Request) -> None:
    """Show a hidden request to its receiver."""
    await transaction.execute(
        update(FRIEND_REQUEST).where(FRIEND_REQUEST.c.id == request.id).values(suppressed=False)
    )


async def list_open_requests(transaction: Transaction, user_id: int) -> list[Request]:
    """Return the open requests that this user sees, by id."""
    sent = and_(FRIEND_REQUEST.c.sender_id == user_id, IS_PENDING)
    received = and_(FRIEND_REQUEST.c.receiver_id == user_id, IS_SHOWN)
    return await _list_requests(transaction, or_(sent, received))


async def list_all_open_requests(transaction: Transaction, user_id: int) -> list[Request]:
    """Return all open requests from and to this user, also those hidden from them."""
    side = or_(FRIEND_REQUEST.c.sender_id == user_id, FRIEND_REQUEST.c.receiver_id == user_id)
    return await _list_requests(transaction, and_(side, IS_PENDING))


async def _list_requests(transaction: Transaction, condition: Any) -> list[Request]:
    rows = await transaction.execute(select(*REQUEST).where(condition).order_by(FRIEND_REQUEST.c.id))
    return [Request(*row) for row in rows]


async def list_friendships(transaction: Transaction, user_id: int) -> list[tuple[int, datetime]]:
    """Return (friend's id, since), by the friend's id."""
    since = FRIENDSHIP.c.timestamp
    first = select(FRIENDSHIP.c.user2_id, since).where(FRIENDSHIP.c.user1_id == user_id)
    second = select(FRIENDSHIP.c.user1_id, since).where(FRIENDSHIP.c.user2_id == user_id)
    rows = await transaction.execute(first.union_all(second))
    return sorted((int(friend_id), moment) for friend_id, moment in rows)


async def list_pairs(transaction: Transaction, user_ids: Collection[int]) -> list[tuple[int, int]]:
    """Return every friendship in which one of these users is, once."""
    wanted = sorted(user_ids)
    side = or_(FRIENDSHIP.c.user1_id.in_(wanted), FRIENDSHIP.c.user2_id.in_(wanted))
    rows = await transaction.execute(select(FRIENDSHIP.c.user1_id, FRIENDSHIP.c.user2_id).where(side))
    return [(int(first), int(second)) for first, second in rows]


async def list_pairs_with(transaction: Transaction, user_id: int, among: Collection[int]) -> list[int]:
    """Return which of these users are friends of one."""
    wanted = sorted(among)
    first = select(FRIENDSHIP.c.user2_id).where(
        FRIENDSHIP.c.user1_id == user_id, FRIENDSHIP.c.user2_id.in_(wanted)
    )
    second = select(FRIENDSHIP.c.user1_id).where(
        FRIENDSHIP.c.user2_id == user_id, FRIENDSHIP.c.user1_id.in_(wanted)
    )
    return sorted((await transaction.execute(first.union_all(second))).scalars())


async def insert_block(transaction: Transaction, blocker_id: int, blocked_id: int, now: datetime) -> None:
    values = {"blocker_id": blocker_id, "blocked_id": blocked_id, "timestamp": now}
    await transaction.execute(insert(BLOCK).values(values))


async def delete_block(transaction: Transaction, blocker_id: int, blocked_id: int) -> bool:
    """Return whether there was one."""
    side = and_(BLOCK.c.blocker_id == blocker_id, BLOCK.c.blocked_id == blocked_id)
    return (await transaction.execute(delete(BLOCK).where(side))).rowcount > 0


async def list_blocked_ids(transaction: Transaction, blocker_id: int) -> list[int]:
    """Return whom this user blocks, in the order of blocking."""
    found = select(BLOCK.c.blocked_id).where(BLOCK.c.blocker_id == blocker_id).order_by(BLOCK.c.id)
    return list((await transaction.execute(found)).scalars())


async def list_blocker_ids(transaction: Transaction, blocked_id: int) -> list[int]:
    """Return who blocks this user. For deciding whom to tell, never for telling this user."""
    found = select(BLOCK.c.blocker_id).where(BLOCK.c.blocked_id == blocked_id).order_by(BLOCK.c.blocker_id)
    return list((await transaction.execute(found)).scalars())


async def delete_everything(transaction: Transaction, user_id: int) -> None:
    """Remove every friendship, request and block of a user."""
    for first, second in (
        (FRIENDSHIP.c.user1_id, FRIENDSHIP.c.user2_id),
        (FRIEND_REQUEST.c.sender_id, FRIEND_REQUEST.c.receiver_id),
        (BLOCK.c.blocker_id, BLOCK.c.blocked_id),
    ):
        await transaction.execute(delete(first.table).where(or_(first == user_id, second == user_id)))
