"""The heads of all one's conversations, page by page: for whom has more than one answer holds."""

from hearth.contract import Context
from hearth.conversations.access import list_accesses
from hearth.sync.contract import MAX_HEADS, HeadsPage, ReadHeads
from hearth.sync.rules import page_heads


async def read_heads(context: Context, command: ReadHeads) -> HeadsPage:
    """Return the heads after an id, as far as the asker may know them. One query."""
    accesses = await list_accesses(context.transaction, context.user_id)
    page, has_more = page_heads(accesses, bytes.fromhex(command.after or ""), MAX_HEADS)
    return HeadsPage(heads={access.head.id.hex(): access.last_seq for access in page}, more=has_more)
