"""Every SQL statement about vaults, ways in, device keys and generations. The keyring has its own store."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from hearth.contract import Transaction
from hearth.vault.rules import Newest
from hearth.vault.tables import DEVICE_KEY, GENERATION, GENERATION_WRAP, VAULT, WAY_IN


@dataclass(frozen=True, slots=True)
class VaultRow:
    """The newest vault as stored."""

    version: int
    sealed: bytes
    password_wrap: bytes
    keyring_position: int
    keyring_rows: int

    @property
    def keyring_begins_after(self) -> int:
        """The position below the keyring's first row: what stands there or lower was before a reset."""
        return self.keyring_position - self.keyring_rows


@dataclass(frozen=True, slots=True)
class WayRow:
    """A way in as stored."""

    kind: int
    id: bytes
    way_in: bytes
    proof_hash: bytes


@dataclass(frozen=True, slots=True)
class GenerationRow:
    """A generation as stored, without its wraps."""

    g: int
    statement: bytes
    hash: bytes
    chain_n: int
    incarnation: int
    predecessor: bytes | None


def columns_of(table: Any, shape: type) -> list[Any]:
    """Return the columns that a row's dataclass names, in its order."""
    return [table.c[field.name] for field in fields(shape)]


async def find_vault(transaction: Transaction, user_id: int) -> VaultRow | None:
    query = select(*columns_of(VAULT, VaultRow)).where(VAULT.c.user_id == user_id)
    row = (await transaction.execute(query)).first()
    return None if row is None else VaultRow(*row)


async def save_vault(
    transaction: Transaction, user_id: int, *, version: int, sealed: bytes, password_wrap: bytes, is_new: bool
) -> None:
    """Put a version in the place of the one before; where rows stand in the keyring stays."""
    values = {"version": version, "sealed": sealed, "password_wrap": password_wrap}
    if is_new:
        row = {"user_id": user_id, "keyring_position": 0, "keyring_rows": 0, **values}
        await transaction.execute(insert(VAULT).values(row))
    else:
        await transaction.execute(update(VAULT).where(VAULT.c.user_id == user_id).values(values))


async def list_ways(transaction: Transaction, user_id: int) -> list[WayRow]:
    query = select(*columns_of(WAY_IN, WayRow)).where(WAY_IN.c.user_id == user_id)
    return [WayRow(*row) for row in await transaction.execute(query.order_by(WAY_IN.c.kind, WAY_IN.c.id))]


async def find_way(transaction: Transaction, user_id: int, proof_hash: bytes) -> WayRow | None:
    """Return the way in whose proof has this hash."""
    query = select(*columns_of(WAY_IN, WayRow)).where(
        WAY_IN.c.user_id == user_id, WAY_IN.c.proof_hash == proof_hash
    )
    row = (await transaction.execute(query)).first()
    return None if row is None else WayRow(*row)


async def replace_ways(transaction: Transaction, user_id: int, ways: Collection[WayRow]) -> None:
    await transaction.execute(delete(WAY_IN).where(WAY_IN.c.user_id == user_id))
    rows = [
        {
            "user_id": user_id,
            "kind": way.kind,
            "id": way.id,
            "way_in": way.way_in,
            "proof_hash": way.proof_hash,
        }
        for way in ways
    ]
    if rows:
        await transaction.execute(insert(WAY_IN), rows)


async def load_device_keys(transaction: Transaction, user_id: int) -> dict[bytes, bytes]:
    """Return the X-Wing keys of the listed devices and, as that of zeros, of the vault."""
    query = select(DEVICE_KEY.c.device_id, DEVICE_KEY.c.public_key).where(DEVICE_KEY.c.user_id == user_id)
    return {row.device_id: row.public_key for row in await transaction.execute(query)}


async def is_listed(transaction: Transaction, user_id: int, device_id: bytes) -> bool:
    """Tell whether a device stands in its user's chain now."""
    place = (DEVICE_KEY.c.user_id == user_id, DEVICE_KEY.c.device_id == device_id)
    return (await transaction.execute(select(DEVICE_KEY.c.device_id).where(*place))).first() is not None


