"""After a restore: the entry above which a log goes on (8.6)."""

from hearth.accounts.living import hold_users
from hearth.contract import Context
from hearth.conversations.access import get_access
from hearth.conversations.hold import hold_conversation
from hearth.conversations.rules import ConversationClosed, Head
from hearth.directory.restored import NotRestored, require_restored
from hearth.epochs import store
from hearth.epochs.contract import MarkRestored, RestoredAt
from hearth.epochs.rules import EpochMoved
from hearth.epochs.signed import check_own, check_signer, take_place
from hearth.epochs.store import RestoreRow
from hearth.errors import NotFound
from hearth.sealed.core.hashing import sha256
from hearth.sealed.core.statements import Signed
from hearth.sealed.core.verdicts import Verdict, require
from hearth.sealed.group.entries import Restored
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
        check_own(context, entry)
        is_told = entry.database_generation == generation
        require(is_told, Verdict.NOT_ALLOWED, "of another database generation than this one")
    await get_access(context.transaction, entry.conversation, context.user_id)
    await hold_users(context.transaction, [context.user_id])
    head = await hold_conversation(context.transaction, entry.conversation)
    access = await get_access(context.transaction, entry.conversation, context.user_id)
    if head is None or not access.is_member:
        raise NotFound
    if not head.is_open:
        raise ConversationClosed
    known = await store.find_restore(context.transaction, entry.conversation, generation)
    if known is not None:
        is_own = known.hash == sha256(command.entry)
        return RestoredAt(conversation_id=entry.conversation.hex(), seq=known.seq, is_own=is_own)
    if head.epoch != entry.epoch:
        raise EpochMoved
    await check_signer(context, signed)
    return await write_restored(context, head, signed, command.entry)


async def write_restored(context: Context, head: Head, signed: Signed[Restored], data: bytes) -> RestoredAt:
    """Store where the log goes on, and let the entry take that place."""
    seq = head.last_seq + 1
    row = RestoreRow(seq, sha256(data))
    await store.insert_restore(context.transaction, head.id, signed.body.database_generation, row)
    await take_place(context, head, signed, data)
    return RestoredAt(conversation_id=head.id.hex(), seq=seq, is_own=True)
