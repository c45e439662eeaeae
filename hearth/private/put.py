"""Putting private rows in the place of those before them: compare-and-set, each by its version."""

from collections.abc import Sequence

from hearth.accounts.living import lock_living
from hearth.contract import Context, Users
from hearth.errors import LimitReached
from hearth.private import store
from hearth.private.contract import NewPrivateRow, PrivateRowsChanged, PrivateTaken
from hearth.private.rows import Name, Stored
from hearth.private.rules import (
    MOST_ROWS,
    ROWS,
    check_row,
    is_known,
    name_rows,
    require_before,
)
from hearth.private.store import Head
from hearth.vault.keep import get_newest_g
from hearth.vault.keyring import require_listed
from hearth.vault.rules import GenerationMoved, judged


async def put_rows(context: Context, rows: Sequence[NewPrivateRow]) -> PrivateTaken:
    """Put rows by a listed device and return the newest position.

    Raises NotFound (not listed), NotAccepted, GenerationMoved (not under the newest), RowMoved (another
    version stands there), LimitReached, TooManyRequests.
    """
    await lock_living(context.transaction, (context.user_id,))
    await require_listed(context)
    known = await store.find_head(context.transaction, context.user_id)
    head = known or Head()
    with judged(GenerationMoved):
        named = name_rows(rows)
    found = await store.list_named(context.transaction, context.user_id, list(named))
    standing = {name: row for name, row in found.items() if row.position > head.begins_after}
    fresh = {name: row for name, row in named.items() if not is_known(row, standing.get(name))}
    if not fresh:
        return PrivateTaken(position=head.position)
    newest_g = await get_newest_g(context, context.user_id)
    with judged(GenerationMoved):
        for name, row in fresh.items():
            check_row(name, row, newest_g)
    require_before(fresh, standing)
    context.services.limits.take("private.rows", context.actor.device_id.hex(), ROWS, cost=len(fresh))
    replaced = {row.position for name, row in standing.items() if name in fresh}
    total = head.total + len(fresh) - len(replaced)
    if total > MOST_ROWS:
        await _make_room(context, head, newest_g, surplus=total - MOST_ROWS, replaced=replaced)
        total = MOST_ROWS
    position = head.position + len(fresh)
    await _save(context, fresh, found, head.position)
    after = Head(position, head.begins_after, total)
    await store.save_head(context.transaction, context.user_id, after, is_new=known is None)
    context.publish(PrivateRowsChanged(position=position), to=Users((context.user_id,)))
    return PrivateTaken(position=position)


async def _make_room(
    context: Context, head: Head, newest_g: int, *, surplus: int, replaced: set[int]
) -> None:
    """Let so many rows under older generations go, but none that is replaced. Raises LimitReached.

    What a device that was removed has filled the house with stays under the generation before its removal;
    what its owner opens is sealed anew.
    """
    outdated = await store.list_outdated(
        context.transaction,
        context.user_id,
        newest_g,
        after=head.begins_after,
        limit=surplus + len(replaced),
    )
    gone = [position for position in outdated if position not in replaced][:surplus]
    if len(gone) < surplus:
        raise LimitReached("There are as many private rows as can be.")
    await store.delete_rows(context.transaction, context.user_id, gone)


async def _save(
    context: Context, fresh: dict[Name, NewPrivateRow], found: dict[Name, Stored], position: int
) -> None:
    rows = [
        Stored(name.kind, name.place, at, row.version, row.g, row.sealed)
        for at, (name, row) in enumerate(fresh.items(), position + 1)
    ]
    await store.save_rows(
        context.transaction,
        context.user_id,
        new=[row for row in rows if row.name not in found],
        changed=[row for row in rows if row.name in found],
    )
