"""Every SQL statement about user chains and receive statements."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, insert, or_, select, update

from hearth.contract import Transaction
from hearth.directory.tables import RECEIVE_STATEMENT, USER_CHAIN, USER_STATEMENT


@dataclass(frozen=True, slots=True)
class ChainRow:
    """Where a chain stands."""

    user_id: int
    n: int
    hash: bytes
    receive_version: int


@dataclass(frozen=True, slots=True)
class StatementRow:
    """A statement of a chain with what is looked up of it."""

    n: int
    kind: int
    incarnation: int
    hash: bytes
    statement: bytes


@dataclass(frozen=True, slots=True)
class ReceiveRow:
    """A receive statement with its key."""

    version: int
    hash: bytes
    statement: bytes
    public_key: bytes


HEAD = [USER_CHAIN.c[field.name] for field in fields(ChainRow)]
STATEMENT = [USER_STATEMENT.c[field.name] for field in fields(StatementRow)]
RECEIVE = [RECEIVE_STATEMENT.c[field.name] for field in fields(ReceiveRow)]


async def list_chains(transaction: Transaction, user_ids: Collection[int]) -> dict[int, ChainRow]:
    """Return where the chains of these users stand, of those who have one."""
    query = select(*HEAD).where(USER_CHAIN.c.user_id.in_(sorted(user_ids)))
    return {row.user_id: ChainRow(*row) for row in await transaction.execute(query)}


async def find_state(transaction: Transaction, user_id: int) -> tuple[bytes, int] | None:
    """Return the stored state of a chain, and the newest receive version."""
    query = select(USER_CHAIN.c.state, USER_CHAIN.c.receive_version).where(USER_CHAIN.c.user_id == user_id)
    row = (await transaction.execute(query)).first()
    return None if row is None else (row.state, row.receive_version)


async def save_state(transaction: Transaction, head: ChainRow, state: bytes, *, is_new: bool) -> None:
    values: dict[str, Any] = {field.name: getattr(head, field.name) for field in fields(ChainRow)}
    values["state"] = state
    if is_new:
        await transaction.execute(insert(USER_CHAIN).values(values))
    else:
        place = USER_CHAIN.c.user_id == head.user_id
        await transaction.execute(update(USER_CHAIN).where(place).values(values))


async def insert_statements(
    transaction: Transaction, user_id: int, rows: Sequence[StatementRow], now: datetime
) -> None:
    values = [
        {
            "user_id": user_id,
            "timestamp": now,
            **{field.name: getattr(row, field.name) for field in fields(StatementRow)},
        }
        for row in rows
    ]
    await transaction.execute(insert(USER_STATEMENT), values)


async def list_statements(
    transaction: Transaction, user_id: int, *, after: int, limit: int
) -> list[StatementRow]:
    """Return statements from above n = `after`, in order."""
    query = select(*STATEMENT).where(USER_STATEMENT.c.user_id == user_id, USER_STATEMENT.c.n > after)
    rows = await transaction.execute(query.order_by(USER_STATEMENT.c.n).limit(limit))
    return [StatementRow(*row) for row in rows]


async def find_hash(transaction: Transaction, user_id: int, n: int) -> bytes | None:
    """Return the hash of statement n."""
    query = select(USER_STATEMENT.c.hash).where(USER_STATEMENT.c.user_id == user_id, USER_STATEMENT.c.n == n)
    found: bytes | None = (await transaction.execute(query)).scalar()
    return found


async def has_kind_above(transaction: Transaction, user_id: int, n: int, kinds: Collection[int]) -> bool:
    """Tell whether a statement of one of these kinds stands above n."""
    query = select(USER_STATEMENT.c.n).where(
        USER_STATEMENT.c.user_id == user_id, USER_STATEMENT.c.n > n, USER_STATEMENT.c.kind.in_(sorted(kinds))
    )
    return (await transaction.execute(query.limit(1))).first() is not None


async def list_by_hash(
    transaction: Transaction, user_id: int, hashes: Collection[bytes]
) -> dict[bytes, bytes]:
    """Return the statements with these hashes, by hash."""
    query = select(USER_STATEMENT.c.hash, USER_STATEMENT.c.statement).where(
        USER_STATEMENT.c.user_id == user_id, USER_STATEMENT.c.hash.in_(sorted(hashes))
    )
    return {row.hash: row.statement for row in await transaction.execute(query)}


async def list_receive(
    transaction: Transaction, user_id: int, *, hashes: Collection[bytes] = ()
) -> list[ReceiveRow]:
    """Return the receive statements with these hashes by version, or the newest one."""
    query = select(*RECEIVE).where(RECEIVE_STATEMENT.c.user_id == user_id)
    if hashes:
        query = query.where(RECEIVE_STATEMENT.c.hash.in_(sorted(hashes))).order_by(
            RECEIVE_STATEMENT.c.version
        )
    else:
        query = query.order_by(RECEIVE_STATEMENT.c.version.desc()).limit(1)
    return [ReceiveRow(*row) for row in await transaction.execute(query)]


@dataclass(frozen=True, slots=True)
class NewestReceiveRow:
    """A person's newest receive statement."""

    user_id: int
    version: int
    hash: bytes
    statement: bytes


