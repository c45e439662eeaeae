"""Every SQL statement about private rows: put under a name, read by position, dropped from the oldest on."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

from sqlalchemy import and_, bindparam, delete, func, insert, or_, select, update

from hearth.contract import Transaction
from hearth.private.rows import Name, Stored
from hearth.private.tables import PRIVATE_HEAD, PRIVATE_ROW

DROPPED_AT_ONCE = 100
"""Of up to 16 KiB each: nobody waits long for so many."""
COLUMNS = [PRIVATE_ROW.c[name] for name in Stored._fields]


@dataclass(frozen=True, slots=True)
class Head:
    """Where somebody's rows stand: the newest position, after which they begin, how many they are."""

    position: int = 0
    begins_after: int = 0
    total: int = 0


async def find_head(transaction: Transaction, user_id: int) -> Head | None:
    columns = [PRIVATE_HEAD.c[field.name] for field in fields(Head)]
    query = select(*columns).where(PRIVATE_HEAD.c.user_id == user_id)
    row = (await transaction.execute(query)).first()
    return None if row is None else Head(*row)


async def save_head(transaction: Transaction, user_id: int, head: Head, *, is_new: bool) -> None:
    values = {field.name: getattr(head, field.name) for field in fields(Head)}
    if is_new:
        await transaction.execute(insert(PRIVATE_HEAD).values(user_id=user_id, **values))
    else:
        of_user = PRIVATE_HEAD.c.user_id == user_id
        await transaction.execute(update(PRIVATE_HEAD).where(of_user).values(values))


async def delete_head(transaction: Transaction, user_id: int) -> None:
    await transaction.execute(delete(PRIVATE_HEAD).where(PRIVATE_HEAD.c.user_id == user_id))


async def list_named(transaction: Transaction, user_id: int, names: Sequence[Name]) -> dict[Name, Stored]:
    """Return what is stored under these names, also what was left by a reset."""
    named = [and_(PRIVATE_ROW.c.kind == name.kind, PRIVATE_ROW.c.place == name.place) for name in names]
    query = select(*COLUMNS).where(PRIVATE_ROW.c.user_id == user_id, or_(*named))
    rows = [Stored(*row) for row in await transaction.execute(query)]
    return {row.name: row for row in rows}


async def save_rows(
    transaction: Transaction, user_id: int, *, new: Sequence[Stored], changed: Sequence[Stored]
) -> None:
    """Store rows under names that are free, and in the place of what stands under theirs."""
    if new:
        values = [{"user_id": user_id, **row._asdict()} for row in new]
        await transaction.execute(insert(PRIVATE_ROW), values)
    if changed:
        where = (
            PRIVATE_ROW.c.user_id == user_id,
            PRIVATE_ROW.c.kind == bindparam("at_kind"),
            PRIVATE_ROW.c.place == bindparam("at_place"),
        )
        values = [
            {
                "at_kind": row.kind,
                "at_place": row.place,
                "position": row.position,
                "version": row.version,
                "g": row.g,
                "sealed": row.sealed,
            }
            for row in changed
        ]
        await transaction.execute(update(PRIVATE_ROW).where(*where), values)


async def list_rows(transaction: Transaction, user_id: int, *, after: int, limit: int) -> list[Stored]:
    """Return rows from above a position, in order."""
    query = select(*COLUMNS).where(PRIVATE_ROW.c.user_id == user_id, PRIVATE_ROW.c.position > after)
    rows = await transaction.execute(query.order_by(PRIVATE_ROW.c.position).limit(limit))
    return [Stored(*row) for row in rows]


async def list_outdated(
    transaction: Transaction, user_id: int, g: int, *, after: int, limit: int
) -> list[int]:
    """Return the positions from above one of rows under generations before g, the oldest first."""
    place = (PRIVATE_ROW.c.user_id == user_id, PRIVATE_ROW.c.position > after, PRIVATE_ROW.c.g < g)
    query = select(PRIVATE_ROW.c.position).where(*place).order_by(PRIVATE_ROW.c.position).limit(limit)
    return list((await transaction.execute(query)).scalars())


async def delete_rows(transaction: Transaction, user_id: int, positions: Sequence[int]) -> None:
    place = (PRIVATE_ROW.c.user_id == user_id, PRIVATE_ROW.c.position.in_(positions))
    await transaction.execute(delete(PRIVATE_ROW).where(*place))


async def find_oldest(transaction: Transaction, user_id: int) -> int | None:
    """Return the position of a user's oldest row."""
    query = select(func.min(PRIVATE_ROW.c.position)).where(PRIVATE_ROW.c.user_id == user_id)
    oldest: int | None = (await transaction.execute(query)).scalar()
    return oldest


async def drop_oldest(transaction: Transaction, user_id: int, through: int | None = None) -> None:
    """Delete some of the oldest rows, up to a position or of all."""
    query = select(PRIVATE_ROW.c.position).where(PRIVATE_ROW.c.user_id == user_id)
    if through is not None:
        query = query.where(PRIVATE_ROW.c.position <= through)
    query = query.order_by(PRIVATE_ROW.c.position).limit(DROPPED_AT_ONCE)
    oldest = list((await transaction.execute(query)).scalars())
    if oldest:
        await delete_rows(transaction, user_id, oldest)


async def list_owners(transaction: Transaction, *, after: int, limit: int) -> list[int]:
    """Return the next users who have rows, ascending; each is found by the key alone."""
    owners: list[int] = []
    while len(owners) < limit:
        above = PRIVATE_ROW.c.user_id > (owners[-1] if owners else after)
        owner = (await transaction.execute(select(func.min(PRIVATE_ROW.c.user_id)).where(above))).scalar()
        if owner is None:
            break
        owners.append(owner)
    return owners


async def list_beginnings(transaction: Transaction, user_ids: Sequence[int]) -> dict[int, int]:
    """Return the position after which each of these people's rows begin; who has no head has no rows."""
    query = select(PRIVATE_HEAD.c.user_id, PRIVATE_HEAD.c.begins_after)
    rows = await transaction.execute(query.where(PRIVATE_HEAD.c.user_id.in_(user_ids)))
    return {row.user_id: row.begins_after for row in rows}
