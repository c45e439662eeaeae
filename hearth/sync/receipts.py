"""Cursors of conversations that have not grown: what was read meanwhile elsewhere is in no log."""

from collections.abc import Sequence

from hearth.contract import Context
from hearth.conversations.describe import list_stays
from hearth.conversations.rules import Access, show_members
from hearth.inbox.items import pick_newest
from hearth.messages.contract import Cursor
from hearth.sync import rules
from hearth.sync.contract import KnownCursors


async def list_receipts(context: Context, unchanged: Sequence[Access]) -> list[KnownCursors]:
    """Return the cursors of the newest of these conversations, as their rows would show them. Two queries."""
    newest, _ = await pick_newest(context, unchanged, rules.NEWEST_RECEIPTS)
    stays = await list_stays(context.transaction, [access.head.id for access in newest])
    receipts = []
    room = rules.MAX_CURSORS
    for access in newest:
        cursors = [
            Cursor(user_id=member.user_id, delivered_seq=member.delivered_seq, read_seq=member.read_seq)
            for member in show_members(access, stays[access.head.id])
        ]
        room -= len(cursors)
        if room < 0:
            break
        receipts.append(KnownCursors(conversation_id=access.head.id.hex(), cursors=cursors))
    return receipts
