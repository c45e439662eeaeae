"""The commands of the directory, each bound to its verb.

Verbs are imported by the first that asks for one: a server without encrypted accounts does not load what
checks statements (decision 6).
"""

from hearth.contract import Context, Nothing, command
from hearth.directory.contract import (
    AddDevice,
    ChainHeads,
    ChainTaken,
    ChangeSealedPassword,
    ChangeWays,
    ListChainHeads,
    OfferChain,
    ReadChain,
    ReadReceive,
    ReceiveStatements,
    RemoveDevices,
    Renew,
    ResetChain,
    RetireDevice,
    SetChainProfile,
    SetUpChain,
    UserChain,
)


@command(ReadChain, mode="read")
async def read_chain(context: Context, command: ReadChain) -> UserChain:
    from hearth.directory import read

    return await read.read_chain(context, command.user_id, command.after)


@command(ListChainHeads, mode="read")
async def list_heads(context: Context, command: ListChainHeads) -> ChainHeads:
    from hearth.directory import read

    return await read.list_heads(context, command.user_ids)


@command(ReadReceive, mode="read")
async def read_receive(context: Context, command: ReadReceive) -> ReceiveStatements:
    from hearth.directory import read

    return await read.read_receive(context, command.user_id, command.hashes)


@command(SetUpChain)
async def set_up_chain(context: Context, command: SetUpChain) -> ChainTaken:
    from hearth.directory import set_up

    return await set_up.set_up(context, command)


@command(AddDevice)
async def add(context: Context, command: AddDevice) -> ChainTaken:
    from hearth.directory import add_device

    return await add_device.add_device(context, command)


@command(RetireDevice)
async def retire_device(context: Context, command: RetireDevice) -> Nothing:
    from hearth.directory import retire

    return await retire.retire_device(context, command.statement)


@command(SetChainProfile)
async def set_profile(context: Context, command: SetChainProfile) -> ChainTaken:
    from hearth.directory import profile

    return await profile.set_profile(context, command.statement)


@command(RemoveDevices)
async def remove(context: Context, command: RemoveDevices) -> ChainTaken:
    from hearth.directory import remove_devices

    return await remove_devices.remove_devices(context, command)


@command(ChangeSealedPassword)
async def change(context: Context, command: ChangeSealedPassword) -> ChainTaken:
    from hearth.directory import change_password

    return await change_password.change_password(context, command)


@command(ChangeWays)
async def ways(context: Context, command: ChangeWays) -> ChainTaken:
    from hearth.directory import change_ways

    return await change_ways.change_ways(context, command)


@command(ResetChain)
async def reset_chain(context: Context, command: ResetChain) -> ChainTaken:
    from hearth.directory import reset

    return await reset.reset_here(context, command)


@command(Renew)
async def renew_keys(context: Context, command: Renew) -> ChainTaken:
    from hearth.directory import renew

    return await renew.renew(context, command)


@command(OfferChain)
async def offer_lost(context: Context, command: OfferChain) -> ChainTaken:
    from hearth.directory import offer

    return await offer.offer_chain(context, command)
