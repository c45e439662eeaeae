"""Entries as other nouns need them: the latest of many conversations, and how many messages came before."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row

from hearth.contract import Transaction
from hearth.messages import store
from hearth.messages.contract import Entry
from hearth.messages.signed import FIRST_KIND, find_client_id


async def list_entries_at(transaction: Transaction, places: Mapping[bytes, int]) -> dict[bytes, Entry]:
    """Return the entry at one seq of each conversation (those without it left out). One query, none for none.

    Whether the asker may read these places is the caller's business.
    """
    places = {conversation_id: seq for conversation_id, seq in places.items() if seq > 0}
    if not places:
        return {}
    rows = await store.list_entries_at(transaction, places)
    return {row.conversation_id: to_entry(row) for row in rows}


async def list_ordinals_at(transaction: Transaction, places: Mapping[bytes, int]) -> dict[bytes, int]:
    """Return how many messages each conversation has up to and with a seq. One query, none for none."""
    wanted = {conversation_id: seq for conversation_id, seq in places.items() if seq > 0}
    found = await store.list_ordinals_at(transaction, wanted) if wanted else {}
    return {conversation_id: found.get(conversation_id, 0) for conversation_id in places}


def to_entry(row: Row[*tuple[Any, ...]]) -> Entry:
    """Return an entry as devices get it from a row of `store.ENTRY`."""
    (
        conversation_id, seq, ordinal, kind, from_user, from_device, client_id,
        counter, epoch, target_seq, record, log_hash, timestamp, record_hash,
    ) = row  # fmt: skip
    return Entry(
        conversation_id=conversation_id.hex(),
        seq=seq,
        ordinal=ordinal,
        kind=kind,
        from_user=from_user,
        from_device=from_device.hex(),
        client_id=(find_client_id(kind, record) if kind >= FIRST_KIND else client_id).hex(),
        counter=counter,
        epoch=epoch,
        target_seq=abs(target_seq),
        record=record,
        log_hash=log_hash,
        timestamp=timestamp,
        record_hash=None if record else record_hash,
    )
