"""The hash that chains a conversation's log, computed a second time here so that it checks the server's.

H(0) = SHA-256("hearth log v1\\0" ‖ conversation)
H(s) = SHA-256(H(s−1) ‖ s u64 ‖ kind u16 ‖ from_user u64 ‖ SHA-256(record))
"""

import hashlib
import struct

from hearth.messages.contract import Entry

LABEL = b"hearth log v1\0"
FIELDS = struct.Struct(">QHQ")


def start_hash(conversation_id: str) -> bytes:
    """Return H(0) of a conversation, 32 bytes."""
    return hashlib.sha256(LABEL + bytes.fromhex(conversation_id)).digest()


def chain_hash(before: bytes, entry: Entry) -> bytes:
    """Return H(entry.seq) from H(entry.seq − 1).

    Of an emptied entry the server tells the hash that its record had; of one without it its own word stands.
    """
    record_hash = hashlib.sha256(entry.record).digest() if entry.record else entry.record_hash
    if record_hash is None:
        return entry.log_hash
    fields = FIELDS.pack(entry.seq, entry.kind, entry.from_user)
    return hashlib.sha256(before + fields + record_hash).digest()
