"""Holding users still while a transaction decides about several of them together.

Whoever writes about two users locks both rows first, ascending, so that opposite acts do not cross.
"""

from collections.abc import Iterable

from sqlalchemy import select

from hearth.accounts.tables import USER
from hearth.contract import Transaction
from hearth.errors import NotFound


async def hold_users(
    transaction: Transaction, user_ids: Iterable[int], *, is_shared: bool = True
) -> frozenset[int]:
    """Keep these users' rows as they are until the transaction ends; return which are no deleted ones.

    Shared: whoever only builds on how people stand lets others do so too, and no one change it meanwhile.
    """
    query = select(USER.c.id, USER.c.deleted_at).where(USER.c.id.in_(sorted(set(user_ids))))
    rows = await transaction.execute(query.order_by(USER.c.id).with_for_update(read=is_shared))
    return frozenset(row.id for row in rows if row.deleted_at is None)


async def lock_living(transaction: Transaction, user_ids: Iterable[int]) -> None:
    """Lock these users' rows until the transaction ends; raises NotFound if one of them is deleted.

    SQLite's write transaction is such a lock by itself.
    """
    wanted = sorted(set(user_ids))
    living = (USER.c.id.in_(wanted), USER.c.deleted_at.is_(None))
    query = select(USER.c.id).where(*living).order_by(USER.c.id).with_for_update()
    if len((await transaction.execute(query)).all()) != len(wanted):
        raise NotFound
