"""Conversation ids (section 7.1): each is computed, so that nobody takes the id of another conversation."""

from hearth.sealed.core import labels
from hearth.sealed.core.hashing import labelled_hash
from hearth.sealed.core.reader import u64


def direct_id(server: bytes, a: int, b: int) -> bytes:
    """Return the id of the direct conversation of two people, in either order."""
    lower, higher = sorted((a, b))
    return labelled_hash(labels.DIRECT, server + u64(lower) + u64(higher))[:16]


def self_id(server: bytes, user: int) -> bytes:
    """Return the id of a person's conversation with themselves."""
    return labelled_hash(labels.SELF, server + u64(user))[:16]


def group_id(server: bytes, user: int, device: bytes, time: int) -> bytes:
    """Return the id of the group that a device creates at a time (ms, UTC): as in its create record."""
    return labelled_hash(labels.GROUP, server + u64(user) + device + u64(time))[:16]
