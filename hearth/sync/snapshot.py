"""Everything that a user's log tells, as it stands now. Old snapshot + log = new snapshot.

Its lists are bounded; what does not fit is read on by id. A later part may know of changes that the log has
still to tell: each of its entries says how something is, so applying them once more ends in the same place.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from hearth.accounts.cards import get_own_profile
from hearth.accounts.devices import list_devices
from hearth.contract import Context, Transaction
from hearth.friends.list import list_blocked, list_friends, list_requests
from hearth.sync.contract import Part, ReadRest, Rest, Snapshot, SnapshotPart
from hearth.sync.rules import MAX_PART_BYTES, MAX_PART_ROWS, MAX_REST_BYTES, count_fitting

List = Callable[[Transaction, int, int, int], Awaitable[list[Any]]]
PARTS: dict[Part, tuple[List, Callable[[Any], int]]] = {
    "friends": (list_friends, lambda friend: friend.profile.user.id),
    "requests": (list_requests, lambda request: request.id),
    "blocked": (list_blocked, lambda card: card.id),
}


async def make_snapshot(context: Context) -> Snapshot:
    """Return the asker's snapshot. Eight queries."""
    lists, rest = {}, []
    for part in PARTS:
        lists[part], more = await _read_part(context, part, 0, MAX_PART_BYTES[part])
        rest += more
    return Snapshot(
        profile=await get_own_profile(context.transaction, context.user_id),
        devices=(await list_devices(context)).devices,
        friends=lists["friends"],
        requests=lists["requests"],
        blocked=lists["blocked"],
        rest=rest,
    )


async def read_rest(context: Context, command: ReadRest) -> SnapshotPart:
    """Return what comes after an id in one of one's own lists. Two queries."""
    rows, rest = await _read_part(context, command.part, command.after, MAX_REST_BYTES)
    lists: dict[Part, list[Any]] = {**{part: [] for part in PARTS}, command.part: rows}
    return SnapshotPart(
        friends=lists["friends"], requests=lists["requests"], blocked=lists["blocked"], rest=rest
    )


async def _read_part(
    context: Context, part: Part, after: int, max_bytes: int
) -> tuple[list[Any], list[Rest]]:
    """Return the rows of a list that fit, and where it goes on if it does."""
    read, identify = PARTS[part]
    rows = await read(context.transaction, context.user_id, after, MAX_PART_ROWS + 1)
    count = count_fitting((len(msgspec.json.encode(row)) for row in rows[:MAX_PART_ROWS]), max_bytes)
    page = rows[:count]
    return page, [Rest(part=part, after=identify(page[-1]))] if len(page) < len(rows) else []
