"""Bringing a replica up to date: open, then fetch whatever it notes as missing until nothing is.

Takes the way of asking as a function, so that the same code runs over a socket, HTTP or a test's stage.
"""

from typing import Any, Protocol

import msgspec

from hearth.client.replica.state import Replica
from hearth.inbox.contract import GetInboxItems, InboxItems
from hearth.sync.contract import (
    MAX_HEADS,
    HeadsPage,
    LogPage,
    Opened,
    OpenSync,
    ReadHeads,
    ReadLog,
    ReadRest,
    Snapshot,
    SnapshotPart,
)

ITEMS_AT_ONCE = 50
LOG_AT_ONCE = 500


class Ask(Protocol):
    """Carries out a command and returns its result, decoded as the given type."""

    async def __call__(self, command: Any, result: type[Any], /) -> Any: ...


async def open_replica(replica: Replica, ask: Ask) -> None:
    """Bring the replica from wherever it is to now. First command on every connection."""
    await _open(replica, replica.generation or None, ask)
    await repair(replica, ask)


async def _open(replica: Replica, generation: str | None, ask: Ask) -> None:
    """Let the replica take the answer to `sync.open`, with its snapshot and heads made whole."""
    known = dict(list(replica.heads().items())[:MAX_HEADS])
    command = OpenSync(generation=generation, log_seq=replica.log_seq, conversations=known)
    opened: Opened = await ask(command, Opened)
    if opened.snapshot is not None:
        opened = msgspec.structs.replace(opened, snapshot=await _complete(opened.snapshot, ask))
    if opened.more_heads:
        opened = msgspec.structs.replace(opened, heads=await _list_heads(ask))
    replica.apply_opened(opened)


async def _list_heads(ask: Ask) -> dict[str, int]:
    """Return the heads of all there are, page by page."""
    heads: dict[str, int] = {}
    while True:
        page: HeadsPage = await ask(ReadHeads(after=max(heads, default=None)), HeadsPage)
        heads |= page.heads
        if not page.more:
            return heads


async def _complete(snapshot: Snapshot, ask: Ask) -> Snapshot:
    """Fetch what did not fit. What the log tells after the snapshot is applied over it all."""
    friends, requests, blocked = [*snapshot.friends], [*snapshot.requests], [*snapshot.blocked]
    rest = [*snapshot.rest]
    while rest:
        where = rest.pop()
        part: SnapshotPart = await ask(ReadRest(part=where.part, after=where.after), SnapshotPart)
        friends += part.friends
        requests += part.requests
        blocked += part.blocked
        rest += part.rest
    return msgspec.structs.replace(snapshot, friends=friends, requests=requests, blocked=blocked, rest=[])


async def repair(replica: Replica, ask: Ask) -> None:
    """Fetch what is missing until nothing is."""
    while replica.needs_repair:
        if replica.is_behind:
            await _read_log(replica, ask)
        elif replica.stale:
            await _fetch_items(replica, ask)


async def _read_log(replica: Replica, ask: Ask) -> None:
    page: LogPage = await ask(ReadLog(after=replica.log_seq, limit=LOG_AT_ONCE), LogPage)
    if page.gone:
        replica.log_seq = 0
        await _open(replica, None, ask)
        return
    for entry in page.entries:
        replica.apply_log(entry)
    replica.is_behind = page.more


async def _fetch_items(replica: Replica, ask: Ask) -> None:
    wanted = sorted(replica.stale)[:ITEMS_AT_ONCE]
    answer: InboxItems = await ask(GetInboxItems(conversations=wanted), InboxItems)
    given = {item.conversation.id for item in answer.items}
    for item in answer.items:
        replica.apply_item(item)
    for key in wanted:
        if key not in given:
            replica.forget_conversation(key)
