"""Entries from before encryption, written below the command: nobody can send such any more."""

import hashlib
import secrets

from sqlalchemy import select, update

from hearth.contract import Actor
from hearth.conversations.tables import CONVERSATION, MEMBER
from hearth.messages import store
from hearth.messages.contract import KIND_MESSAGE, Entry
from hearth.messages.rules import chain_log_hash
from hearth.services import Services


async def write_unsealed(
    services: Services, actor: Actor, conversation_id: bytes, record: bytes = b'\0{"type":"text"}'
) -> Entry:
    """Append a message as it was before there were epochs; who wrote it has read it. Returns its entry."""
    async with services.database.transaction("write") as transaction:
        of_log = CONVERSATION.c.id == conversation_id
        found = await transaction.execute(select(CONVERSATION).where(of_log).with_for_update())
        head = found.one()
        seq, record_hash = head.last_seq + 1, hashlib.sha256(record).digest()
        entry = Entry(
            conversation_id=conversation_id.hex(),
            seq=seq,
            ordinal=head.last_ordinal + 1,
            kind=KIND_MESSAGE,
            from_user=actor.user_id,
            from_device=actor.device_id.hex(),
            client_id=secrets.token_hex(16),
            counter=seq,
            epoch=0,
            target_seq=0,
            record=record,
            log_hash=chain_log_hash(head.log_hash, seq, KIND_MESSAGE, actor.user_id, record_hash),
            timestamp=services.clock.now(),
        )
        await store.insert_entry(transaction, entry, record_hash)
        end = {"last_seq": seq, "last_ordinal": entry.ordinal, "log_hash": entry.log_hash}
        await transaction.execute(update(CONVERSATION).where(of_log).values(end))
        own = (MEMBER.c.conversation_id == conversation_id, MEMBER.c.user_id == actor.user_id)
        stay = (*own, MEMBER.c.left_seq.is_(None))
        await transaction.execute(update(MEMBER).where(*stay).values(delivered_seq=seq, read_seq=seq))
    return entry
