"""One's own devices: list and name them, sign oneself out, and by the password one or all others."""

from dataclasses import replace

from hearth.accounts import devices_store
from hearth.accounts.cards import to_card
from hearth.accounts.contract import Device, DeviceRenamed, Devices, Session
from hearth.accounts.prove import prove_password
from hearth.accounts.sessions import Reason, end_all_sessions, end_sessions, load_devices, to_device
from hearth.accounts.store import find_user
from hearth.accounts.texts import clean_device_name
from hearth.contract import Context, Nothing, Users
from hearth.errors import InvalidInput, NotFound, NotSignedIn


async def list_devices(context: Context) -> Devices:
    """Return one's signed-in devices, last seen first."""
    return Devices(devices=[to_device(row) for row in await load_devices(context, context.user_id)])


async def get_session(context: Context) -> Session:
    """Return who asks and from which device; raises NotSignedIn when that has just ended."""
    row = await find_user(context.transaction, context.user_id)
    for device in await load_devices(context, context.user_id):
        if row is not None and device.id == context.actor.device_id:
            return Session(user=to_card(row), device=to_device(device))
    raise NotSignedIn


async def rename_device(context: Context, device_id: bytes, name: str) -> Device:
    """Call one of one's own devices by another name. Raises InvalidInput, then NotFound, also for others'."""
    cleaned = clean_device_name(name)
    if not cleaned:
        raise InvalidInput("A device needs a name.", fields={"name": "missing"})
    for row in await load_devices(context, context.user_id):
        if row.id == device_id:
            break
    else:
        raise NotFound
    device = to_device(replace(row, name=cleaned))
    if cleaned != row.name:
        await devices_store.update_name(context.transaction, device_id, cleaned)
        context.publish(DeviceRenamed(device=device), to=Users((context.user_id,)))
    return device


async def revoke_device(context: Context, device_id: bytes, auth_key: bytes | None) -> Nothing:
    """Sign one of one's own devices out; any but the asking one only with the password's key.

    Raises WrongPassword before it says whether there is such a device, then NotFound, for others' and unknown
    ones alike.
    """
    if device_id == context.actor.device_id:
        return await sign_out(context)
    await prove_password(context, auth_key)
    return await _end_one(context, device_id, "revoked")


async def revoke_other_devices(context: Context, auth_key: bytes) -> Nothing:
    """Sign every device out but the asking one. Raises WrongPassword."""
    await prove_password(context, auth_key)
    await end_all_sessions(context, context.user_id, reason="revoked", but=context.actor.device_id)
    return Nothing()


async def sign_out(context: Context) -> Nothing:
    """End the asking device's session. Raises NotFound when it has ended already."""
    return await _end_one(context, context.actor.device_id, "signed_out")


async def _end_one(context: Context, device_id: bytes, reason: Reason) -> Nothing:
    if device_id not in {row.id for row in await load_devices(context, context.user_id)}:
        raise NotFound
    await end_sessions(context, context.user_id, [device_id], reason=reason)
    return Nothing()
