"""The log hash (section 8.5), which chains every entry of a conversation as stored."""

from hearth.sealed.core import labels
from hearth.sealed.core.hashing import labelled_hash, sha256
from hearth.sealed.core.reader import u16, u64


def first_hash(conversation: bytes) -> bytes:
    """Return H(0), 32 bytes."""
    return labelled_hash(labels.LOG, conversation)


def next_hash(before: bytes, seq: int, kind: int, user: int, record_hash: bytes) -> bytes:
    """Return H(seq) from H(seq − 1); `record_hash` is SHA-256 of the stored bytes."""
    return sha256(before + u64(seq) + u16(kind) + u64(user) + record_hash)
