"""How conversations are named: direct and self ones by their people, so that there is exactly one.

The derivation is part of the protocol (e2ee design, section 3): clients compute the same ids.
"""

import hashlib


def make_direct_id(server_id: bytes, user_id: int, other_id: int) -> bytes:
    """Return the 16-byte id of the one conversation between two users, the same from both sides."""
    lower, higher = sorted((user_id, other_id))
    named = b"hearth direct v1\0" + server_id + lower.to_bytes(8, "big") + higher.to_bytes(8, "big")
    return hashlib.sha256(named).digest()[:16]


def make_self_id(server_id: bytes, user_id: int) -> bytes:
    """Return the 16-byte id of a user's conversation with themselves."""
    return hashlib.sha256(b"hearth self v1\0" + server_id + user_id.to_bytes(8, "big")).digest()[:16]


def make_first_hash(conversation_id: bytes) -> bytes:
    """Return H(0), the log hash of a conversation without entries (e2ee, section 4)."""
    return hashlib.sha256(b"hearth log v1\0" + conversation_id).digest()
