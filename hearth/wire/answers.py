"""What the application above the edge answers a client with: at once, later, or a refusal to let it in."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec

from hearth.wire.socketio import Packet

Event = Packet
"""What `Application.event` gets: `payload` is the raw JSON array ["name", …]."""


class ConnectionRefused(Exception):
    """Raised by `Application.connect`; the client gets a CONNECT_ERROR with this message and data
    (raw JSON)."""

    def __init__(self, message: str, data: bytes | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.data = data


class Binary(msgspec.Struct, frozen=True):
    """The answer to an event with attachments: JSON with placeholders, and what belongs there."""

    payload: bytes
    attachments: tuple[bytes, ...]


Answer = bytes | Binary | None


class Pending(msgspec.Struct, frozen=True, gc=False):
    """An answer that is not there yet: `read` gives it once `future` is done, and does not raise.

    Cheaper than the task of a coroutine.
    """

    future: asyncio.Future[Any]
    read: Callable[[], Answer]
