"""The commands of the vault, each bound to its verb, which the first to need it imports (decision 6)."""

from hearth.contract import Context, command
from hearth.vault.contract import (
    AppendRows,
    DeviceKeys,
    Generations,
    GetVault,
    KeyringPage,
    KeyringTaken,
    ListDeviceKeys,
    ListGenerations,
    ListRows,
    OwnVault,
)


@command(GetVault, mode="read")
async def get(context: Context, command: GetVault) -> OwnVault:
    from hearth.vault import read

    return await read.get_vault(context)


@command(ListGenerations, mode="read")
async def list_generations(context: Context, command: ListGenerations) -> Generations:
    from hearth.vault import read

    return await read.list_generations(context, command.before, command.limit)


@command(ListDeviceKeys, mode="read")
async def list_device_keys(context: Context, command: ListDeviceKeys) -> DeviceKeys:
    from hearth.vault import read

    return await read.list_device_keys(context)


@command(AppendRows)
async def append(context: Context, command: AppendRows) -> KeyringTaken:
    from hearth.vault import keyring

    return await keyring.append_own_rows(context, command.rows)


@command(ListRows, mode="read")
async def list_rows(context: Context, command: ListRows) -> KeyringPage:
    from hearth.vault import keyring

    return await keyring.list_rows(context, command.after, command.limit)
