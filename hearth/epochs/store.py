"""Every SQL statement about epochs and their wraps. Takes a transaction, returns rows; no permissions."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, delete, exists, func, insert, or_, select

from hearth.contract import Transaction
from hearth.conversations.rules import Stay
from hearth.epochs.tables import (
    CONVERSATION_RESTORE,
    EPOCH,
    EPOCH_HISTORY,
    EPOCH_LEAVE,
    EPOCH_WRAP,
    HISTORY_WRAP,
)


@dataclass(frozen=True, slots=True)
class EpochRow:
    """An epoch as stored; `roster` is None where the row `roster_n` has it."""

    conversation_id: bytes
    n: int
    hash: bytes
    record: bytes
    roster: bytes | None
    roster_n: int
    actor_id: int
    seq: int
    timestamp: datetime


@dataclass(frozen=True, slots=True)
class WrapRow:
    """A wrap that waits for its member."""

    conversation_id: bytes
    n: int
    record_hash: bytes
    wrap: bytes
    has_history: bool


@dataclass(frozen=True, slots=True)
class RestoreRow:
    """Where a log went on: the seq, and the SHA-256 of the entry that says so, unless it was not kept."""

    seq: int
    hash: bytes | None


@dataclass(frozen=True, slots=True)
class LeaveRow:
    """A leave entry: the SHA-256 of its bytes, and its place."""

    hash: bytes
    seq: int


ROW = [EPOCH.c[field.name] for field in fields(EpochRow)]
Name = tuple[bytes, int]
"""Conversation and n."""


async def find_by_hash(transaction: Transaction, record_hash: bytes) -> EpochRow | None:
    """Return the epoch whose record has this hash."""
    row = (await transaction.execute(select(*ROW).where(EPOCH.c.hash == record_hash).limit(1))).first()
    return None if row is None else EpochRow(*row)


async def find_epoch(transaction: Transaction, conversation_id: bytes, n: int) -> tuple[bytes, bytes] | None:
    """Return record and roster of an epoch."""
    holder = EPOCH.alias("holder")
    query = (
        select(EPOCH.c.record, holder.c.roster)
        .join_from(
            EPOCH,
            holder,
            and_(holder.c.conversation_id == EPOCH.c.conversation_id, holder.c.n == EPOCH.c.roster_n),
        )
        .where(EPOCH.c.conversation_id == conversation_id, EPOCH.c.n == n)
    )
    row = (await transaction.execute(query)).first()
    return None if row is None else (row.record, row.roster)


async def find_restore(
    transaction: Transaction, conversation_id: bytes, generation: bytes
) -> RestoreRow | None:
    """Return where a log went on in a database generation, None before it did."""
    query = select(CONVERSATION_RESTORE.c.seq, CONVERSATION_RESTORE.c.hash).where(
        CONVERSATION_RESTORE.c.conversation_id == conversation_id,
        CONVERSATION_RESTORE.c.generation == generation,
    )
    row = (await transaction.execute(query)).first()
    return None if row is None else RestoreRow(row.seq, row.hash)


async def insert_restore(
    transaction: Transaction, conversation_id: bytes, generation: bytes, row: RestoreRow
) -> None:
    values = {"conversation_id": conversation_id, "generation": generation, "seq": row.seq, "hash": row.hash}
    await transaction.execute(insert(CONVERSATION_RESTORE).values(values))


async def find_place(transaction: Transaction, conversation_id: bytes, n: int) -> tuple[int, int] | None:
    """Return the seq of an epoch's entry, and which row has its roster."""
    query = select(EPOCH.c.seq, EPOCH.c.roster_n).where(
        EPOCH.c.conversation_id == conversation_id, EPOCH.c.n == n
    )
    row = (await transaction.execute(query)).first()
    return None if row is None else (row.seq, row.roster_n)


async def list_rosters(
    transaction: Transaction, conversation_id: bytes, ns: Collection[int]
) -> dict[int, bytes]:
    """Return the rosters that these rows have, by n."""
    query = select(EPOCH.c.n, EPOCH.c.roster).where(
        EPOCH.c.conversation_id == conversation_id, EPOCH.c.n.in_(sorted(ns))
    )
    return {row.n: row.roster for row in await transaction.execute(query)}


