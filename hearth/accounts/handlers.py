"""The commands of accounts, each bound to its verb."""

from hearth.accounts import change_password, delete_account, devices, update_profile
from hearth.accounts.contract import (
    ChangePassword,
    DeleteAccount,
    Device,
    Devices,
    ListDevices,
    OwnProfile,
    RenameDevice,
    RevokeDevice,
    RevokeOtherDevices,
    Settings,
    UpdateProfile,
    UpdateSettings,
)
from hearth.contract import Context, Nothing, command


@command(UpdateProfile)
async def update(context: Context, command: UpdateProfile) -> OwnProfile:
    return await update_profile.update_profile(context, command)


@command(UpdateSettings)
async def update_settings(context: Context, command: UpdateSettings) -> Settings:
    return await update_profile.update_settings(context, Settings(share_presence=command.share_presence))


@command(ListDevices, mode="read")
async def list_devices(context: Context, command: ListDevices) -> Devices:
    return await devices.list_devices(context)


@command(RenameDevice)
async def rename_device(context: Context, command: RenameDevice) -> Device:
    return await devices.rename_device(context, bytes.fromhex(command.device_id), command.name)


@command(RevokeDevice)
async def revoke_device(context: Context, command: RevokeDevice) -> Nothing:
    return await devices.revoke_device(context, bytes.fromhex(command.device_id), command.auth_key)


@command(RevokeOtherDevices)
async def revoke_other_devices(context: Context, command: RevokeOtherDevices) -> Nothing:
    return await devices.revoke_other_devices(context, command.auth_key)


@command(ChangePassword)
async def change(context: Context, command: ChangePassword) -> Nothing:
    return await change_password.change_password(context, command)


@command(DeleteAccount)
async def delete(context: Context, command: DeleteAccount) -> Nothing:
    return await delete_account.delete_account(context, command)
