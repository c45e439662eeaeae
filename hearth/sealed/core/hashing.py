"""SHA-256, HMAC-SHA256 and HKDF-SHA256 as section 1 names them.

`cryptography` is imported where it is first needed, here and beside: most servers never are (decision 6).
"""

import hashlib
import hmac

ABSENT = b""


def sha256(data: bytes) -> bytes:
    """Return SHA-256, 32 bytes."""
    return hashlib.sha256(data).digest()


def labelled_hash(label: bytes, data: bytes) -> bytes:
    """Return hash(name, x) = SHA-256(L(name) ‖ x), 32 bytes; `label` is L(name)."""
    return sha256(label + data)


def hkdf(key: bytes, salt: bytes, info: bytes) -> bytes:
    """Return 32 bytes of HKDF-SHA256 (RFC 5869); an absent salt is ABSENT."""
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=info).derive(key)


def mac(key: bytes, data: bytes) -> bytes:
    """Return HMAC-SHA256 (RFC 2104), 32 bytes."""
    return hmac.digest(key, data, "sha256")


def is_equal(a: bytes, b: bytes) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(a, b)
