"""Every SQL statement about requests for seeds and their answers. Takes a transaction; no permissions."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, insert, null, or_, select, update

from hearth.contract import Transaction
from hearth.conversations.rules import Stay
from hearth.epochs.store import Name, delete_named, is_within
from hearth.epochs.tables import EPOCH, REWRAP


@dataclass(frozen=True, slots=True)
class AskedRow:
    """Which receive key a request names, and whether there is an answer."""

    receive_hash: bytes
    is_answered: bool


@dataclass(frozen=True, slots=True)
class OpenRow:
    """A request without an answer."""

    conversation_id: bytes
    n: int
    request: bytes


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """A seed, sealed to the receive key that the request named."""

    conversation_id: bytes
    n: int
    receive_hash: bytes
    answer: bytes


async def find_request(transaction: Transaction, name: Name, user_id: int) -> bytes | None:
    """Return the newest request of a user for an epoch."""
    found: bytes | None = (
        await transaction.execute(select(REWRAP.c.request).where(*at(name, user_id)))
    ).scalar()
    return found


async def find_asked(transaction: Transaction, name: Name, user_id: int) -> AskedRow | None:
    """Return what is to be known of a request before it is answered; its row stays locked."""
    query = select(REWRAP.c.receive_hash, REWRAP.c.answered_by).where(*at(name, user_id)).with_for_update()
    row = (await transaction.execute(query)).first()
    return None if row is None else AskedRow(row.receive_hash, row.answered_by is not None)


async def put_request(
    transaction: Transaction, name: Name, user_id: int, request: bytes, receive_hash: bytes, now: datetime
) -> None:
    """Store a request in place of the one before; the caller holds the user's row."""
    values: dict[str, Any] = {"request": request, "receive_hash": receive_hash, "timestamp": now}
    fresh = {**values, "answer": null(), "answered_by": null()}
    done = await transaction.execute(update(REWRAP).where(*at(name, user_id)).values(**fresh))
    if done.rowcount == 0:
        key = {"conversation_id": name[0], "n": name[1], "user_id": user_id}
        await transaction.execute(insert(REWRAP).values(**key, **values))


async def put_answer(transaction: Transaction, name: Name, user_id: int, answer: bytes, *, by: int) -> None:
    """Store the answer to a request that is locked."""
    await transaction.execute(update(REWRAP).where(*at(name, user_id)).values(answer=answer, answered_by=by))


async def list_answers(transaction: Transaction, user_id: int, *, limit: int) -> list[AnswerRow]:
    """Return the answers that wait for a user, the newest requests first."""
    query = (
        select(REWRAP.c.conversation_id, REWRAP.c.n, REWRAP.c.receive_hash, REWRAP.c.answer)
        .where(REWRAP.c.user_id == user_id, REWRAP.c.answer.is_not(None))
        .order_by(REWRAP.c.timestamp.desc(), REWRAP.c.conversation_id, REWRAP.c.n)
        .limit(limit)
    )
    return [AnswerRow(*row) for row in await transaction.execute(query)]


async def list_open(
    transaction: Transaction, user_id: int, stays: Mapping[bytes, Sequence[Stay]], limit: int
) -> list[OpenRow]:
    """Return others' open requests for epochs that a user may know of, the newest first."""
    whole = [key for key, of_one in stays.items() if of_one[-1].joined_seq == 0]
    parts = [
        and_(REWRAP.c.conversation_id == key, is_within(EPOCH.c.seq, of_one))
        for key, of_one in sorted(stays.items())
        if of_one[-1].joined_seq > 0
    ]
    of_epoch = and_(EPOCH.c.conversation_id == REWRAP.c.conversation_id, EPOCH.c.n == REWRAP.c.n)
    query = (
        select(REWRAP.c.conversation_id, REWRAP.c.n, REWRAP.c.request)
        .join_from(REWRAP, EPOCH, of_epoch)
        .where(or_(REWRAP.c.conversation_id.in_(sorted(whole)), *parts))
        .where(REWRAP.c.user_id != user_id, REWRAP.c.answer.is_(None))
        .order_by(REWRAP.c.timestamp.desc(), REWRAP.c.conversation_id, REWRAP.c.n, REWRAP.c.user_id)
        .limit(limit)
    )
    return [OpenRow(*row) for row in await transaction.execute(query)] if stays else []


async def delete_own(transaction: Transaction, user_id: int, names: Collection[Name]) -> None:
    """Remove a user's requests for these epochs with their answers."""
    await delete_named(transaction, REWRAP, names, REWRAP.c.user_id == user_id)


async def delete_of_members(
    transaction: Transaction, conversation_id: bytes, user_ids: Collection[int]
) -> None:
    """Remove what members asked for who are gone."""
    of_them = REWRAP.c.user_id.in_(sorted(user_ids))
    await transaction.execute(delete(REWRAP).where(REWRAP.c.conversation_id == conversation_id, of_them))


async def delete_all(transaction: Transaction, user_id: int) -> None:
    """Remove every request of a user."""
    await transaction.execute(delete(REWRAP).where(REWRAP.c.user_id == user_id))


def at(name: Name, user_id: int) -> tuple[Any, ...]:
    return REWRAP.c.conversation_id == name[0], REWRAP.c.n == name[1], REWRAP.c.user_id == user_id
