"""The commands of sync."""

from hearth.contract import Context, command
from hearth.sync.contract import LogPage, Opened, OpenSync, ReadLog
from hearth.sync.log import read_own_log
from hearth.sync.open import open_sync


@command(OpenSync, mode="read")
async def open(context: Context, command: OpenSync) -> Opened:
    return await open_sync(context, command)


@command(ReadLog, mode="read")
async def log(context: Context, command: ReadLog) -> LogPage:
    return await read_own_log(context, command)
