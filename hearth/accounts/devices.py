"""One's own devices: list them, sign one or all others out, sign oneself out."""

from hearth.accounts.cards import to_card
from hearth.accounts.contract import Devices, Session
from hearth.accounts.sessions import Reason, end_all_sessions, end_sessions, load_devices, to_device
from hearth.accounts.store import find_user
from hearth.contract import Context, Nothing
from hearth.errors import NotFound, NotSignedIn


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


async def revoke_device(context: Context, device_id: bytes) -> Nothing:
    """Sign one of one's own devices out; others' and unknown ones are alike NotFound."""
    if device_id not in {row.id for row in await load_devices(context, context.user_id)}:
        raise NotFound
    reason: Reason = "signed_out" if device_id == context.actor.device_id else "revoked"
    await end_sessions(context, context.user_id, [device_id], reason=reason)
    return Nothing()


async def revoke_other_devices(context: Context) -> Nothing:
    await end_all_sessions(context, context.user_id, reason="revoked", but=context.actor.device_id)
    return Nothing()


async def sign_out(context: Context) -> Nothing:
    """End the asking device's session."""
    return await revoke_device(context, context.actor.device_id)
