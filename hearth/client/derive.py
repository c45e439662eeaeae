"""Keys from a password: one for the server to check, one to seal with; the password itself never leaves.

The web client derives the same (tests/vectors/derive.json holds both to it).
"""

import secrets
import unicodedata
from dataclasses import dataclass

import msgspec
import precis_i18n
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hearth.accounts.contract import KdfParameters
from hearth.errors import InvalidInput, PasswordUnchanged

MIN_MEMORY = 64 * 1024
MIN_ITERATIONS = 3
MAX_MEMORY = 1024 * 1024
MAX_ITERATIONS = 20
MIN_CHARACTERS = 10
MAX_BYTES = 1024
AUTH_INFO = b"hearth auth v1\0"
KEK_INFO = b"hearth kek v1\0"
OPAQUE_STRING = precis_i18n.get_profile("OpaqueString")


class WeakKdf(InvalidInput):
    """The server names a key derivation that a thief of its database could try passwords against too fast."""

    code = "weak_kdf"
    title = "The server asks for a password derivation that is too weak"


@dataclass(frozen=True, slots=True)
class DerivedKeys:
    """32 bytes each. `auth_key` proves the password to the server; `kek` seals keys and is never sent."""

    auth_key: bytes
    kek: bytes


def choose_parameters(*, insecure_test_kdf: bool = False) -> KdfParameters:
    """Return the derivation of a new password: a fresh salt and the least cost that clients accept."""
    memory, iterations = (64, 1) if insecure_test_kdf else (MIN_MEMORY, MIN_ITERATIONS)
    return KdfParameters(salt=secrets.token_bytes(16), memory=memory, iterations=iterations, parallelism=1)


def prepare_password(password: str) -> bytes:
    """Return the bytes of a password however it was typed (NFC, then RFC 8265 OpaqueString).

    Raises InvalidInput when it holds characters that cannot be typed alike everywhere or is too long.
    """
    try:
        prepared = OPAQUE_STRING.enforce(unicodedata.normalize("NFC", password)).encode()
    except UnicodeError as error:
        detail = "The password holds a character that cannot be used"
        raise InvalidInput(detail, fields={"password": detail}) from error
    if len(prepared) > MAX_BYTES:
        raise InvalidInput(f"A password has at most {MAX_BYTES} bytes")
    return prepared


def check_new_password(password: str) -> None:
    """Raise InvalidInput unless the password is long enough for a new one."""
    if len(prepare_password(password).decode()) < MIN_CHARACTERS:
        raise InvalidInput(f"A password has at least {MIN_CHARACTERS} characters")


def check_changed_password(old: str, new: str) -> None:
    """Raise PasswordUnchanged when both are the same however typed: no server can tell, salts differ."""
    if prepare_password(old) == prepare_password(new):
        raise PasswordUnchanged(fields={"password": "unchanged"})


def check_parameters(parameters: KdfParameters, *, insecure_test_kdf: bool) -> None:
    """Raise WeakKdf below 64 MiB or three passes, which only a test server on loopback may ask for, and above
    what a device can be asked for: 1 GiB or 20 passes.
    """
    if parameters.memory > MAX_MEMORY or parameters.iterations > MAX_ITERATIONS:
        raise WeakKdf(f"{parameters.memory} KiB, {parameters.iterations} passes: more than a device can do")
    if insecure_test_kdf:
        return
    if parameters.memory < MIN_MEMORY or parameters.iterations < MIN_ITERATIONS:
        raise WeakKdf(f"{parameters.memory} KiB, {parameters.iterations} passes")


def derive_keys(password: str, parameters: KdfParameters, *, insecure_test_kdf: bool = False) -> DerivedKeys:
    """Derive both keys: Argon2id (RFC 9106), then HKDF-SHA256 (RFC 5869). Takes about a second of processor
    time.

    Raises WeakKdf and InvalidInput.
    """
    parameters = msgspec.convert(msgspec.to_builtins(parameters), KdfParameters)
    check_parameters(parameters, insecure_test_kdf=insecure_test_kdf)
    master = Argon2id(
        salt=parameters.salt,
        length=32,
        iterations=parameters.iterations,
        lanes=parameters.parallelism,
        memory_cost=parameters.memory,
    ).derive(prepare_password(password))
    return DerivedKeys(auth_key=_expand(master, AUTH_INFO), kek=_expand(master, KEK_INFO))


def _expand(master: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=b"", info=info).derive(master)
