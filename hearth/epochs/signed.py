"""Signed entries that the server acts on, leaves and restores: judged and placed alike (section 8.6)."""

from hearth.accounts.events import NOBODY_ELSE
from hearth.contract import Context
from hearth.conversations.access import list_member_ids
from hearth.conversations.rules import Head
from hearth.epochs import store
from hearth.epochs.events import EntrySigned
from hearth.epochs.rules import EpochMoved
from hearth.epochs.standing import load_sender
from hearth.sealed.core.statements import Signed
from hearth.sealed.core.verdicts import Verdict, require
from hearth.sealed.group.check import read_epoch
from hearth.sealed.group.entries import EntryKind, Leave, Restored
from hearth.sealed.group.epoch import Epoch
from hearth.vault.rules import judged


def check_own(context: Context, entry: Leave | Restored) -> None:
    """Raise Rejected unless the entry is for this server and by the asking device."""
    is_here = entry.server == context.services.identity.server_id
    require(is_here, Verdict.WRONG_PLACE, "an entry for another server")
    is_own = (entry.user, entry.device) == (context.user_id, context.actor.device_id)
    require(is_own, Verdict.NOT_ALLOWED, "made by another device than the asking one")


async def check_signer(context: Context, signed: Signed[Leave] | Signed[Restored]) -> Epoch:
    """Judge an entry in the newest epoch, which is held; return that. Raises NotAccepted, EpochMoved."""
    entry = signed.body
    stored = await store.find_epoch(context.transaction, entry.conversation, entry.epoch)
    if stored is None:  # a conversation without an epoch
        raise EpochMoved
    epoch = read_epoch(*stored)
    with judged(EpochMoved):
        require(epoch.hash == entry.record_hash, Verdict.FORK, "another record of this epoch")
        key = (await load_sender(context, epoch)).check_device(context.actor.device_id)
        signed.verify(key)
    return epoch


async def take_place(
    context: Context, head: Head, signed: Signed[Leave] | Signed[Restored], data: bytes
) -> None:
    """Let the entry take the next place of its log, which is held."""
    entry = signed.body
    event = EntrySigned(
        conversation_id=head.id,
        seq=head.last_seq + 1,
        ordinal=head.last_ordinal,
        log_hash=head.log_hash,
        kind=EntryKind.LEAVE.value if isinstance(entry, Leave) else EntryKind.RESTORED.value,
        from_user=context.user_id,
        from_device=entry.device,
        client_id=signed.hash[:16],
        epoch=entry.epoch,
        record=data,
        told=await list_member_ids(context.transaction, head.id),
    )
    context.publish(event, to=NOBODY_ELSE)
