"""Entries that are signed and not sealed, such as an epoch's: part of the transaction that they come from.

Their client ids follow from their bytes (8.2), so they can be foreseen: who has an epoch that was lost could
send a record under the id that its entry will have. So what is stored as theirs is random, and what is told
is made of the bytes, which stay.
"""

import hashlib
import secrets

import msgspec

from hearth.contract import Context, Members
from hearth.conversations.hold import advance_log
from hearth.epochs.events import EntrySigned
from hearth.messages import store
from hearth.messages.contract import Entry, MessageSent
from hearth.messages.rules import chain_log_hash

FIRST_KIND = 16


def find_client_id(kind: int, data: bytes) -> bytes:
    """Return the client id of a signed entry: the first 16 bytes of its hash."""
    from hearth.sealed.core import labels
    from hearth.sealed.core.hashing import labelled_hash
    from hearth.sealed.core.statements import SIGNATURE
    from hearth.sealed.group.entries import EntryKind

    by_kind = {
        EntryKind.EPOCH: labels.EPOCH,
        EntryKind.LEAVE: labels.LEAVE,
        EntryKind.RESTORED: labels.RESTORED,
    }
    return labelled_hash(by_kind[EntryKind(kind)], data[:-SIGNATURE])[:16]


async def append_signed(context: Context, event: EntrySigned) -> None:
    """Reaction: give a signed entry its place, which its conversation's holder has named, and tell of it.

    Nobody's cursors move: a device may make an epoch by itself, with nobody having read anything.
    """
    record_hash = hashlib.sha256(event.record).digest()
    log_hash = chain_log_hash(event.log_hash, event.seq, event.kind, event.from_user, record_hash)
    entry = Entry(
        conversation_id=event.conversation_id.hex(),
        seq=event.seq,
        ordinal=event.ordinal,
        kind=event.kind,
        from_user=event.from_user,
        from_device=event.from_device.hex(),
        client_id=event.client_id.hex(),
        counter=0,
        epoch=event.epoch,
        target_seq=0,
        record=event.record,
        log_hash=log_hash,
        timestamp=context.now,
    )
    stored = msgspec.structs.replace(entry, client_id=secrets.token_hex(16))
    await store.insert_entry(context.transaction, stored, record_hash)
    await advance_log(context.transaction, event.conversation_id, event.seq, log_hash)
    context.publish(MessageSent(entry=entry), to=Members(event.conversation_id, event.told))
