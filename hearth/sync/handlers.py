"""The commands of sync."""

from hearth.contract import Context, command
from hearth.sync.contract import (
    HeadsPage,
    LogPage,
    Opened,
    OpenSync,
    ReadHeads,
    ReadLog,
    ReadRest,
    SnapshotPart,
)
from hearth.sync.heads import read_heads
from hearth.sync.log import read_own_log
from hearth.sync.open import open_sync
from hearth.sync.snapshot import read_rest


@command(OpenSync, mode="read")
async def open(context: Context, command: OpenSync) -> Opened:
    return await open_sync(context, command)


@command(ReadLog, mode="read")
async def log(context: Context, command: ReadLog) -> LogPage:
    return await read_own_log(context, command)


@command(ReadRest, mode="read")
async def rest(context: Context, command: ReadRest) -> SnapshotPart:
    return await read_rest(context, command)


@command(ReadHeads, mode="read")
async def heads(context: Context, command: ReadHeads) -> HeadsPage:
    return await read_heads(context, command)
