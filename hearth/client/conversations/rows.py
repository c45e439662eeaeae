"""From what the server says of an entry to what the engine judges."""

from datetime import datetime

from hearth.client.crypto.log.rows import Row
from hearth.client.device_file import OutboxTarget
from hearth.messages.contract import Entry
from hearth.sealed.core.hashing import sha256

NO_HASH = bytes(32)


def to_ms(moment: datetime) -> int:
    """Return an instant in ms since 1970."""
    return round(moment.timestamp() * 1000)


def make_target(target: OutboxTarget) -> Row:
    """Return what an entry is aimed at as far as sealing needs it."""
    return Row(
        seq=target.seq,
        kind=target.kind,
        user=target.user,
        device=bytes(16),
        client_id=bytes(16),
        counter=0,
        epoch=0,
        target_seq=0,
        time=0,
        record=b"",
        record_hash=target.hash,
    )


def to_row(entry: Entry) -> Row:
    """Return an entry as a row; nothing of it is proven."""
    return Row(
        seq=entry.seq,
        kind=entry.kind,
        user=entry.from_user,
        device=bytes.fromhex(entry.from_device),
        client_id=bytes.fromhex(entry.client_id),
        counter=entry.counter,
        epoch=entry.epoch,
        target_seq=entry.target_seq,
        time=to_ms(entry.timestamp),
        record=entry.record,
        record_hash=sha256(entry.record) if entry.record else entry.record_hash or NO_HASH,
    )
