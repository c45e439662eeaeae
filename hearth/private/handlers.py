"""The commands of private rows, each bound to its verb, which the first to need it imports (decision 6)."""

from hearth.contract import Context, command
from hearth.private.contract import ListPrivateRows, PrivatePage, PrivateTaken, PutPrivateRows


@command(PutPrivateRows)
async def put(context: Context, command: PutPrivateRows) -> PrivateTaken:
    from hearth.private import put

    return await put.put_rows(context, command.rows)


@command(ListPrivateRows, mode="read")
async def list_rows(context: Context, command: ListPrivateRows) -> PrivatePage:
    from hearth.private import read

    return await read.list_rows(context, command.after, command.limit)
