"""The keyring: rows that only one's own devices can open, appended and read by position."""

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Literal, cast

from hearth.accounts.living import lock_living
from hearth.contract import Context, Users
from hearth.errors import NotFound
from hearth.sealed.core.hashing import sha256
from hearth.vault import rows_store, store
from hearth.vault.contract import KeyringGrown, KeyringPage, KeyringRow, KeyringTaken, NewRow
from hearth.vault.rows_store import StoredRow
from hearth.vault.rules import (
    MANY_ROWS,
    MOST_ROWS,
    ROOM_FOR_OWNER,
    ROWS,
    ROWS_ABOVE,
    GenerationMoved,
    check_rows,
    check_set,
    is_carried,
    judged,
    require_room,
)

PAGE_BYTES = 96 * 1024


async def append_own_rows(context: Context, rows: Sequence[NewRow]) -> KeyringTaken:
    """Append rows by a listed device. Raises NotFound for any other, and as `append_rows`."""
    await lock_living(context.transaction, (context.user_id,))
    await require_listed(context)
    return KeyringTaken(position=await append_rows(context, context.user_id, rows))


async def append_rows(
    context: Context,
    user_id: int,
    rows: Sequence[NewRow],
    *,
    with_generation: bool = False,
    is_proven: bool = False,
) -> int:
    """Append what is not there yet and return the newest position; the caller holds the user's row.

    `with_generation` says that they came in the request of the newest generation: they are its set then.
    `is_proven` says that the request has shown the password, or what stands for it.
    Raises GenerationMoved (not under the newest generation), NotAccepted, LimitReached, TooManyRequests.
    """
    vault = await store.find_vault(context.transaction, user_id)
    newest = await store.find_newest(context.transaction, user_id)
    if vault is None or newest is None:
        raise NotFound
    offered = {sha256(row.sealed): row for row in rows}
    known = await rows_store.list_known(context.transaction, user_id, list(offered)) if offered else set()
    fresh = {digest: row for digest, row in offered.items() if digest not in known}
    if not fresh:
        return vault.keyring_position
    of_set = {digest for digest, row in fresh.items() if with_generation and is_carried(row)}
    with judged(GenerationMoved):
        check_rows(list(fresh.values()), newest.g)
        check_set([fresh[digest] for digest in of_set])
    count = vault.keyring_rows + len(fresh)
    require_room(count, MOST_ROWS, "The keyring is full.", kept=0 if is_proven else 10 * ROOM_FOR_OWNER)
    if not is_proven:
        take_share(context, len(fresh), count)
    stored = [
        (StoredRow(position, row.g, row.kind, row.id, row.sealed, digest in of_set), digest)
        for position, (digest, row) in enumerate(fresh.items(), vault.keyring_position + 1)
    ]
    position = vault.keyring_position + len(fresh)
    await rows_store.insert_rows(context.transaction, user_id, stored, position=position, count=count)
    context.publish(KeyringGrown(position=position), to=Users((user_id,)))
    return position


def take_share(context: Context, fresh: int, count: int) -> None:
    """Count what a device appends without the password, to `count` rows. Raises TooManyRequests."""
    limits, device = context.services.limits, context.actor.device_id.hex()
    limits.take("keyring.rows", device, ROWS, cost=fresh)
    if count > MANY_ROWS:
        limits.take("keyring.rows.above", device, ROWS_ABOVE, cost=fresh)


async def list_rows(context: Context, after: int, limit: int) -> KeyringPage:
    """Return a page of one's keyring, of at most 96 KiB, to a listed device; NotFound to any other."""
    await require_listed(context)
    vault = await store.find_vault(context.transaction, context.user_id)
    if vault is None:
        raise NotFound
    start = max(after, vault.keyring_begins_after)
    rows = await rows_store.list_rows(context.transaction, context.user_id, after=start, limit=limit)
    page = [to_row(row) for row in rows[: count_fitting(row.sealed for row in rows)]]
    return KeyringPage(rows=page, position=vault.keyring_position)


def count_fitting(sealed: Iterable[bytes]) -> int:
    """Return how many of the first rows, given as bytes, fit into a page of 96 KiB."""
    sizes = accumulate(len(one) for one in sealed)
    return sum(size <= PAGE_BYTES for size in sizes)


async def require_listed(context: Context) -> None:
    """Raise NotFound unless the asking device stands in its user's chain."""
    if not await store.is_listed(context.transaction, context.user_id, context.actor.device_id):
        raise NotFound("This device is not in the list of yours yet.")


def to_row(row: StoredRow) -> KeyringRow:
    kind = cast(Literal[1, 2, 3, 4], row.kind)
    return KeyringRow(
        position=row.position,
        g=row.g,
        kind=kind,
        id=row.row_id,
        sealed=row.sealed,
        is_of_set=row.is_of_set,
    )
