"""What belongs to entries and stands elsewhere in the log: what is aimed at them, and what they reply to."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from hearth.contract import Context
from hearth.conversations.access import get_access
from hearth.conversations.rules import Access
from hearth.messages import contract, store
from hearth.messages.aimed_store import list_aimed
from hearth.messages.belonging import Aimed, choose_belonging, list_emptied
from hearth.messages.contract import KIND_DELETION, KIND_EDIT, Entry, LeftOut, ReadAimed
from hearth.messages.entries import to_entry
from hearth.messages.rules import MAX_PAGE_BYTES, NOTHING, Stretch


class Gathered(NamedTuple):
    """Entries by seq, and what is missing among them."""

    aimed: list[Entry]
    answered: list[Entry]
    left_out: list[LeftOut]


async def read_aimed(context: Context, command: ReadAimed) -> contract.Aimed:
    """Return what is aimed at entries that the asker may read. Raises NotFound for who never was a member."""
    access = await get_access(context.transaction, bytes.fromhex(command.conversation_id), context.user_id)
    last = access.last_seq if command.before == 0 else min(access.last_seq, command.before - 1)
    seqs = {seq for seq in command.seqs if access.may_read(seq)}
    found = await gather(context, access, seqs, within=Stretch(command.after + 1, last))
    return contract.Aimed(entries=found.aimed, left_out=found.left_out)


async def gather(
    context: Context,
    access: Access,
    seqs: Collection[int],
    answered: Collection[int] = (),
    *,
    within: Stretch,
    beside: Stretch = NOTHING,
    room: int = MAX_PAGE_BYTES,
) -> Gathered:
    """Return what is aimed at entries, or at `answered`, within a stretch but not `beside` those that come.

    Both are entries that the asker may read. At most four queries; none where there is nothing to ask for.
    """
    sizes = await store.list_sizes(context.transaction, access.head.id, answered)
    found = await _find(context, access, {*seqs, *sizes}, within, beside)
    found = [one for one in found if one.target_seq not in sizes or one.kind in (KIND_EDIT, KIND_DELETION)]
    taken_back = await _find(context, access, list_emptied(found), within, beside)
    chosen = choose_belonging(found, _keep_first(taken_back), sizes, room)
    rows = await store.list_chosen(context.transaction, access.head.id, chosen.aimed | chosen.answered)
    entries = [to_entry(row) for row in rows]
    return Gathered(
        aimed=[entry for entry in entries if entry.seq in chosen.aimed],
        answered=[entry for entry in entries if entry.seq in chosen.answered],
        left_out=[LeftOut(seq=seq, count=count) for seq, count in chosen.left_out.items()],
    )


async def _find(
    context: Context, access: Access, seqs: Collection[int], within: Stretch, beside: Stretch
) -> list[Aimed]:
    found = await list_aimed(context.transaction, access.head.id, seqs, within)
    return [one for one in found if access.may_read(one.seq) and not beside.first <= one.seq <= beside.last]


def _keep_first(deletions: Collection[Aimed]) -> list[Aimed]:
    """Return the one of each target's deletions that emptied it, the newest first."""
    first: Mapping[int, Aimed] = {
        one.target_seq: one for one in sorted(deletions, key=lambda one: one.seq, reverse=True)
    }
    return sorted(first.values(), key=lambda one: one.seq, reverse=True)
