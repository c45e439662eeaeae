"""The recovery key (section 4.3): 32 random bytes, shown as fourteen groups of four characters."""

import base64
import binascii
import re
from dataclasses import dataclass

from hearth.sealed.core import labels
from hearth.sealed.core.hashing import ABSENT, hkdf, labelled_hash
from hearth.sealed.core.verdicts import Rejected, Verdict, require

CHARACTERS = 56
CHECK = 3
IGNORED = re.compile(r"[\t-\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff-]")
READING = str.maketrans("018", "OIB")


@dataclass(frozen=True, slots=True)
class RecoverySecrets:
    """What a recovery key (or a passkey's PRF output) gives, 32 bytes each.

    `proof` goes to the server, `kem_seed` is an X-Wing seed, `tag_key` keys the MAC of the way in.
    """

    proof: bytes
    kem_seed: bytes
    tag_key: bytes


def derive_secrets(key: bytes) -> RecoverySecrets:
    """Return what 32 bytes of recovery key give."""
    return RecoverySecrets(
        proof=hkdf(key, ABSENT, labels.RECOVERY_AUTH),
        kem_seed=hkdf(key, ABSENT, labels.RECOVERY_KEM),
        tag_key=hkdf(key, ABSENT, labels.RECOVERY_TAG),
    )


def show_recovery_key(key: bytes) -> str:
    """Return the 69 characters that a person writes down."""
    shown = base64.b32encode(key + _check_of(key)).decode("ascii")
    return "-".join(shown[at : at + 4] for at in range(0, CHARACTERS, 4))


def read_recovery_key(typed: str) -> bytes:
    """Return the 32 bytes of what a person typed; Rejected(mistyped) when something is wrong."""
    characters = IGNORED.sub("", typed).upper().translate(READING)
    require(len(characters) == CHARACTERS, Verdict.MISTYPED, "a wrong length")
    try:
        decoded = base64.b32decode(characters)
    except (binascii.Error, ValueError) as error:
        raise Rejected(Verdict.MISTYPED, "a wrong character") from error
    key, check = decoded[:32], decoded[32:]
    require(check == _check_of(key), Verdict.MISTYPED, "the check does not fit")
    return key


def _check_of(key: bytes) -> bytes:
    return labelled_hash(labels.RECOVERY_CHECK, key)[:CHECK]
