"""What one's own devices read of their private rows."""

from typing import cast

from hearth.contract import Context
from hearth.private import store
from hearth.private.contract import PrivateKind, PrivatePage, PrivateRow
from hearth.private.rows import Stored
from hearth.private.store import Head
from hearth.vault.keyring import count_fitting, require_listed


async def list_rows(context: Context, after: int, limit: int) -> PrivatePage:
    """Return a page from above a position, of at most 96 KiB, to a listed device; NotFound to any other."""
    await require_listed(context)
    head = await store.find_head(context.transaction, context.user_id) or Head()
    start = max(after, head.begins_after)
    rows = await store.list_rows(context.transaction, context.user_id, after=start, limit=limit)
    page = [to_row(row) for row in rows[: count_fitting(row.sealed for row in rows)]]
    return PrivatePage(rows=page, position=head.position)


def to_row(row: Stored) -> PrivateRow:
    return PrivateRow(
        position=row.position,
        kind=cast(PrivateKind, row.kind),
        place=row.place.hex(),
        version=row.version,
        g=row.g,
        sealed=row.sealed,
    )
