"""HPKE (RFC 9180) over X-Wing, one-shot, AAD empty (section 1.2). It hides, it never authenticates.

Both come from pyca/cryptography, which has ML-KEM and this KEM itself: no other package is needed.
"""

import hashlib
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from hearth.sealed.core import labels
from hearth.sealed.core.hashing import labelled_hash
from hearth.sealed.core.verdicts import Rejected, Verdict, require

SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
ML_KEM_PUBLIC = 1184
PUBLIC = ML_KEM_PUBLIC + 32
ENC = 1120
WRAP = ENC + 32 + 16


def make_seed() -> bytes:
    """Return a fresh X-Wing private key: a 32-byte seed."""
    return secrets.token_bytes(32)


def public_key(seed: bytes) -> bytes:
    """Return the 1,216-byte public key of a seed."""
    ml_kem, x25519 = _expand(seed)
    return ml_kem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()


def kem_hash(public: bytes) -> bytes:
    """Return the hash by which statements name a KEM public key, 32 bytes."""
    return labelled_hash(labels.KEM_KEY, public)


def seal(public: bytes, info: bytes, plaintext: bytes) -> bytes:
    """Return enc ‖ ciphertext; 1,168 bytes for 32. Raises Rejected(bad_key) for what is no X-Wing key."""
    try:
        return SUITE.encrypt(plaintext, _load(public), info)
    except ValueError as error:  # an X25519 part of small order
        raise Rejected(Verdict.BAD_KEY, "not an X-Wing key") from error


def open_wrap(seed: bytes, info: bytes, wrap: bytes) -> bytes:
    """Return the 32 bytes of a wrap of 1,168; another length is malformed, what does not open cannot_open."""
    require(len(wrap) == WRAP, Verdict.MALFORMED, "a wrap of another length")
    try:
        return SUITE.decrypt(wrap, MLKEM768X25519PrivateKey(*_expand(seed)), info)
    except (InvalidTag, ValueError) as error:  # ValueError: an ephemeral X25519 key of small order
        raise Rejected(Verdict.CANNOT_OPEN, "the wrap is not for this key and place") from error


def _expand(seed: bytes) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
    expanded = hashlib.shake_256(seed).digest(96)
    return (
        MLKEM768PrivateKey.from_seed_bytes(expanded[:64]),
        X25519PrivateKey.from_private_bytes(expanded[64:]),
    )


def _load(public: bytes) -> MLKEM768X25519PublicKey:
    require(len(public) == PUBLIC, Verdict.MALFORMED, "a KEM key of another length")
    try:
        return MLKEM768X25519PublicKey(
            MLKEM768PublicKey.from_public_bytes(public[:ML_KEM_PUBLIC]),
            X25519PublicKey.from_public_bytes(public[ML_KEM_PUBLIC:]),
        )
    except ValueError as error:
        raise Rejected(Verdict.BAD_KEY, "not an X-Wing key") from error