async def list_states(transaction: Transaction, user_ids: Collection[int]) -> dict[int, bytes]:
    """Return the stored states of these people's chains, of those who have one."""
    query = select(USER_CHAIN.c.user_id, USER_CHAIN.c.state)
    rows = await transaction.execute(query.where(USER_CHAIN.c.user_id.in_(sorted(user_ids))))
    return {row.user_id: row.state for row in rows}


async def list_newest_receive(transaction: Transaction, user_ids: Collection[int]) -> list[NewestReceiveRow]:
    """Return the newest receive statement of each of these people who has one."""
    columns = [RECEIVE_STATEMENT.c[field.name] for field in fields(NewestReceiveRow)]
    newest = (RECEIVE_STATEMENT.c.user_id == USER_CHAIN.c.user_id) & (
        RECEIVE_STATEMENT.c.version == USER_CHAIN.c.receive_version
    )
    query = select(*columns).join_from(USER_CHAIN, RECEIVE_STATEMENT, newest)
    rows = await transaction.execute(query.where(USER_CHAIN.c.user_id.in_(sorted(user_ids))))
    return [NewestReceiveRow(*row) for row in rows]


async def list_statements_at(
    transaction: Transaction, places: Collection[tuple[int, int]]
) -> list[tuple[int, int, bytes, int]]:
    """Return user, n, hash and incarnation of the statements at these (user, n)."""
    columns = [USER_STATEMENT.c[name] for name in ("user_id", "n", "hash", "incarnation")]
    wanted = [
        and_(USER_STATEMENT.c.user_id == user_id, USER_STATEMENT.c.n == n) for user_id, n in sorted(places)
    ]
    rows = await transaction.execute(select(*columns).where(or_(*wanted)))
    return [(row.user_id, row.n, row.hash, row.incarnation) for row in rows]


async def map_heads_at(
    transaction: Transaction, user_ids: Collection[int], moment: datetime
) -> dict[int, int]:
    """Return up to which n the chains of these users went at a moment; who had none is left out."""
    query = (
        select(USER_STATEMENT.c.user_id, func.max(USER_STATEMENT.c.n))
        .where(USER_STATEMENT.c.user_id.in_(sorted(user_ids)), USER_STATEMENT.c.timestamp <= moment)
        .group_by(USER_STATEMENT.c.user_id)
    )
    return {user_id: n for user_id, n in await transaction.execute(query)}


async def insert_receive(transaction: Transaction, user_id: int, row: ReceiveRow, now: datetime) -> None:
    """Store the next receive statement, which is the newest from now on."""
    values = {field.name: getattr(row, field.name) for field in fields(ReceiveRow)}
    await transaction.execute(insert(RECEIVE_STATEMENT).values(user_id=user_id, timestamp=now, **values))
    place = USER_CHAIN.c.user_id == user_id
    await transaction.execute(update(USER_CHAIN).where(place).values(receive_version=row.version))
