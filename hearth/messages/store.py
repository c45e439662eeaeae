"""Every SQL statement that reads messages. Takes a transaction, returns rows; no events, no permissions.

Each is a seek by key: none gets slower with the length of a conversation.
"""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Row, and_, delete, func, insert, or_, select

from hearth.contract import Transaction
from hearth.messages.contract import KIND_MESSAGE, KIND_PIN, KIND_STATE, Entry
from hearth.messages.rules import Outline, Stretch
from hearth.messages.tables import MESSAGE, STANDING

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
MOST_STATES = 3
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


async def list_chosen(
    transaction: Transaction, conversation_id: bytes, seqs: Collection[int]
) -> list[Row[Any]]:
    """Return the rows of ENTRY at these seqs of a conversation, oldest first. No query for none."""
    if not seqs:
        return []
    query = (
        select(*ENTRY)
        .where(MESSAGE.c.conversation_id == conversation_id, MESSAGE.c.seq.in_(sorted(seqs)))
        .order_by(MESSAGE.c.seq)
    )
    return list(await transaction.execute(query))


async def list_sizes(
    transaction: Transaction, conversation_id: bytes, seqs: Collection[int]
) -> dict[int, int]:
    """Return the length of the records at these seqs of a conversation. No query for none."""
    if not seqs:
        return {}
    query = select(MESSAGE.c.seq, func.length(MESSAGE.c.message)).where(
        MESSAGE.c.conversation_id == conversation_id, MESSAGE.c.seq.in_(sorted(seqs))
    )
    return {seq: size for seq, size in await transaction.execute(query)}


async def list_entries_of(transaction: Transaction, places: Collection[tuple[bytes, int]]) -> list[Row[Any]]:
    """Return the rows of ENTRY at these places, by conversation and seq. No query for none."""
    if not places:
        return []
    query = (
        select(*ENTRY)
        .where(or_(*(match_place(conversation_id, seq) for conversation_id, seq in sorted(places))))
        .order_by(MESSAGE.c.conversation_id, MESSAGE.c.seq)
    )
    return list(await transaction.execute(query))


async def list_states(
    transaction: Transaction, stretches: Mapping[bytes, Stretch]
) -> list[tuple[bytes, int, int]]:
    """Return (conversation id, seq, size) of the states to know in each stretch. No query for none.

    The newest MOST_STATES that rule, as many of the first that do not, and the newest of all.
    """
    if not stretches:
        return []
    alike = STANDING.c.conversation_id, STANDING.c.is_ruling
    found = (
        select(
            STANDING.c.conversation_id,
            STANDING.c.seq,
            STANDING.c.is_ruling,
            func.row_number().over(partition_by=alike, order_by=STANDING.c.seq.desc()).label("from_top"),
            func.row_number().over(partition_by=alike, order_by=STANDING.c.seq).label("from_bottom"),
            func.max(STANDING.c.seq).over(partition_by=STANDING.c.conversation_id).label("newest"),
        )
        .where(STANDING.c.kind == KIND_STATE)
        .where(
            or_(
                *(
                    and_(STANDING.c.conversation_id == key, STANDING.c.seq.between(*stretch))
                    for key, stretch in sorted(stretches.items())
                )
            )
        )
        .subquery()
    )
    is_wanted = or_(
        and_(found.c.is_ruling, found.c.from_top <= MOST_STATES),
        and_(~found.c.is_ruling, found.c.from_bottom <= MOST_STATES),
        found.c.seq == found.c.newest,
    )
    is_same = and_(MESSAGE.c.conversation_id == found.c.conversation_id, MESSAGE.c.seq == found.c.seq)
    query = select(found.c.conversation_id, found.c.seq, func.length(MESSAGE.c.message))
    rows = await transaction.execute(query.select_from(found.join(MESSAGE, is_same)).where(is_wanted))
    return [(conversation_id, seq, size) for conversation_id, seq, size in rows]


async def list_pins(
    transaction: Transaction, conversation_id: bytes, stretch: Stretch, limit: int
) -> list[tuple[int, int, int]]:
    """Return (seq, seq of the target, size) of the newest pins in the stretch, the newest first."""
    is_same = and_(MESSAGE.c.conversation_id == STANDING.c.conversation_id, MESSAGE.c.seq == STANDING.c.seq)
    query = (
        select(MESSAGE.c.seq, MESSAGE.c.target_seq, func.length(MESSAGE.c.message))
        .select_from(STANDING.join(MESSAGE, is_same))
        .where(STANDING.c.conversation_id == conversation_id, STANDING.c.kind == KIND_PIN)
        .where(STANDING.c.seq.between(stretch.first, stretch.last))
        .order_by(STANDING.c.seq.desc())
        .limit(limit)
    )
    return [(seq, target, size) for seq, target, size in await transaction.execute(query)]


async def list_entries_at(transaction: Transaction, places: Mapping[bytes, int]) -> list[Row[Any]]:
    """Return the rows of ENTRY at one seq of each conversation."""
    return list(await transaction.execute(select(*ENTRY).where(match_places(places))))


async def list_ordinals_at(transaction: Transaction, places: Mapping[bytes, int]) -> dict[bytes, int]:
    """Return the ordinal at one seq of each conversation; one without that entry is left out."""
    query = select(MESSAGE.c.conversation_id, MESSAGE.c.ordinal).where(match_places(places))
    return {conversation_id: ordinal for conversation_id, ordinal in await transaction.execute(query)}


def match_places(places: Mapping[bytes, int]) -> Any:
    return or_(*(match_place(conversation_id, seq) for conversation_id, seq in sorted(places.items())))


def match_place(conversation_id: bytes, seq: int) -> Any:
    return and_(MESSAGE.c.conversation_id == conversation_id, MESSAGE.c.seq == seq)


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
    await transaction.execute(delete(STANDING).where(STANDING.c.conversation_id == conversation_id))
    await transaction.execute(delete(MESSAGE).where(MESSAGE.c.conversation_id == conversation_id))