async def list_epochs(
    transaction: Transaction, conversation_id: bytes, stays: Sequence[Stay], first: int, limit: int
) -> list[EpochRow]:
    """Return epochs from n = `first` on whose entries lie within stays, and the one before each of those."""
    after = EPOCH.alias("after")
    follows = and_(after.c.conversation_id == EPOCH.c.conversation_id, after.c.n == EPOCH.c.n + 1)
    query = (
        select(*ROW)
        .where(EPOCH.c.conversation_id == conversation_id, EPOCH.c.n >= first)
        .where(or_(is_within(EPOCH.c.seq, stays), exists().where(follows, is_within(after.c.seq, stays))))
        .order_by(EPOCH.c.n)
        .limit(limit)
    )
    return [EpochRow(*row) for row in await transaction.execute(query)]


def is_within(seq: ColumnElement[int], stays: Sequence[Stay]) -> ColumnElement[bool]:
    """Whether an entry lies within one of these stays; the one that ended a stay does not."""
    return or_(
        *(
            seq > stay.joined_seq
            if stay.left_seq is None
            else and_(seq > stay.joined_seq, seq < stay.left_seq)
            for stay in stays
        )
    )


async def find_n_up_to(transaction: Transaction, conversation_id: bytes, seq: int) -> int:
    """Return the newest epoch whose entry is at a seq or below it, 0 when there is none."""
    query = select(func.max(EPOCH.c.n)).where(EPOCH.c.conversation_id == conversation_id, EPOCH.c.seq <= seq)
    return (await transaction.execute(query)).scalar() or 0


async def map_n_up_to(transaction: Transaction, seqs: Mapping[bytes, int]) -> dict[bytes, int]:
    """Return the same for many conversations, each with a seq of its own; those without are left out."""
    places = [
        and_(EPOCH.c.conversation_id == conversation_id, EPOCH.c.seq <= seq)
        for conversation_id, seq in sorted(seqs.items())
    ]
    query = select(EPOCH.c.conversation_id, func.max(EPOCH.c.n)).where(or_(*places))
    rows = await transaction.execute(query.group_by(EPOCH.c.conversation_id))
    return {conversation_id: n for conversation_id, n in rows}


async def list_heads(transaction: Transaction, names: Collection[Name]) -> list[EpochRow]:
    """Return these epochs, by conversation."""
    places = [
        and_(EPOCH.c.conversation_id == conversation_id, EPOCH.c.n == n) for conversation_id, n in names
    ]
    query = select(*ROW).where(or_(*places)).order_by(EPOCH.c.conversation_id)
    return [EpochRow(*row) for row in await transaction.execute(query)]


async def insert_epoch(transaction: Transaction, row: EpochRow, wraps: Mapping[int, bytes]) -> None:
    """Store an epoch and a wrap of its seed for each of these users."""
    values: dict[str, Any] = {field.name: getattr(row, field.name) for field in fields(EpochRow)}
    await transaction.execute(insert(EPOCH).values(values))
    rows = [
        {"user_id": user_id, "conversation_id": row.conversation_id, "n": row.n, "wrap": wrap}
        for user_id, wrap in sorted(wraps.items())
    ]
    if rows:
        await transaction.execute(insert(EPOCH_WRAP), rows)


async def insert_history(
    transaction: Transaction, name: Name, sealed: bytes, wraps: Mapping[int, bytes]
) -> None:
    """Store what an epoch gives its newcomers, and the key of it for each of them."""
    conversation_id, n = name
    values = {"conversation_id": conversation_id, "n": n}
    await transaction.execute(insert(EPOCH_HISTORY).values(sealed=sealed, **values))
    rows = [{**values, "user_id": user_id, "wrap": wrap} for user_id, wrap in sorted(wraps.items())]
    await transaction.execute(insert(HISTORY_WRAP), rows)


async def list_leaves(transaction: Transaction, conversation_id: bytes, n: int) -> set[tuple[int, bytes]]:
    """Return who left in an epoch, with the hashes of their leave entries."""
    query = select(EPOCH_LEAVE.c.user_id, EPOCH_LEAVE.c.hash).where(
        EPOCH_LEAVE.c.conversation_id == conversation_id, EPOCH_LEAVE.c.n == n
    )
    return {(row.user_id, row.hash) for row in await transaction.execute(query)}


