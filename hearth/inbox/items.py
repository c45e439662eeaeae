"""Rows of the inbox, as many as are asked for, in the same number of queries."""

from collections.abc import Collection, Sequence

from hearth.contract import Context
from hearth.conversations.access import list_accesses
from hearth.conversations.describe import Described, describe_conversations
from hearth.conversations.rules import Access, show_conversation, show_members
from hearth.inbox import store
from hearth.inbox.contract import InboxItem, InboxItems
from hearth.inbox.rules import MAX_RECORD_BYTES, fit, is_all_read
from hearth.inbox.store import NONE_STANDING, LastStanding
from hearth.messages.contract import Entry
from hearth.messages.entries import list_entries_at, list_ordinals_at


async def get_items(context: Context, conversation_ids: Collection[str]) -> InboxItems:
    """Return the rows of these conversations in the order asked for; what is not the asker's is left out."""
    wanted = list(dict.fromkeys(bytes.fromhex(conversation_id) for conversation_id in conversation_ids))
    accesses = await list_accesses(context.transaction, context.user_id, wanted)
    return InboxItems(items=await list_items(context, [accesses[key] for key in wanted if key in accesses]))


async def list_items(
    context: Context, accesses: Sequence[Access], max_record_bytes: int = MAX_RECORD_BYTES
) -> list[InboxItem]:
    """Return the rows of conversations that the asker may see, in the given order. Five queries."""
    described = await describe_conversations(context.transaction, [access.head for access in accesses])
    last = await list_entries_at(
        context.transaction, {access.head.id: access.last_seq for access in accesses}
    )
    read = await list_ordinals_at(
        context.transaction,
        {access.head.id: access.read_seq for access in accesses if not is_all_read(access)},
    )
    standing = await store.list_last_standing(
        context.transaction, context.user_id, [access.head.id for access in accesses]
    )
    entries = fit((last.get(access.head.id) for access in accesses), max_record_bytes)
    return [
        _make_item(
            access,
            described[access.head.id],
            last.get(access.head.id),
            shown,
            read,
            standing.get(access.head.id, NONE_STANDING),
        )
        for access, shown in zip(accesses, entries, strict=True)
    ]


def _make_item(
    access: Access,
    described: Described,
    last: Entry | None,
    shown: Entry | None,
    read: dict[bytes, int],
    standing: LastStanding,
) -> InboxItem:
    """Return a row; for who left, the log ends with their stay."""
    head = access.head
    has_left = not access.is_member and last is not None
    last_ordinal = last.ordinal if has_left and last is not None else head.last_ordinal
    return InboxItem(
        conversation=show_conversation(access, described.conversation, described.stays),
        members=show_members(access, described.stays),
        last_seq=access.last_seq,
        last_ordinal=last_ordinal,
        log_hash=last.log_hash if has_left and last is not None else head.log_hash,
        last_entry=shown,
        unread=0 if is_all_read(access) else last_ordinal - read[head.id],
        state_seq=standing.state_seq,
        pin_seq=standing.pin_seq,
    )


async def pick_newest(
    context: Context, accesses: Collection[Access], count: int
) -> tuple[list[Access], list[Access]]:
    """Return the `count` conversations with the newest entries, newest first, and all the others."""
    if not accesses:
        return [], []
    few = [access.head.id for access in accesses] if len(accesses) <= count else None
    times = await store.list_last_times(context.transaction, context.user_id, few)
    ordered = sorted(
        accesses,
        key=lambda access: (times.get(access.head.id, access.head.created_at), access.head.id),
        reverse=True,
    )
    return ordered[:count], ordered[count:]
