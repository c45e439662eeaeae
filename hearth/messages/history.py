"""Reading a conversation's log page by page: what the asker's stays allow, at the same cost at any depth."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from hearth.contract import Context
from hearth.conversations.access import get_access
from hearth.conversations.describe import list_stays
from hearth.conversations.ids import make_first_hash
from hearth.conversations.rules import Access, show_members
from hearth.messages import store
from hearth.messages.aimed import Gathered, gather
from hearth.messages.contract import KIND_MESSAGE, Page, ReadHistory
from hearth.messages.entries import list_ordinals_at, to_entry
from hearth.messages.rules import (
    ENTRIES_PER_MESSAGE,
    MAX_PAGE_BYTES,
    MOST_ENTRIES,
    NOTHING,
    Stretch,
    choose_sides,
    cut_page,
    list_stretches,
    weigh,
)


async def read_history(context: Context, command: ReadHistory) -> Page:
    """Return a page of the log around, before or after a seq. Raises NotFound for who never was a member."""
    conversation_id = bytes.fromhex(command.conversation_id)
    access = await get_access(context.transaction, conversation_id, context.user_id)
    page = await choose_page(context, access, command)
    hash_before, rows = await read_page(context, access, page)
    belonging = await read_belonging(context, access, page, rows)
    stays = await list_stays(context.transaction, [conversation_id])
    return Page(
        conversation_id=command.conversation_id,
        entries=[to_entry(row) for row in rows],
        aimed=belonging.aimed,
        answered=belonging.answered,
        left_out=belonging.left_out,
        hash_before=hash_before,
        first_seq=access.first_seq,
        last_seq=access.last_seq,
        last_ordinal=await count_messages(context, access),
        members=show_members(access, stays[conversation_id]),
    )


async def choose_page(context: Context, access: Access, command: ReadHistory) -> Stretch:
    """Return which entries the page consists of. Where few of the log are messages it is looked at again."""
    stretches = list_stretches(access.stays, access.head.last_seq)
    below, above = choose_sides(stretches, command.seq, command.direction)
    for most in (command.limit * ENTRIES_PER_MESSAGE, MOST_ENTRIES):
        found = [
            []
            if side == NOTHING
            else await store.list_outlines(
                context.transaction, access.head.id, side, most, is_upwards=is_upwards
            )
            for side, is_upwards in ((below, False), (above, True))
        ]
        page = cut_page(found[0], found[1], command.limit)
        if not any(len(side) == most and page.first <= side[-1].seq <= page.last for side in found):
            break
    return page


async def read_page(context: Context, access: Access, page: Stretch) -> tuple[bytes, list[Row[Any]]]:
    """Return the hash before the page and its rows; the entry below the page is read for its hash only."""
    if page == NOTHING:
        page = Stretch(access.last_seq + 1, access.last_seq)
    rows = await store.list_entries(context.transaction, access.head.id, Stretch(page.first - 1, page.last))
    if page.first == 1:
        return make_first_hash(access.head.id), rows
    return rows[0].log_hash, rows[1:]


async def read_belonging(
    context: Context, access: Access, page: Stretch, rows: Sequence[Row[Any]]
) -> Gathered:
    """Return what belongs to the page's entries and stands elsewhere, in the room that they leave."""
    room = MAX_PAGE_BYTES - sum(weigh(len(row.message)) for row in rows)
    replies = (row.target_seq for row in rows if row.kind == KIND_MESSAGE)
    answered = {seq for seq in replies if seq > 0 and seq < page.first and access.may_read(seq)}
    below_head = page.last < access.last_seq
    seqs = [row.seq for row in rows if below_head and (row.kind == KIND_MESSAGE or not row.message)]
    within = Stretch(1, access.last_seq)
    return await gather(context, access, seqs, answered, within=within, beside=page, room=room)


async def count_messages(context: Context, access: Access) -> int:
    """Return the ordinal at the head of the log as far as the asker knows it."""
    if access.is_member:
        return access.head.last_ordinal
    ordinals = await list_ordinals_at(context.transaction, {access.head.id: access.last_seq})
    return ordinals[access.head.id]
