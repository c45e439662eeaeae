"""X-Wing keys and the HPKE suite over them as pyca/cryptography knows them, which has this KEM itself."""

import hashlib

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

SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
ML_KEM_PUBLIC = 1184


def public_key(seed: bytes) -> bytes:
    """Return the 1,216-byte public key of a seed."""
    ml_kem, x25519 = expand(seed)
    return ml_kem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()


def seal(public: bytes, info: bytes, plaintext: bytes) -> bytes:
    """Return enc ‖ ciphertext. Raises ValueError for what is no X-Wing key."""
    key = MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(public[:ML_KEM_PUBLIC]),
        X25519PublicKey.from_public_bytes(public[ML_KEM_PUBLIC:]),
    )
    return SUITE.encrypt(plaintext, key, info)


def unseal(seed: bytes, info: bytes, sealed: bytes) -> bytes:
    """Return the plaintext. Raises InvalidTag, and ValueError for an ephemeral key of small order."""
    return SUITE.decrypt(sealed, MLKEM768X25519PrivateKey(*expand(seed)), info)


def expand(seed: bytes) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
    """Return both private keys of a 32-byte seed (section 1.2)."""
    expanded = hashlib.shake_256(seed).digest(96)
    return (
        MLKEM768PrivateKey.from_seed_bytes(expanded[:64]),
        X25519PrivateKey.from_private_bytes(expanded[64:]),
    )
