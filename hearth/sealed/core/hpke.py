"""HPKE (RFC 9180) over X-Wing, one-shot, AAD empty (section 1.2). It hides, it never authenticates.

Names and lengths of keys are here; what computes with them is imported where it is first needed (decision 6).
"""

import secrets

from hearth.sealed.core import labels
from hearth.sealed.core.hashing import labelled_hash
from hearth.sealed.core.verdicts import Rejected, Verdict, require

PUBLIC = 1184 + 32
ENC = 1120
WRAP = ENC + 32 + 16


def make_seed() -> bytes:
    """Return a fresh X-Wing private key: a 32-byte seed."""
    return secrets.token_bytes(32)


def public_key(seed: bytes) -> bytes:
    """Return the 1,216-byte public key of a seed."""
    from hearth.sealed.core import xwing

    return xwing.public_key(seed)


def kem_hash(public: bytes) -> bytes:
    """Return the hash by which statements name a KEM public key, 32 bytes."""
    return labelled_hash(labels.KEM_KEY, public)


def seal(public: bytes, info: bytes, plaintext: bytes) -> bytes:
    """Return enc ‖ ciphertext; 1,168 bytes for 32. Raises Rejected(bad_key) for what is no X-Wing key."""
    from hearth.sealed.core import xwing

    require(len(public) == PUBLIC, Verdict.MALFORMED, "a KEM key of another length")
    try:
        return xwing.seal(public, info, plaintext)
    except ValueError as error:  # another ML-KEM encoding, or an X25519 part of small order
        raise Rejected(Verdict.BAD_KEY, "not an X-Wing key") from error


def open_wrap(seed: bytes, info: bytes, wrap: bytes) -> bytes:
    """Return the 32 bytes of a wrap of 1,168; another length is malformed, what does not open cannot_open."""
    from cryptography.exceptions import InvalidTag

    from hearth.sealed.core import xwing

    require(len(wrap) == WRAP, Verdict.MALFORMED, "a wrap of another length")
    try:
        return xwing.unseal(seed, info, wrap)
    except (InvalidTag, ValueError) as error:  # ValueError: an ephemeral X25519 key of small order
        raise Rejected(Verdict.CANNOT_OPEN, "the wrap is not for this key and place") from error
