"""The box (section 1.3): AES-256-GCM under a key of its own, so that the fixed nonce is never used twice."""

import secrets

from hearth.sealed.core.hashing import hkdf
from hearth.sealed.core.verdicts import Rejected, Verdict, require

VERSION = b"\x01"
SALT = 16
TAG = 16
OVERHEAD = 1 + SALT + TAG
NONCE = bytes(12)


def make_salt() -> bytes:
    """Return 16 fresh random bytes."""
    return secrets.token_bytes(SALT)


def seal_box(key: bytes, label: bytes, aad: bytes, plaintext: bytes, salt: bytes | None = None) -> bytes:
    """Return box(key, name, aad, x), 33 bytes longer than x. A salt is given where the format says which."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    salt = make_salt() if salt is None else salt
    sealed = AESGCM(hkdf(key, salt, label)).encrypt(NONCE, plaintext, aad)
    return VERSION + salt + sealed


def open_box(key: bytes, label: bytes, aad: bytes, box: bytes) -> bytes:
    """Return x.

    Raises Rejected: malformed (too short), unsupported (another version), cannot_open, in this order.
    """
    check_box(box)
    salt, sealed = box[1 : 1 + SALT], box[1 + SALT :]
    return open_aead(hkdf(key, salt, label), NONCE, sealed, aad)


def check_box(box: bytes) -> None:
    """Raise Rejected(unsupported) for another version, Rejected(malformed) for what is too short."""
    require(len(box) > 0, Verdict.MALFORMED, "a box without bytes")
    require(box[:1] == VERSION, Verdict.UNSUPPORTED, "a box of another version")
    require(len(box) >= OVERHEAD, Verdict.MALFORMED, "a box that is too short")


def open_aead(key: bytes, nonce: bytes, sealed: bytes, aad: bytes) -> bytes:
    """Open AES-256-GCM with the tag at the end; Rejected(cannot_open) when it does not verify."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    require(len(sealed) >= TAG, Verdict.CANNOT_OPEN, "too short for a tag")
    try:
        return AESGCM(key).decrypt(nonce, sealed, aad)
    except InvalidTag as error:
        raise Rejected(Verdict.CANNOT_OPEN, "the tag does not verify") from error