async def find_leave(transaction: Transaction, name: Name, user_id: int) -> LeaveRow | None:
    """Return how a user left in an epoch."""
    query = select(EPOCH_LEAVE.c.hash, EPOCH_LEAVE.c.seq).where(
        EPOCH_LEAVE.c.conversation_id == name[0], EPOCH_LEAVE.c.n == name[1], EPOCH_LEAVE.c.user_id == user_id
    )
    row = (await transaction.execute(query)).first()
    return None if row is None else LeaveRow(row.hash, row.seq)


async def insert_leave(
    transaction: Transaction, name: Name, user_id: int, entry_hash: bytes, seq: int
) -> None:
    """Store that a user left in an epoch."""
    values = {"conversation_id": name[0], "n": name[1], "user_id": user_id, "hash": entry_hash, "seq": seq}
    await transaction.execute(insert(EPOCH_LEAVE).values(values))


async def list_wraps(
    transaction: Transaction, user_id: int, *, after: Name | None, limit: int
) -> list[WrapRow]:
    """Return the wraps that wait for a user, by conversation and n."""
    of_epoch = and_(EPOCH.c.conversation_id == EPOCH_WRAP.c.conversation_id, EPOCH.c.n == EPOCH_WRAP.c.n)
    has_history = exists().where(
        HISTORY_WRAP.c.conversation_id == EPOCH_WRAP.c.conversation_id,
        HISTORY_WRAP.c.n == EPOCH_WRAP.c.n,
        HISTORY_WRAP.c.user_id == user_id,
    )
    query = (
        select(EPOCH_WRAP.c.conversation_id, EPOCH_WRAP.c.n, EPOCH.c.hash, EPOCH_WRAP.c.wrap, has_history)
        .join_from(EPOCH_WRAP, EPOCH, of_epoch)
        .where(EPOCH_WRAP.c.user_id == user_id)
    )
    if after is not None:
        conversation_id, n = after
        is_same = and_(EPOCH_WRAP.c.conversation_id == conversation_id, EPOCH_WRAP.c.n > n)
        query = query.where(or_(EPOCH_WRAP.c.conversation_id > conversation_id, is_same))
    query = query.order_by(EPOCH_WRAP.c.conversation_id, EPOCH_WRAP.c.n).limit(limit)
    rows = await transaction.execute(query)
    return [WrapRow(key, n, digest, wrap, bool(has)) for key, n, digest, wrap, has in rows]


async def find_history(transaction: Transaction, name: Name, user_id: int) -> tuple[bytes, bytes] | None:
    """Return a newcomer's wrap and the list that it opens."""
    is_same = and_(
        EPOCH_HISTORY.c.conversation_id == HISTORY_WRAP.c.conversation_id,
        EPOCH_HISTORY.c.n == HISTORY_WRAP.c.n,
    )
    query = (
        select(HISTORY_WRAP.c.wrap, EPOCH_HISTORY.c.sealed)
        .join_from(HISTORY_WRAP, EPOCH_HISTORY, is_same)
        .where(HISTORY_WRAP.c.conversation_id == name[0], HISTORY_WRAP.c.n == name[1])
        .where(HISTORY_WRAP.c.user_id == user_id)
    )
    row = (await transaction.execute(query)).first()
    return None if row is None else (row.wrap, row.sealed)


async def delete_wraps(transaction: Transaction, user_id: int, names: Collection[Name]) -> None:
    """Remove a user's wraps of these epochs, and histories that nobody waits for any more."""
    for table in (EPOCH_WRAP, HISTORY_WRAP):
        await delete_named(transaction, table, names, table.c.user_id == user_id)
    is_waiting = exists().where(
        HISTORY_WRAP.c.conversation_id == EPOCH_HISTORY.c.conversation_id,
        HISTORY_WRAP.c.n == EPOCH_HISTORY.c.n,
    )
    await delete_named(transaction, EPOCH_HISTORY, names, ~is_waiting)


async def delete_named(
    transaction: Transaction, table: Any, names: Collection[Name], *conditions: ColumnElement[bool]
) -> None:
    """Remove the rows of these epochs, each by its key: one condition of hundreds holds the writers up."""
    place = (table.c.conversation_id == bindparam("key"), table.c.n == bindparam("number"))
    rows = [{"key": key, "number": n} for key, n in sorted(names)]
    await transaction.execute(delete(table).where(*place, *conditions), rows)


async def delete_all_wraps(transaction: Transaction, user_id: int) -> None:
    """Remove everything that waits for a user."""
    for table in (EPOCH_WRAP, HISTORY_WRAP):
        await transaction.execute(delete(table).where(table.c.user_id == user_id))
