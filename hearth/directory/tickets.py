"""Promises of a device id to somebody who is not signed in yet, kept by nobody: the server knows its own MAC.

The list of devices is signed before the session begins, so its id must be known before.
"""

import base64
import binascii
import hmac
import secrets
from datetime import datetime, timedelta

from hearth.directory.rules import RecoveryExpired

LASTS = timedelta(hours=1)
NONCE, MOMENT, MAC = 16, 8, 32
TICKET = b"hearth recovery ticket v1\0"
DEVICE = b"hearth recovery device v1\0"
RESET_DEVICE = b"hearth reset device v1\0"


def make_ticket(secret: bytes, user_id: int, now: datetime) -> str:
    """Return a ticket for this user that lasts an hour."""
    head = secrets.token_bytes(NONCE) + int((now + LASTS).timestamp()).to_bytes(MOMENT)
    return base64.urlsafe_b64encode(head + _sign(secret, user_id, head)).decode()


def read_ticket(secret: bytes, user_id: int, ticket: str, now: datetime) -> bytes:
    """Return the device id that a ticket promises to this user. Raises RecoveryExpired."""
    try:
        content = base64.b64decode(ticket.encode(), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise RecoveryExpired from None
    head, mac = content[: NONCE + MOMENT], content[NONCE + MOMENT :]
    is_ours = len(mac) == MAC and hmac.compare_digest(mac, _sign(secret, user_id, head))
    if not is_ours or int.from_bytes(head[NONCE:]) < now.timestamp():
        raise RecoveryExpired
    return hmac.digest(secret, DEVICE + _name(user_id) + head, "sha256")[:16]


def reset_device(secret: bytes, token: str) -> bytes:
    """Return the id of the device that a one-time link signs in."""
    return hmac.digest(secret, RESET_DEVICE + token.encode("utf-8", "surrogatepass"), "sha256")[:16]


def _sign(secret: bytes, user_id: int, head: bytes) -> bytes:
    return hmac.digest(secret, TICKET + _name(user_id) + head, "sha256")


def _name(user_id: int) -> bytes:
    return user_id.to_bytes(8)
