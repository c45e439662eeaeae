"""Cursors of conversations that have not grown: what was read meanwhile elsewhere is in no log."""

from collections.abc import Sequence

from hearth.contract import Context
from hearth.conversations.describe import list_members_of
from hearth.conversations.rules import Access
from hearth.inbox.items import pick_newest
from hearth.messages.contract import Cursor
from hearth.messages.rules import conceal_cursors
from hearth.sync import rules
from hearth.sync.contract import KnownCursors


async def list_receipts(context: Context, unchanged: Sequence[Access]) -> list[KnownCursors]:
    """Return the cursors of the newest of these conversations, as their rows would show them. Two queries."""
    newest, _ = await pick_newest(context, unchanged, rules.NEWEST_RECEIPTS)
    members = await list_members_of(context.transaction, [access.head.id for access in newest])
    receipts = []
    room = rules.MAX_CURSORS
    for access in newest:
        shown = conceal_cursors(
            members[access.head.id], context.user_id, is_open=access.head.is_open and access.is_member
        )
        cursors = [
            Cursor(user_id=member.user_id, delivered_seq=member.delivered_seq, read_seq=member.read_seq)
            for member in shown
        ]
        room -= len(cursors)
        if room < 0:
            break
        receipts.append(KnownCursors(conversation_id=access.head.id.hex(), cursors=cursors))
    return receipts
