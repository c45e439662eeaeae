"""Deleting one's account: all that is one's own goes in this transaction, what others hold stays nameless."""

from hearth.accounts import avatars_store, devices_store, store, tokens_store
from hearth.accounts.contract import DeleteAccount, SessionEnded
from hearth.accounts.events import NOBODY_ELSE, AccountDeleted
from hearth.accounts.prove import prove_password
from hearth.accounts.sessions import load_devices
from hearth.contract import Context, Devices, Nothing


async def delete_account(context: Context, command: DeleteAccount) -> Nothing:
    """Delete the asking user for ever; the username is never given out again. Raises WrongPassword."""
    row = await prove_password(context, command.auth_key)
    devices = await load_devices(context, row.id)
    context.publish(SessionEnded(reason="deleted"), to=Devices(tuple(device.id for device in devices)))
    await devices_store.delete_devices(context.transaction, row.id)
    await tokens_store.delete_resets(context.transaction, row.id)
    await store.erase_user(context.transaction, row.id, context.now)
    if row.avatar_id is not None:
        await avatars_store.drop_unused_avatar(context.transaction, row.avatar_id)
    context.publish(AccountDeleted(user_id=row.id), to=NOBODY_ELSE)
    return Nothing()
