"""Ed25519 (RFC 8032), the same in every engine: section 1.1's checks, then verification without cofactor."""

from hearth.sealed.core.verdicts import Verdict, require

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
SIGN_BIT = 1 << 255
SMALL_ORDER = frozenset(
    bytes.fromhex(point)
    for point in (
        "01" + 31 * "00",
        "ec" + 30 * "ff" + "7f",
        32 * "00",
        31 * "00" + "80",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    )
)


def public_key(seed: bytes) -> bytes:
    """Return the 32-byte public key of a 32-byte seed."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def sign(seed: bytes, message: bytes) -> bytes:
    """Return the signature, 64 bytes."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(seed).sign(message)


def is_good_point(encoded: bytes) -> bool:
    """Tell whether 32 bytes pass rules 1 and 2: canonical and not of small order."""
    if len(encoded) != 32:
        return False
    number = int.from_bytes(encoded, "little")
    y, sign_bit = number & (SIGN_BIT - 1), number & SIGN_BIT
    is_canonical = y < P and not (y in (1, P - 1) and sign_bit)
    return is_canonical and encoded not in SMALL_ORDER


def is_valid(public: bytes, signature: bytes, message: bytes) -> bool:
    """Tell whether a signature is good by rules 1 to 4.

    Rule 4 is OpenSSL's own verification, which encodes [S]B − [k]A and compares it with R.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    if len(signature) != 64 or not is_good_point(public) or not is_good_point(signature[:32]):
        return False
    if int.from_bytes(signature[32:], "little") >= L:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def verify(public: bytes, signature: bytes, message: bytes) -> None:
    """Raise Rejected(bad_signature) unless the signature is good."""
    require(is_valid(public, signature, message), Verdict.BAD_SIGNATURE, "the signature is not of this key")


def check_key(public: bytes) -> None:
    """Raise Rejected(bad_key) unless a public key may stand in a chain."""
    require(is_good_point(public), Verdict.BAD_KEY, "a key that is not canonical or of small order")
