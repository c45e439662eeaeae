"""The seam between what people write and what the server stores. The first version does not encrypt.

Version 0 is a zero byte and UTF-8 JSON `{"type": "text", "text": …}`, the same as in the web client.
"""

import msgspec

VERSION = b"\0"
MAX_CHARACTERS = 10_000


class CannotOpen(Exception):
    """A record that this version does not understand; keep its bytes and say that an update is needed."""


class Text(msgspec.Struct, tag_field="type", tag="text", frozen=True):
    """A plain text message of at most 10,000 characters."""

    text: str


ENCODER = msgspec.json.Encoder()
DECODER = msgspec.json.Decoder(Text)


def seal(content: Text) -> bytes:
    """Return the record of this content. Raises ValueError when it is empty or too long."""
    if not content.text.strip() or len(content.text) > MAX_CHARACTERS:
        raise ValueError(f"a text has 1 to {MAX_CHARACTERS} characters")
    return VERSION + ENCODER.encode(content)


def open_record(record: bytes) -> Text:
    """Return what was sealed. Raises CannotOpen for anything else: records come from strangers."""
    if record[:1] != VERSION:
        raise CannotOpen("a newer version of Hearth wrote this")
    try:
        return DECODER.decode(record[1:])
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise CannotOpen("this record is damaged") from error
