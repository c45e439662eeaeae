"""What is about a conversation as a whole, for who has not the messages around it: its state and its pins."""

from hearth.contract import Context
from hearth.conversations.access import get_access, list_accesses
from hearth.conversations.rules import Access
from hearth.messages import store
from hearth.messages.contract import Pins, ReadPins, ReadStates, States
from hearth.messages.entries import to_entry
from hearth.messages.rules import MAX_PAGE_BYTES, Stretch, fit, weigh

MOST_PINS = 100
MOST_LOOKED = 2_000
"""So many entries are looked at for the newest of each target: a message may be pinned and unpinned often."""


async def read_states(context: Context, command: ReadStates) -> States:
    """Return by which entries the states of these conversations are known; those of others are left out."""
    wanted = list(dict.fromkeys(bytes.fromhex(conversation_id) for conversation_id in command.conversations))
    accesses = await list_accesses(context.transaction, context.user_id, wanted)
    stays = {key: get_last_stay(accesses[key]) for key in wanted if key in accesses}
    found: dict[bytes, dict[int, int]] = {key: {} for key in stays}
    for conversation_id, seq, size in await store.list_states(context.transaction, stays):
        found[conversation_id][seq] = size
    room, places, left_out = MAX_PAGE_BYTES, [], []
    for conversation_id, sizes in found.items():
        size = sum(map(weigh, sizes.values()))
        if size > room:
            left_out.append(conversation_id.hex())
        else:
            room -= size
            places += [(conversation_id, seq) for seq in sizes]
    rows = await store.list_entries_of(context.transaction, places)
    return States(entries=[to_entry(row) for row in rows], left_out=left_out)


async def read_pins(context: Context, command: ReadPins) -> Pins:
    """Return the newest pin of each target, the newest ones', and what they are aimed at.

    Raises NotFound for who never was a member.
    """
    access = await get_access(context.transaction, bytes.fromhex(command.conversation_id), context.user_id)
    found = await store.list_pins(context.transaction, access.head.id, get_last_stay(access), MOST_LOOKED + 1)
    by_target = {target: (seq, target, size) for seq, target, size in reversed(found[:MOST_LOOKED])}
    newest = sorted(by_target.values(), reverse=True)
    chosen = newest[:MOST_PINS]
    pins, room = fit(((seq, size) for seq, _, size in chosen), MAX_PAGE_BYTES // 2)
    targets = [target for _, target, _ in chosen if access.may_read(target)]
    sizes = await store.list_sizes(context.transaction, access.head.id, targets)
    known = [(seq, sizes[seq]) for seq in targets if seq in sizes]
    pinned, _ = fit(known, room + MAX_PAGE_BYTES // 2)
    rows = await store.list_chosen(context.transaction, access.head.id, pins | pinned)
    entries = [to_entry(row) for row in rows]
    return Pins(
        entries=[entry for entry in entries if entry.seq in pins],
        pinned=[entry for entry in entries if entry.seq in pinned],
        left_out=len(found) > MOST_LOOKED or len(pins) < len(newest) or len(pinned) < len(known),
    )


def get_last_stay(access: Access) -> Stretch:
    """Return what somebody may read since they came in last, up to the end of that stay."""
    return Stretch(access.stays[-1].joined_seq + 1, access.last_seq)
