"""Every SQL statement about keyring rows: appended at the end, read by position."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

from sqlalchemy import insert, select, update

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
