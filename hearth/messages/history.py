"""Reading a conversation's log page by page: what the asker's stays allow, at the same cost at any depth."""

from typing import Any

from sqlalchemy import Row

from hearth.contract import Context
from hearth.conversations.access import get_access
from hearth.conversations.describe import list_stays
from hearth.conversations.ids import make_first_hash
from hearth.conversations.rules import Access, show_members
from hearth.messages import store
from hearth.messages.contract import Page, ReadHistory
from hearth.messages.entries import list_ordinals_at, to_entry
from hearth.messages.rules import (
    MAX_ENTRIES_PER_MESSAGE,
    NOTHING,
    Stretch,
    choose_sides,
    cut_page,
    list_stretches,
)


async def read_history(context: Context, command: ReadHistory) -> Page:
    """Return a page of the log around, before or after a seq. Raises NotFound for who never was a member."""
    conversation_id = bytes.fromhex(command.conversation_id)
    access = await get_access(context.transaction, conversation_id, context.user_id)
    page = await choose_page(context, access, command)
    hash_before, rows = await read_page(context, access, page)
    stays = await list_stays(context.transaction, [conversation_id])
    return Page(
        conversation_id=command.conversation_id,
        entries=[to_entry(row) for row in rows],
        hash_before=hash_before,
        first_seq=access.first_seq,
        last_seq=access.last_seq,
        last_ordinal=await count_messages(context, access),
        members=show_members(access, stays[conversation_id]),
    )


async def choose_page(context: Context, access: Access, command: ReadHistory) -> Stretch:
    """Return which entries the page consists of."""
    stretches = list_stretches(access.stays, access.head.last_seq)
    below, above = choose_sides(stretches, command.seq, command.direction)
    most = command.limit * MAX_ENTRIES_PER_MESSAGE
    found = [
        []
        if side == NOTHING
        else await store.list_outlines(context.transaction, access.head.id, side, most, is_upwards=is_upwards)
        for side, is_upwards in ((below, False), (above, True))
    ]
    return cut_page(found[0], found[1], command.limit)


async def read_page(context: Context, access: Access, page: Stretch) -> tuple[bytes, list[Row[Any]]]:
    """Return the hash before the page and its rows; the entry below the page is read for its hash only."""
    if page == NOTHING:
        page = Stretch(access.last_seq + 1, access.last_seq)
    rows = await store.list_entries(context.transaction, access.head.id, Stretch(page.first - 1, page.last))
    if page.first == 1:
        return make_first_hash(access.head.id), rows
    return rows[0].log_hash, rows[1:]


async def count_messages(context: Context, access: Access) -> int:
    """Return the ordinal at the head of the log as far as the asker knows it."""
    if access.is_member:
        return access.head.last_ordinal
    ordinals = await list_ordinals_at(context.transaction, {access.head.id: access.last_seq})
    return ordinals[access.head.id]
