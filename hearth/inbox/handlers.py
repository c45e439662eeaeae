"""The command of the inbox."""

from hearth.contract import Context, command
from hearth.inbox.contract import GetInboxItems, InboxItems
from hearth.inbox.items import get_items


@command(GetInboxItems, mode="read")
async def get(context: Context, command: GetInboxItems) -> InboxItems:
    return await get_items(context, command.conversations)
