"""Leaving a group: a signed entry of its log, by which the others remove who went (section 8.6).

Stays follow rosters: who has left stays a member until an epoch without them, and nothing more is taken under
the one that they left in.
"""

from hearth.accounts.events import NOBODY_ELSE
from hearth.accounts.living import hold_users
from hearth.contract import Context
from hearth.conversations.access import get_access, list_member_ids
from hearth.conversations.hold import hold_conversation
from hearth.conversations.rules import Head
from hearth.epochs import store
from hearth.epochs.contract import LeaveGroup, Left
from hearth.epochs.events import EntrySigned
from hearth.epochs.rules import EpochMoved
from hearth.epochs.standing import load_sender
from hearth.errors import NotFound
from hearth.sealed.core.hashing import sha256
from hearth.sealed.core.statements import Signed
from hearth.sealed.core.verdicts import Verdict, require
from hearth.sealed.group.check import read_epoch
from hearth.sealed.group.entries import EntryKind, Leave, check_may_leave
from hearth.vault.rules import judged


async def leave_group(context: Context, command: LeaveGroup) -> Left:
    """Leave. Raises NotFound (no member), EpochMoved, NotAccepted. What is stored is answered as before."""
    with judged(EpochMoved):
        signed = Leave.open(command.entry)
        leave = signed.body
        server = context.services.identity.server_id
        require(leave.server == server, Verdict.WRONG_PLACE, "a leave entry for another server")
        is_own = (leave.user, leave.device) == (context.user_id, context.actor.device_id)
        require(is_own, Verdict.NOT_ALLOWED, "made by another device than the asking one")
    access = await get_access(context.transaction, leave.conversation, context.user_id)
    if known := await find_left(context, leave, command.entry):
        return known
    if not access.is_member:
        raise NotFound
    await hold_users(context.transaction, [context.user_id])
    head = await hold_conversation(context.transaction, leave.conversation)
    access = await get_access(context.transaction, leave.conversation, context.user_id)
    if head is None or not access.is_member:
        raise NotFound
    if known := await find_left(context, leave, command.entry):
        return known
    if head.epoch != leave.epoch:
        raise EpochMoved
    await check_leave(context, signed)
    return await write_leave(context, head, signed, command.entry)


async def find_left(context: Context, leave: Leave, entry: bytes) -> Left | None:
    """Return the answer to an entry that is stored already."""
    row = await store.find_leave(context.transaction, (leave.conversation, leave.epoch), context.user_id)
    return say_left(leave, row.seq) if row is not None and row.hash == sha256(entry) else None


def say_left(leave: Leave, seq: int) -> Left:
    return Left(conversation_id=leave.conversation.hex(), n=leave.epoch, seq=seq)


async def check_leave(context: Context, signed: Signed[Leave]) -> None:
    """Judge a leave entry of the newest epoch, which is held. Raises NotAccepted, EpochMoved."""
    leave = signed.body
    stored = await store.find_epoch(context.transaction, leave.conversation, leave.epoch)
    if stored is None:  # a conversation without an epoch
        raise EpochMoved
    epoch = read_epoch(*stored)
    left = await store.list_leaves(context.transaction, leave.conversation, leave.epoch)
    with judged(EpochMoved):
        require(epoch.hash == leave.record_hash, Verdict.FORK, "another record of this epoch")
        key = (await load_sender(context, epoch)).check_device(context.actor.device_id)
        signed.verify(key)
        check_may_leave(epoch, {user for user, _ in left}, context.user_id)


async def write_leave(context: Context, head: Head, signed: Signed[Leave], entry: bytes) -> Left:
    """Store who left, and let the entry take the next place of the log."""
    leave, seq = signed.body, head.last_seq + 1
    name = (leave.conversation, leave.epoch)
    await store.insert_leave(context.transaction, name, context.user_id, sha256(entry), seq)
    event = EntrySigned(
        conversation_id=head.id,
        seq=seq,
        ordinal=head.last_ordinal,
        log_hash=head.log_hash,
        kind=EntryKind.LEAVE.value,
        from_user=context.user_id,
        from_device=leave.device,
        client_id=signed.hash[:16],
        epoch=leave.epoch,
        record=entry,
        told=await list_member_ids(context.transaction, head.id),
    )
    context.publish(event, to=NOBODY_ELSE)
    return say_left(leave, seq)
