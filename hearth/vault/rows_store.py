"""Every SQL statement about keyring rows: appended at the end, read by position, dropped from the start."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

from sqlalchemy import delete, func, insert, select, update

from hearth.contract import Transaction
from hearth.vault.tables import KEYRING_ROW, VAULT


@dataclass(frozen=True, slots=True)
class StoredRow:
    """A row as stored."""

    position: int
    g: int
    kind: int
    row_id: bytes
    sealed: bytes
    is_of_set: bool


Digested = Sequence[tuple[StoredRow, bytes]]
DROPPED_AT_ONCE = 1_000
"""Of so few nobody waits long: a whole keyring in one transaction holds everybody up for seconds."""
COLUMNS = [KEYRING_ROW.c[field.name] for field in fields(StoredRow)]


async def list_known(transaction: Transaction, user_id: int, digests: Sequence[bytes]) -> set[bytes]:
    """Return which of these digests of sealed bytes are stored."""
    query = select(KEYRING_ROW.c.digest).where(
        KEYRING_ROW.c.user_id == user_id, KEYRING_ROW.c.digest.in_(sorted(digests))
    )
    return set((await transaction.execute(query)).scalars())


async def insert_rows(
    transaction: Transaction,
    user_id: int,
    rows: Sequence[tuple[StoredRow, bytes]],
    *,
    position: int,
    count: int,
) -> None:
    """Append rows with their digests; `position` and `count` are those of the keyring afterwards."""
    values = [
        {"user_id": user_id, "digest": digest, **{f.name: getattr(row, f.name) for f in fields(StoredRow)}}
        for row, digest in rows
    ]
    await transaction.execute(insert(KEYRING_ROW), values)
    head = {"keyring_position": position, "keyring_rows": count}
    await transaction.execute(update(VAULT).where(VAULT.c.user_id == user_id).values(head))


async def list_rows(transaction: Transaction, user_id: int, *, after: int, limit: int) -> list[StoredRow]:
    """Return rows from above a position, in order."""
    query = select(*COLUMNS).where(KEYRING_ROW.c.user_id == user_id, KEYRING_ROW.c.position > after)
    rows = await transaction.execute(query.order_by(KEYRING_ROW.c.position).limit(limit))
    return [StoredRow(*row) for row in rows]


async def list_owners(transaction: Transaction, *, after: int, limit: int) -> list[int]:
    """Return the next users who have rows, ascending; each is found by the key alone."""
    owners: list[int] = []
    while len(owners) < limit:
        above = KEYRING_ROW.c.user_id > (owners[-1] if owners else after)
        owner = (await transaction.execute(select(func.min(KEYRING_ROW.c.user_id)).where(above))).scalar()
        if owner is None:
            break
        owners.append(owner)
    return owners


async def list_beginnings(transaction: Transaction, user_ids: Sequence[int]) -> dict[int, int]:
    """Return the position after which each keyring begins; who has no vault has no keyring."""
    beginning = VAULT.c.keyring_position - VAULT.c.keyring_rows
    query = select(VAULT.c.user_id, beginning).where(VAULT.c.user_id.in_(user_ids))
    return {row[0]: row[1] for row in await transaction.execute(query)}


async def find_oldest(transaction: Transaction, user_id: int) -> int | None:
    """Return the position of a user's oldest row."""
    query = select(func.min(KEYRING_ROW.c.position)).where(KEYRING_ROW.c.user_id == user_id)
    oldest: int | None = (await transaction.execute(query)).scalar()
    return oldest


async def drop_oldest(transaction: Transaction, user_id: int, through: int | None = None) -> None:
    """Delete some of the oldest rows, up to a position or of all."""
    oldest = await find_oldest(transaction, user_id)
    if oldest is None:
        return
    end = oldest + DROPPED_AT_ONCE - 1
    place = (KEYRING_ROW.c.user_id == user_id, KEYRING_ROW.c.position <= min(end, through or end))
    await transaction.execute(delete(KEYRING_ROW).where(*place))
