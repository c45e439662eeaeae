"""Leaving a group: a signed entry of its log, by which the others remove who went (section 8.6).

Stays follow rosters: who has left stays a member until an epoch without them, and nothing more is taken under
the one that they left in.
"""

from hearth.accounts.living import hold_users
from hearth.contract import Context
from hearth.conversations.access import get_access
from hearth.conversations.hold import hold_conversation
from hearth.conversations.rules import Head
from hearth.epochs import store
from hearth.epochs.contract import LeaveGroup, Left
from hearth.epochs.rules import EpochMoved
from hearth.epochs.signed import check_own, check_signer, take_place
from hearth.errors import NotFound
from hearth.sealed.core.hashing import sha256
from hearth.sealed.core.statements import Signed
from hearth.sealed.group.entries import Leave, check_may_leave
from hearth.vault.rules import judged


async def leave_group(context: Context, command: LeaveGroup) -> Left:
    """Leave. Raises NotFound (no member), EpochMoved, NotAccepted. What is stored is answered as before."""
    with judged(EpochMoved):
        signed = Leave.open(command.entry)
        leave = signed.body
        check_own(context, leave)
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
    epoch = await check_signer(context, signed)
    left = await store.list_leaves(context.transaction, leave.conversation, leave.epoch)
    with judged(EpochMoved):
        check_may_leave(epoch, {user for user, _ in left}, context.user_id)


async def write_leave(context: Context, head: Head, signed: Signed[Leave], entry: bytes) -> Left:
    """Store who left, and let the entry take the next place of the log."""
    leave, seq = signed.body, head.last_seq + 1
    name = (leave.conversation, leave.epoch)
    await store.insert_leave(context.transaction, name, context.user_id, sha256(entry), seq)
    await take_place(context, head, signed, entry)
    return say_left(leave, seq)
