"""Every SQL statement about devices and the sessions on them. A device that was signed out keeps its row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from hearth.accounts.tables import DEVICE, USER
from hearth.contract import Transaction


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """A device that is signed in."""

    id: bytes
    user_id: int
    name: str
    created_at: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True)
class SessionRow:
    """What a session token leads to in one query."""

    device_id: bytes
    user_id: int
    last_seen: datetime
    is_admin: bool


COLUMNS = [DEVICE.c[name] for name in DeviceRow.__dataclass_fields__]
LIVE_USER = USER.c.disabled_at.is_(None) & USER.c.deleted_at.is_(None)


async def list_sessions(
    transaction: Transaction, token_hashes: Sequence[bytes], *, used_since: datetime
) -> dict[bytes, SessionRow]:
    """Return the sessions of these tokens that have not ended and whose users may sign in, by token hash."""
    query = (
        select(DEVICE.c.token_hash, DEVICE.c.id, DEVICE.c.user_id, DEVICE.c.last_seen, USER.c.is_admin)
        .join(USER, USER.c.id == DEVICE.c.user_id)
        .where(
            DEVICE.c.token_hash.in_(token_hashes),
            DEVICE.c.revoked_at.is_(None),
            DEVICE.c.last_seen >= used_since,
            LIVE_USER,
        )
    )
    return {row[0]: SessionRow(*row[1:]) for row in await transaction.execute(query)}


async def list_live(
    transaction: Transaction, device_ids: Sequence[bytes], *, used_since: datetime
) -> dict[bytes, datetime]:
    """Return which of these devices are still signed in, with when they were last seen."""
    query = (
        select(DEVICE.c.id, DEVICE.c.last_seen)
        .join(USER, USER.c.id == DEVICE.c.user_id)
        .where(
            DEVICE.c.id.in_(device_ids),
            DEVICE.c.revoked_at.is_(None),
            DEVICE.c.last_seen >= used_since,
            LIVE_USER,
        )
    )
    return {row.id: row.last_seen for row in await transaction.execute(query)}


async def list_revoked(transaction: Transaction, *, since: datetime) -> dict[bytes, bool]:
    """Return the devices that were signed out lately, with whether their user is disabled."""
    query = (
        select(DEVICE.c.id, USER.c.disabled_at)
        .join(USER, USER.c.id == DEVICE.c.user_id)
        .where(DEVICE.c.revoked_at >= since)
    )
    return {row.id: row.disabled_at is not None for row in await transaction.execute(query)}


async def list_devices(transaction: Transaction, user_id: int, *, used_since: datetime) -> list[DeviceRow]:
    """Return a user's signed-in devices, last seen first."""
    query = (
        select(*COLUMNS)
        .where(DEVICE.c.user_id == user_id, DEVICE.c.revoked_at.is_(None), DEVICE.c.last_seen >= used_since)
        .order_by(DEVICE.c.last_seen.desc(), DEVICE.c.created_at.desc(), DEVICE.c.id)
    )
    return [DeviceRow(*row) for row in await transaction.execute(query)]


async def list_unused(transaction: Transaction, *, used_before: datetime, limit: int) -> list[DeviceRow]:
    """Return signed-in devices that nobody used since; at most `limit`."""
    query = (
        select(*COLUMNS).where(DEVICE.c.revoked_at.is_(None), DEVICE.c.last_seen < used_before).limit(limit)
    )
    return [DeviceRow(*row) for row in await transaction.execute(query)]


async def insert_device(transaction: Transaction, row: DeviceRow, token_hash: bytes) -> None:
    await transaction.execute(
        insert(DEVICE).values(
            id=row.id,
            user_id=row.user_id,
            token_hash=token_hash,
            name=row.name,
            created_at=row.created_at,
            last_seen=row.last_seen,
        )
    )


async def update_token(transaction: Transaction, device_id: bytes, token_hash: bytes) -> None:
    await transaction.execute(update(DEVICE).where(DEVICE.c.id == device_id).values(token_hash=token_hash))


async def update_name(transaction: Transaction, device_id: bytes, name: str) -> None:
    await transaction.execute(update(DEVICE).where(DEVICE.c.id == device_id).values(name=name))


async def has_device(transaction: Transaction, device_id: bytes) -> bool:
    """Tell whether there is or lately was a device of this id, whoever's."""
    return (
        await transaction.execute(select(DEVICE.c.id).where(DEVICE.c.id == device_id))
    ).first() is not None


async def revoke_devices(transaction: Transaction, device_ids: Sequence[bytes], now: datetime) -> None:
    await transaction.execute(
        update(DEVICE)
        .where(DEVICE.c.id.in_(device_ids), DEVICE.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )


async def mark_seen(transaction: Transaction, device_ids: Sequence[bytes], now: datetime) -> None:
    await transaction.execute(
        update(DEVICE).where(DEVICE.c.id.in_(device_ids), DEVICE.c.revoked_at.is_(None)).values(last_seen=now)
    )


async def delete_devices(transaction: Transaction, user_id: int) -> None:
    await transaction.execute(delete(DEVICE).where(DEVICE.c.user_id == user_id))


async def delete_revoked(transaction: Transaction, *, revoked_before: datetime) -> None:
    await transaction.execute(delete(DEVICE).where(DEVICE.c.revoked_at < revoked_before))
