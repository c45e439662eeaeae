"""What people wrote, before it is sealed: in the device file, and in records from before encryption.

Version 0 is a zero byte and UTF-8 JSON `{"type": "text", "text": …}`, the same as in the web client.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

VERSION = b"\0"


class CannotOpen(Exception):
    """A record that this version does not understand; keep its bytes and say that an update is needed."""


class Text(msgspec.Struct, tag_field="type", tag="text", frozen=True):
    """A plain text message of at most 10,000 characters."""

    text: str


ENCODER = msgspec.json.Encoder()
DECODER = msgspec.json.Decoder(Text)


def keep(fields: Mapping[str, Any]) -> bytes:
    """Return the fields of a body as they are kept until they are sealed. Raises ValueError."""
    return VERSION + ENCODER.encode(fields)


def read_kept(record: bytes) -> dict[str, Any]:
    """Return the fields of a body that was kept."""
    fields: dict[str, Any] = msgspec.json.decode(record[len(VERSION) :])
    return fields


def open_record(record: bytes) -> Text:
    """Return what was sealed. Raises CannotOpen for anything else: records come from strangers."""
    if record[:1] != VERSION:
        raise CannotOpen("a newer version of Hearth wrote this")
    try:
        return DECODER.decode(record[1:])
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise CannotOpen("this record is damaged") from error
