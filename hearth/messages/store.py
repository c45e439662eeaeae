"""Every SQL statement that reads messages. Takes a transaction, returns rows; no events, no permissions.

Each is a seek by key: none gets slower with the length of a conversation.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, and_, delete, func, insert, or_, select

from hearth.contract import Transaction
from hearth.messages.contract import KIND_MESSAGE, Entry
from hearth.messages.rules import Outline, Stretch
from hearth.messages.tables import MESSAGE

ENTRY = (
    MESSAGE.c.conversation_id,
    MESSAGE.c.seq,
    MESSAGE.c.ordinal,
    MESSAGE.c.kind,
    MESSAGE.c.from_user,
    MESSAGE.c.from_device,
    MESSAGE.c.client_id,
    MESSAGE.c.counter,
    MESSAGE.c.epoch,
    MESSAGE.c.target_seq,
    MESSAGE.c.message,
    MESSAGE.c.log_hash,
    MESSAGE.c.timestamp,
    MESSAGE.c.record_hash,
)
OUTLINE = (MESSAGE.c.seq, MESSAGE.c.kind, func.length(MESSAGE.c.message))


async def list_outlines(
    transaction: Transaction, conversation_id: bytes, stretch: Stretch, limit: int, *, is_upwards: bool
) -> list[Outline]:
    """Return at most `limit` entries of the stretch in outline, from its lower or from its upper end."""
    query = (
        select(*OUTLINE)
        .where(MESSAGE.c.conversation_id == conversation_id)
        .where(MESSAGE.c.seq.between(stretch.first, stretch.last))
        .order_by(MESSAGE.c.seq if is_upwards else MESSAGE.c.seq.desc())
        .limit(limit)
    )
    found = await transaction.execute(query)
    return [Outline(seq, kind == KIND_MESSAGE, size) for seq, kind, size in found]


async def list_entries(transaction: Transaction, conversation_id: bytes, stretch: Stretch) -> list[Row[Any]]:
    """Return the rows of ENTRY in the stretch, oldest first."""
    query = (
        select(*ENTRY)
        .where(MESSAGE.c.conversation_id == conversation_id)
        .where(MESSAGE.c.seq.between(stretch.first, stretch.last))
        .order_by(MESSAGE.c.seq)
    )
    return list(await transaction.execute(query))


async def list_entries_at(transaction: Transaction, places: Mapping[bytes, int]) -> list[Row[Any]]:
    """Return the rows of ENTRY at one seq of each conversation."""
    return list(await transaction.execute(select(*ENTRY).where(match_places(places))))


async def list_ordinals_at(transaction: Transaction, places: Mapping[bytes, int]) -> dict[bytes, int]:
    """Return the ordinal at one seq of each conversation; one without that entry is left out."""
    query = select(MESSAGE.c.conversation_id, MESSAGE.c.ordinal).where(match_places(places))
    return {conversation_id: ordinal for conversation_id, ordinal in await transaction.execute(query)}


def match_places(places: Mapping[bytes, int]) -> Any:
    return or_(
        *(
            and_(MESSAGE.c.conversation_id == conversation_id, MESSAGE.c.seq == seq)
            for conversation_id, seq in sorted(places.items())
        )
    )


async def insert_entry(transaction: Transaction, entry: Entry, record_hash: bytes) -> None:
    """Store one entry at its place."""
    await transaction.execute(
        insert(MESSAGE).values(
            conversation_id=bytes.fromhex(entry.conversation_id),
            seq=entry.seq,
            ordinal=entry.ordinal,
            client_id=bytes.fromhex(entry.client_id),
            from_user=entry.from_user,
            from_device=bytes.fromhex(entry.from_device),
            counter=entry.counter,
            kind=entry.kind,
            target_seq=entry.target_seq,
            epoch=entry.epoch,
            message=entry.record,
            record_hash=record_hash,
            log_hash=entry.log_hash,
            timestamp=entry.timestamp,
        )
    )


async def delete_log(transaction: Transaction, conversation_id: bytes) -> None:
    """Remove every entry of a conversation that nobody is left to read."""
    await transaction.execute(delete(MESSAGE).where(MESSAGE.c.conversation_id == conversation_id))