async def replace_device_keys(
    transaction: Transaction, user_id: int, known: Mapping[bytes, bytes], keys: Mapping[bytes, bytes]
) -> None:
    """Put these in the place of the known ones; what was sealed to a device that is gone goes with it."""
    gone = sorted(known.keys() - keys.keys())
    fresh = sorted(device for device, key in keys.items() if known.get(device) != key)
    replaced = sorted({*gone, *(known.keys() & fresh)})
    if replaced:
        is_replaced = (DEVICE_KEY.c.user_id == user_id, DEVICE_KEY.c.device_id.in_(replaced))
        await transaction.execute(delete(DEVICE_KEY).where(*is_replaced))
    if gone:
        is_theirs = (GENERATION_WRAP.c.user_id == user_id, GENERATION_WRAP.c.recipient.in_(gone))
        await transaction.execute(delete(GENERATION_WRAP).where(*is_theirs))
    rows = [{"user_id": user_id, "device_id": device, "public_key": keys[device]} for device in fresh]
    if rows:
        await transaction.execute(insert(DEVICE_KEY), rows)


async def find_newest(transaction: Transaction, user_id: int) -> Newest | None:
    """Return where the own chain stands."""
    columns = (GENERATION.c.g, GENERATION.c.hash, GENERATION.c.chain_n, GENERATION.c.incarnation)
    query = select(*columns).where(GENERATION.c.user_id == user_id).order_by(GENERATION.c.g.desc()).limit(1)
    row = (await transaction.execute(query)).first()
    return None if row is None else Newest(*row)


async def list_generations(
    transaction: Transaction, user_id: int, *, before: int | None, limit: int
) -> list[GenerationRow]:
    """Return generations from below `before` or from the newest, newest first."""
    query = select(*columns_of(GENERATION, GenerationRow)).where(GENERATION.c.user_id == user_id)
    if before is not None:
        query = query.where(GENERATION.c.g < before)
    rows = await transaction.execute(query.order_by(GENERATION.c.g.desc()).limit(limit))
    return [GenerationRow(*row) for row in rows]


async def has_generation(transaction: Transaction, user_id: int, statement: bytes, digest: bytes) -> bool:
    """Tell whether a statement is stored, byte for byte; `digest` is its statement hash."""
    place = (GENERATION.c.user_id == user_id, GENERATION.c.hash == digest)
    found = (await transaction.execute(select(GENERATION.c.statement).where(*place))).scalars()
    return statement in list(found)


async def insert_generation(
    transaction: Transaction, user_id: int, row: GenerationRow, wraps: Mapping[bytes, bytes], now: datetime
) -> None:
    values = {field.name: getattr(row, field.name) for field in fields(GenerationRow)}
    await transaction.execute(insert(GENERATION).values(user_id=user_id, timestamp=now, **values))
    await insert_wraps(transaction, user_id, row.g, wraps)


async def insert_wraps(transaction: Transaction, user_id: int, g: int, wraps: Mapping[bytes, bytes]) -> None:
    rows = [
        {"user_id": user_id, "g": g, "recipient": recipient, "wrap": wrap}
        for recipient, wrap in sorted(wraps.items())
    ]
    await transaction.execute(insert(GENERATION_WRAP), rows)


async def delete_wraps_through(transaction: Transaction, user_id: int, g: int) -> None:
    """Forget the wraps of generations up to g."""
    place = (GENERATION_WRAP.c.user_id == user_id, GENERATION_WRAP.c.g <= g)
    await transaction.execute(delete(GENERATION_WRAP).where(*place))


async def load_wraps(
    transaction: Transaction, user_id: int, gs: Collection[int], recipients: Collection[bytes]
) -> dict[tuple[int, bytes], bytes]:
    """Return the kept wraps of these generations to these recipients."""
    query = select(GENERATION_WRAP.c.g, GENERATION_WRAP.c.recipient, GENERATION_WRAP.c.wrap).where(
        GENERATION_WRAP.c.user_id == user_id,
        GENERATION_WRAP.c.g.in_(sorted(gs)),
        GENERATION_WRAP.c.recipient.in_(sorted(recipients)),
    )
    return {(row.g, row.recipient): row.wrap for row in await transaction.execute(query)}


async def delete_own_chain(transaction: Transaction, user_id: int) -> None:
    """Remove generations and wraps and empty the keyring; where its positions stand is kept.

    Rows below are no rows of it any more, and dropped by and by.
    """
    for table in (GENERATION_WRAP, GENERATION):
        await transaction.execute(delete(table).where(table.c.user_id == user_id))
    await transaction.execute(update(VAULT).where(VAULT.c.user_id == user_id).values(keyring_rows=0))


async def delete_everything(transaction: Transaction, user_id: int) -> None:
    """Remove all that a user has here but the keyring's rows, which nobody reads without a vault."""
    for table in (GENERATION_WRAP, GENERATION, WAY_IN, DEVICE_KEY, VAULT):
        await transaction.execute(delete(table).where(table.c.user_id == user_id))
