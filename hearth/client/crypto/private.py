"""Private rows (section 6.4): what a person's devices keep for each other, sealed under a generation."""

import json
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from hearth.client.crypto.log.body import parse_object
from hearth.sealed.core import labels
from hearth.sealed.core.box import OVERHEAD, open_box, seal_box
from hearth.sealed.core.packed import decode_text
from hearth.sealed.core.padding import bucket_of
from hearth.sealed.core.reader import Reader, prefix, u8, u64
from hearth.sealed.core.verdicts import Rejected, Verdict, require

MOST_PADDED = 15_872
MOST_CONTENT = MOST_PADDED - 4
NOWHERE = bytes(16)


class PrivateKind(IntEnum):
    """What a row is about."""

    KEEPING = 1
    DRAFT = 2
    STARS = 3
    HIDDEN = 4
    SCHEDULED = 5
    PREFERENCES = 6


@dataclass(frozen=True, slots=True)
class PrivatePlace:
    """Where a row stands: whose it is, under which generation, its kind, place and version."""

    server: bytes
    user: int
    g: int
    kind: int
    place: bytes
    version: int

    def pack(self) -> bytes:
        """Return the AAD. Raises Rejected(malformed) for a place where no row can stand."""
        is_kind = self.kind in tuple(PrivateKind)
        require(is_kind and self.version > 0, Verdict.MALFORMED, "no such kind of row, or no version")
        is_nowhere = self.place == NOWHERE
        fits = len(self.place) == len(NOWHERE) and is_nowhere == (self.kind == PrivateKind.PREFERENCES)
        require(fits, Verdict.MALFORMED, "a kind of row that has no such place")
        return self.server + u64(self.user) + u64(self.g) + u8(self.kind) + self.place + u64(self.version)


def seal_private(key: bytes, place: PrivatePlace, fields: dict[str, Any]) -> bytes:
    """Return a row under A_g. Raises Rejected(malformed) for fields that are too many."""
    content = write_fields(fields)
    require(len(content) <= MOST_CONTENT, Verdict.MALFORMED, "more than a row has room for")
    content = prefix(content, 4)
    padded = content + bytes(bucket_of(len(content)) - len(content))
    return seal_box(key, labels.PRIVATE, place.pack(), padded)


def open_private(key: bytes, place: PrivatePlace, sealed: bytes) -> dict[str, Any]:
    """Return the fields of a row under A_g; none say that nothing is kept there.

    Raises Rejected: malformed, unsupported, cannot_open, bad_padding.
    """
    aad, length = place.pack(), len(sealed) - OVERHEAD
    is_bucket = 0 < length <= MOST_PADDED and bucket_of(length) == length
    require(is_bucket, Verdict.MALFORMED, "not the length of a row")
    return read_fields(unpad(open_box(key, labels.PRIVATE, aad, sealed)))


def write_fields(fields: dict[str, Any]) -> bytes:
    """Return fields as they are sealed: half a surrogate pair is kept, as the escape that it came as (8.4).

    Raises Rejected(malformed).
    """
    try:
        text = json.dumps(fields, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        parse_object(text)
        return text.encode(errors="backslashreplace")
    except ValueError as error:
        raise Rejected(Verdict.MALFORMED, "not what JSON can say") from error


def read_fields(content: bytes) -> dict[str, Any]:
    """Return what was sealed. Raises Rejected(malformed)."""
    return parse_object(decode_text(content))


def unpad(padded: bytes) -> bytes:
    """Return the object of an opened row. Raises Rejected: malformed, bad_padding."""
    reader = Reader(padded)
    length = reader.number(4)
    require(4 + length <= len(padded), Verdict.BAD_PADDING, "an object longer than the row")
    content = reader.take(length)
    require(not any(reader.rest()), Verdict.BAD_PADDING, "padding that is not zeros")
    require(bucket_of(4 + length) == len(padded), Verdict.BAD_PADDING, "padded to another bucket")
    return content
