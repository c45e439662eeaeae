"""Sessions: a device that holds a token. Ended ones never come back; only the token's hash is stored."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from hearth.accounts import devices_store
from hearth.accounts.contract import Device, DeviceAdded, DeviceRemoved, SessionEnded
from hearth.accounts.devices_store import DeviceRow
from hearth.accounts.rules import MAX_DEVICES, UNUSED_FOR, hash_token, make_token
from hearth.accounts.texts import clean_device_name
from hearth.contract import Actor, Context, Devices, Users

if TYPE_CHECKING:
    from hearth.db.engine import Database

Reason = Literal["signed_out", "revoked", "password_changed", "deleted", "disabled", "expired"]
NOBODY = Actor(user_id=0, device_id=bytes(16))
"""Who asks before anybody is signed in."""
CHUNK = 500
SEEN_EVERY_CONNECTED = timedelta(minutes=10)
LATELY = timedelta(minutes=1)
"""Generous, since the clock of who ended it may be another machine's."""


def to_device(row: DeviceRow) -> Device:
    return Device(id=row.id.hex(), name=row.name, created_at=row.created_at, last_seen=row.last_seen)


async def list_ended_devices(database: "Database", device_ids: Sequence[bytes], now: datetime) -> set[bytes]:
    """Return which of these connected devices are signed in no more; the others count as seen now."""
    ended: set[bytes] = set()
    for start in range(0, len(device_ids), CHUNK):
        chunk = device_ids[start : start + CHUNK]
        async with database.transaction("read") as transaction:
            live = await devices_store.list_live(transaction, chunk, used_since=now - UNUSED_FOR)
        ended |= set(chunk) - live.keys()
        stale = sorted(id_ for id_, last_seen in live.items() if now - last_seen >= SEEN_EVERY_CONNECTED)
        if stale:
            await mark_seen(database, stale, now)
    return ended


async def list_lately_ended(database: "Database", now: datetime) -> dict[bytes, Reason]:
    """Return the devices whose session ended in the last minute, whichever process ended it. One query."""
    async with database.transaction("read") as transaction:
        revoked = await devices_store.list_revoked(transaction, since=now - LATELY)
    return {id_: "disabled" if is_disabled else "revoked" for id_, is_disabled in revoked.items()}


async def start_session(
    context: Context, user_id: int, device_name: str, *, device_id: bytes | None = None
) -> tuple[Device, str]:
    """Sign a new device in and return it with its token; the caller has locked the user's row.

    Its id is random, or one that was promised before and belongs to no device yet.

    Beyond fifty devices the one unused for longest is signed out: nobody is shut out by old sessions.
    """
    now = context.now
    rows = await devices_store.list_devices(context.transaction, user_id, used_since=now - UNUSED_FOR)
    surplus = [row.id for row in rows[MAX_DEVICES - 1 :]]
    await end_sessions(context, user_id, surplus, reason="expired")
    token = make_token()
    row = DeviceRow(device_id or secrets.token_bytes(16), user_id, clean_device_name(device_name), now, now)
    await devices_store.insert_device(context.transaction, row, hash_token(token))
    context.publish(DeviceAdded(device=to_device(row)), to=Users((user_id,)))
    return to_device(row), token


async def renew_session(context: Context, user_id: int, device_id: bytes) -> tuple[Device, str] | None:
    """Give a signed-in device another token in place of the one whose answer got lost; None if it is not.

    The caller has had the password proved.
    """
    for row in await load_devices(context, user_id):
        if row.id == device_id:
            token = make_token()
            await devices_store.update_token(context.transaction, device_id, hash_token(token))
            return to_device(row), token
    return None


async def end_sessions(
    context: Context, user_id: int, device_ids: Sequence[bytes], *, reason: Reason
) -> None:
    """Sign devices of one user out: their tokens are dead with the commit, their sockets right after it."""
    if not device_ids:
        return
    await devices_store.revoke_devices(context.transaction, device_ids, context.now)
    context.publish(SessionEnded(reason=reason), to=Devices(tuple(device_ids)))
    for device_id in device_ids:
        context.publish(DeviceRemoved(device_id=device_id.hex()), to=Users((user_id,)))


async def end_all_sessions(
    context: Context, user_id: int, *, reason: Reason, but: bytes | None = None
) -> None:
    """Sign out every device of a user, or every one but the device `but`."""
    rows = await load_devices(context, user_id)
    await end_sessions(context, user_id, [row.id for row in rows if row.id != but], reason=reason)


async def load_devices(context: Context, user_id: int) -> list[DeviceRow]:
    """Return a user's signed-in devices, last seen first."""
    return await devices_store.list_devices(context.transaction, user_id, used_since=context.now - UNUSED_FOR)


async def mark_seen(database: "Database", device_ids: Sequence[bytes], now: datetime) -> None:
    async with database.transaction("write") as transaction:
        await devices_store.mark_seen(transaction, device_ids, now)
