"""After a restore: the entry above which a log goes on (8.6)."""

from hearth.accounts.events import NOBODY_ELSE
from hearth.accounts.living import hold_users
from hearth.contract import Context
from hearth.conversations.access import get_access, list_member_ids
from hearth.conversations.hold import hold_conversation
from hearth.conversations.rules import ConversationClosed, Head
from hearth.directory.restored import NotRestored, require_restored
from hearth.epochs import store
from hearth.epochs.contract import MarkRestored, RestoredAt
from hearth.epochs.events import EntrySigned
from hearth.epochs.rules import EpochMoved
from hearth.epochs.standing import load_sender
from hearth.errors import NotFound
from hearth.sealed.core.statements import Signed
from hearth.sealed.core.verdicts import Verdict, require
from hearth.sealed.group.check import read_epoch
from hearth.sealed.group.entries import EntryKind, Restored
from hearth.vault.rules import judged


async def require_marked(context: Context, conversation_id: bytes) -> None:
    """Raise NotFound for who is no member, NotRestored before the log was marked in this generation."""
    generation = require_restored(context)
    access = await get_access(context.transaction, conversation_id, context.user_id)
    if not access.is_member:
        raise NotFound
    if await store.find_restore(context.transaction, conversation_id, generation) is None:
        raise NotRestored


async def mark_restored(context: Context, command: MarkRestored) -> RestoredAt:
    """Let the entry take the next place of its log, once for a generation.

    Raises NotRestored, NotFound (no member), ConversationClosed, EpochMoved, NotAccepted.
    """
    generation = require_restored(context)
    with judged(EpochMoved):
        signed = Restored.open(command.entry)
        entry = signed.body
        is_here = entry.server == context.services.identity.server_id
        require(is_here, Verdict.WRONG_PLACE, "a restored entry for another server")
        is_told = entry.database_generation == generation
        require(is_told, Verdict.NOT_ALLOWED, "of another database generation than this one")
        is_own = (entry.user, entry.device) == (context.user_id, context.actor.device_id)
        require(is_own, Verdict.NOT_ALLOWED, "made by another device than the asking one")
    await get_access(context.transaction, entry.conversation, context.user_id)
    await hold_users(context.transaction, [context.user_id])
    head = await hold_conversation(context.transaction, entry.conversation)
    access = await get_access(context.transaction, entry.conversation, context.user_id)
    if head is None or not access.is_member:
        raise NotFound
    if not head.is_open:
        raise ConversationClosed
    seq = await store.find_restore(context.transaction, entry.conversation, generation)
    if seq is not None:
        return RestoredAt(conversation_id=entry.conversation.hex(), seq=seq, is_own=False)
    if head.epoch != entry.epoch:
        raise EpochMoved
    await check_restored(context, signed)
    return await write_restored(context, head, signed, command.entry)


async def check_restored(context: Context, signed: Signed[Restored]) -> None:
    """Judge an entry in the newest epoch, which is held. Raises NotAccepted, EpochMoved."""
    entry = signed.body
    stored = await store.find_epoch(context.transaction, entry.conversation, entry.epoch)
    if stored is None:  # a conversation without an epoch
        raise EpochMoved
    epoch = read_epoch(*stored)
    with judged(EpochMoved):
        require(epoch.hash == entry.record_hash, Verdict.FORK, "another record of this epoch")
        key = (await load_sender(context, epoch)).check_device(context.actor.device_id)
        signed.verify(key)


async def write_restored(context: Context, head: Head, signed: Signed[Restored], data: bytes) -> RestoredAt:
    """Store where the log goes on, and let the entry take that place."""
    entry, seq = signed.body, head.last_seq + 1
    await store.insert_restore(context.transaction, head.id, entry.database_generation, seq)
    event = EntrySigned(
        conversation_id=head.id,
        seq=seq,
        ordinal=head.last_ordinal,
        log_hash=head.log_hash,
        kind=EntryKind.RESTORED.value,
        from_user=context.user_id,
        from_device=entry.device,
        client_id=signed.hash[:16],
        epoch=entry.epoch,
        record=data,
        told=await list_member_ids(context.transaction, head.id),
    )
    context.publish(event, to=NOBODY_ELSE)
    return RestoredAt(conversation_id=head.id.hex(), seq=seq, is_own=True)
