"""Keys of calls (section 8.8): the RFC 9605 base key of one sender in one epoch, and the KID of frames."""

from hearth.sealed.core import labels
from hearth.sealed.core.hashing import hkdf
from hearth.sealed.core.reader import u16, u64


def call_base_key(epoch_key: bytes, call_id: bytes, user: int, device: bytes) -> bytes:
    """Return the base key, 32 bytes, for AES_256_GCM_SHA512_128."""
    return hkdf(epoch_key, call_id, labels.CALL + u64(user) + device)


def call_kid(n: int, index: int) -> int:
    """Return the KID of a sender in epoch n; `index` (0 to 65,535) stands in its sealed `call` record."""
    return int.from_bytes(u16(n % 2**16) + u16(index))
