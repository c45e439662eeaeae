"""Storing an epoch that has been judged: its row, wraps, history, members, and its entry in the log."""

from collections.abc import Collection

from hearth.accounts.events import NOBODY_ELSE
from hearth.contract import Context, Members
from hearth.conversations.rules import Head
from hearth.conversations.stays import Change, announce_members, change_members, make_group, set_epoch
from hearth.epochs import rewrap_store, rules, store
from hearth.epochs.contract import KIND_EPOCH, EpochMade, EpochTaken
from hearth.epochs.events import EntrySigned
from hearth.epochs.judge import Draft
from hearth.epochs.store import EpochRow
from hearth.sealed.group.epoch import Epoch


async def write_epoch(
    context: Context, draft: Draft, head: Head | None, living: Collection[int]
) -> EpochTaken:
    """Write everything that an epoch is and tell its members, and who was removed with it.

    What is sealed to a deleted account is not kept: nobody would ever fetch it.
    """
    epoch, before = draft.judged, draft.before
    conversation_id, n = epoch.record.conversation, epoch.record.n
    roles = {member.user: rules.ROLE_NAMES[member.role] for member in epoch.roster.members}
    if head is None:
        head = await make_group(context, conversation_id, roles)
    change = find_change(draft, head, before)
    row = await make_row(context, draft, change.seq)
    wraps = {wrap.user_id: wrap.wrap for wrap in draft.command.wraps if wrap.user_id in living}
    await store.insert_epoch(context.transaction, row, wraps)
    await keep_history(context, draft)
    await set_epoch(context, conversation_id, n)
    await change_members(context, conversation_id, change)
    if change.removed:
        await rewrap_store.delete_of_members(context.transaction, conversation_id, change.removed)
    told = tuple(sorted({*roles, *change.removed}))
    context.publish(make_entry(epoch, draft.command.record, head, told), to=NOBODY_ELSE)
    made = EpochMade(conversation_id=conversation_id.hex(), n=n, seq=change.seq)
    context.publish(made, to=Members(conversation_id, tuple(roles)))
    if change.is_noticed or (before is None and head.kind == "group"):
        await announce_members(context, head, change.removed)
    return EpochTaken(conversation_id=conversation_id.hex(), n=n, seq=change.seq, timestamp=row.timestamp)


def find_change(draft: Draft, head: Head, before: Epoch | None) -> Change:
    """Return what an epoch does to the members of a conversation that exists."""
    seq = head.last_seq + 1
    first_seq = (draft.history_seq or seq) - 1
    if before is None:
        return Change(seq, first_seq)
    old, new = before.members, draft.judged.members
    added = {user_id: rules.ROLE_NAMES[new[user_id].role] for user_id in new.keys() - old.keys()}
    roles = {
        user_id: rules.ROLE_NAMES[new[user_id].role]
        for user_id in new.keys() & old.keys()
        if new[user_id].role is not old[user_id].role
    }
    return Change(seq, first_seq, added=added, removed=old.keys() - new.keys(), roles=roles)


async def make_row(context: Context, draft: Draft, seq: int) -> EpochRow:
    """Return an epoch's row; its roster is stored in it unless an earlier row has it."""
    epoch, before = draft.judged, draft.before
    record = epoch.record
    has_own = before is None or before.record.roster_hash != record.roster_hash
    roster_n = record.n
    if not has_own:
        place = await store.find_place(context.transaction, record.conversation, record.n - 1)
        assert place is not None  # the epoch before has been read
        roster_n = place[1]
    return EpochRow(
        conversation_id=record.conversation,
        n=record.n,
        hash=epoch.hash,
        record=draft.command.record,
        roster=epoch.roster.pack() if has_own else None,
        roster_n=roster_n,
        actor_id=record.actor,
        seq=seq,
        timestamp=context.now,
    )


async def keep_history(context: Context, draft: Draft) -> None:
    """Store what newcomers are given, if anybody can open it."""
    history, record = draft.command.history, draft.record
    if history is not None and history.wraps:
        wraps = {wrap.user_id: wrap.wrap for wrap in history.wraps}
        name = (record.conversation, record.n)
        await store.insert_history(context.transaction, name, history.sealed, wraps)


def make_entry(epoch: Epoch, record: bytes, head: Head, told: tuple[int, ...]) -> EntrySigned:
    """Return the entry of an epoch, which takes the next place after a held conversation's head."""
    return EntrySigned(
        conversation_id=head.id,
        seq=head.last_seq + 1,
        ordinal=head.last_ordinal,
        log_hash=head.log_hash,
        kind=KIND_EPOCH,
        from_user=epoch.record.actor,
        from_device=epoch.record.device,
        client_id=epoch.hash[:16],
        epoch=epoch.record.n,
        record=record,
        told=told,
    )
