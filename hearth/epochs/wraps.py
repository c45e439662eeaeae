"""Wraps on their way to their member's keyring: read by listed devices, dropped once they are there."""

from collections.abc import Sequence

from hearth.contract import Context, Nothing
from hearth.epochs import rewrap_store, store
from hearth.epochs.contract import History, ListWraps, OwnWrap, OwnWraps, WrapName
from hearth.errors import NotFound
from hearth.vault.keyring import require_listed


async def list_wraps(context: Context, command: ListWraps) -> OwnWraps:
    """Return a page of one's own wraps to a listed device; NotFound to any other."""
    await require_listed(context)
    after = None if command.after is None else to_name(command.after)
    rows = await store.list_wraps(context.transaction, context.user_id, after=after, limit=command.limit + 1)
    wraps = [
        OwnWrap(
            conversation_id=row.conversation_id.hex(),
            n=row.n,
            record_hash=row.record_hash,
            wrap=row.wrap,
            has_history=row.has_history,
        )
        for row in rows[: command.limit]
    ]
    return OwnWraps(wraps=wraps, more=len(rows) > command.limit)


async def drop_wraps(context: Context, names: Sequence[WrapName]) -> Nothing:
    """Remove one's own wraps, by a listed device; NotFound to any other."""
    await require_listed(context)
    wanted = {to_name(name) for name in names}
    await store.delete_wraps(context.transaction, context.user_id, wanted)
    await rewrap_store.delete_own(context.transaction, context.user_id, wanted)
    return Nothing()


async def read_history(context: Context, name: WrapName) -> History:
    """Return what one was given as a newcomer, to a listed device. Raises NotFound when it is not there."""
    await require_listed(context)
    found = await store.find_history(context.transaction, to_name(name), context.user_id)
    if found is None:
        raise NotFound
    return History(wrap=found[0], sealed=found[1])


def to_name(name: WrapName) -> store.Name:
    return bytes.fromhex(name.conversation_id), name.n
