"""The decisions of accounts that need no database: verifiers, costs, tokens. Pure but for randomness."""

import base64
import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import Literal

from hearth.accounts.contract import KdfParameters
from hearth.errors import Conflict, HearthError, InvalidInput

VERIFIER_VERSION = "v1$"
MIN_MEMORY, MIN_ITERATIONS = 65536, 3
"""KiB and passes of Argon2id, the floor that clients keep too."""
MAX_DEVICES = 50
UNUSED_FOR = timedelta(days=90)
"""A session that nobody used for so long is over."""
SEEN_EVERY = timedelta(minutes=1)
"""How exact a device's last_seen is; more would cost a write for every request."""
INVITE_DAYS = 7
RESET_LASTS = timedelta(hours=24)


class RegistrationClosed(HearthError):
    code = "registration_closed"
    status = 403
    title = "This server takes no new accounts"


class InviteNeeded(HearthError):
    code = "invite_needed"
    status = 403
    title = "An invitation is needed to register here"


class AccountDisabled(HearthError):
    """Told only to who proved the password."""

    code = "account_disabled"
    status = 403
    title = "This account has been disabled by an administrator"


class AccountSealed(Conflict):
    """The password opens a vault: it changes together with the vault or not at all."""

    code = "account_sealed"
    title = "This account is encrypted; its password changes together with the vault"


class LinkInvalid(HearthError):
    """One answer for a link that never existed, was used, ran out or was taken back."""

    code = "link_invalid"
    status = 410
    title = "This link is no longer valid; ask for a new one"


def make_verifier(auth_key: bytes) -> str:
    """Return what `user.password` holds: SHA-256 is enough, the key is already stretched by Argon2id."""
    return VERIFIER_VERSION + base64.b64encode(hashlib.sha256(auth_key).digest()).decode()


def is_right_key(auth_key: bytes, verifier: str | None) -> bool:
    """Compare in constant time; without a verifier (unknown or deleted user) the same work leads to False."""
    expected = verifier or UNKNOWN_VERIFIER
    return hmac.compare_digest(make_verifier(auth_key).encode(), expected.encode()) and bool(verifier)


UNKNOWN_VERIFIER = VERIFIER_VERSION + base64.b64encode(bytes(32)).decode()


def require_costly(kdf: KdfParameters, *, insecure_test_kdf: bool) -> None:
    """Refuse costs that would let a stolen database be guessed through; raises InvalidInput."""
    if insecure_test_kdf:
        return
    if kdf.memory < MIN_MEMORY or kdf.iterations < MIN_ITERATIONS:
        raise InvalidInput(
            f"Argon2id needs at least {MIN_MEMORY} KiB and {MIN_ITERATIONS} passes.",
            fields={"kdf": "too_cheap"},
        )


def make_fake_kdf(secret: bytes, username: str) -> KdfParameters:
    """Return the parameters of a user who does not exist: always the same for one name, like anybody's."""
    message = b"hearth sign-in parameters v1\0" + username.encode()
    salt = hmac.digest(secret, message, "sha256")[:16]
    return KdfParameters(salt=salt, memory=MIN_MEMORY, iterations=MIN_ITERATIONS, parallelism=1)


def require_invite(mode: Literal["open", "invite", "closed"], invite: str | None) -> None:
    """Decide by the server's mode whether one may try to register. An invite is checked when it is used."""
    if invite is not None:
        return
    if mode == "closed":
        raise RegistrationClosed
    if mode == "invite":
        raise InviteNeeded


def require_invite_fits(mode: Literal["open", "invite", "closed"], makes_admin: bool | None) -> bool:
    """Return whether a usable invite makes an administrator; `makes_admin` is None when there is none.

    Raises LinkInvalid, and RegistrationClosed where only the administrator may still register.
    """
    if makes_admin is None:
        raise LinkInvalid
    if mode == "closed" and not makes_admin:
        raise RegistrationClosed
    return makes_admin


def make_token() -> str:
    """Return a new secret of 256 bits in base64url."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> bytes:
    """Return what is stored of a token, by which it is found; total, whatever a stranger sends."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
