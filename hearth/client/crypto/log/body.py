"""What is in a record (section 8.4): a JSON object with a type, and extensions; one of them carries heads."""

import json
from dataclasses import dataclass
from typing import Annotated, Any, Never

from hearth.sealed.core.packed import (
    U64,
    Id,
    Listed,
    Nested,
    Packed,
    Prefixed,
    Raw,
    decode_text,
)
from hearth.sealed.core.statements import Extension, Extensions
from hearth.sealed.core.verdicts import Rejected, Verdict, require

HEADS = 4
MOST_HEADS = 32
DEEPEST = 32
MOST_DIGITS = 15  # what every engine holds exactly as a number


@dataclass(frozen=True, slots=True)
class Body(Packed):
    """The bytes of a body: JSON as UTF-8, extensions."""

    content: Annotated[bytes, Prefixed(4)]
    extensions: Extensions


@dataclass(frozen=True, slots=True)
class Content:
    """A decoded body; `fields` always has a string "type", which may be one that is not known."""

    fields: dict[str, Any]
    extensions: tuple[Extension, ...] = ()

    @property
    def type(self) -> str:
        found: str = self.fields["type"]
        return found


def write_body(fields: dict[str, Any], extensions: tuple[Extension, ...] = ()) -> bytes:
    """Return the bytes of a body."""
    content = json.dumps(fields, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    body = Body(content, extensions).pack()
    read_body(body)
    return body


def read_body(data: bytes) -> Content:
    """Return what a body says (a void has none). Raises Rejected: malformed, unsupported."""
    body = Body.unpack(data)
    fields = parse_object(decode_text(body.content))
    require(isinstance(fields.get("type"), str), Verdict.MALFORMED, "a body without a type")
    return Content(fields, body.extensions)


def parse_object(text: str) -> dict[str, Any]:
    """Return a JSON object (RFC 8259, nested at most 32 deep); of a key that stands twice the last counts."""
    _check_depth(text)
    try:
        value = json.loads(text, parse_constant=_refuse, parse_int=_parse_int)
    except ValueError as error:
        raise Rejected(Verdict.MALFORMED, "not JSON") from error
    if not isinstance(value, dict):
        raise Rejected(Verdict.MALFORMED, "not a JSON object")
    return value


def _check_depth(text: str) -> None:
    """Raise Rejected(malformed) before a parser that calls itself meets too deep a nesting."""
    depth, in_string, is_escaped = 0, False, False
    for character in text:
        if in_string:
            in_string = is_escaped or character != '"'
            is_escaped = character == "\\" and not is_escaped
        elif character == '"':
            in_string = True
        elif character in "[{":
            depth += 1
            require(depth <= DEEPEST, Verdict.MALFORMED, "JSON that is nested too deeply")
        elif character in "]}":
            depth -= 1


def _parse_int(digits: str) -> int | float:
    return int(digits) if len(digits) <= MOST_DIGITS else float(digits)


def _refuse(name: str) -> Never:
    raise ValueError(f"{name} is not JSON")


@dataclass(frozen=True, slots=True)
class KnownEpoch(Packed):
    """An epoch that the sender knows; `hash` is the first 16 bytes of the record hash."""

    conversation: Id
    epoch: U64
    hash: Annotated[bytes, Raw(16)]


@dataclass(frozen=True, slots=True)
class Heads(Packed):
    """Extension 4: epochs of groups in which both people are, sorted by conversation."""

    heads: Annotated[
        tuple[KnownEpoch, ...], Listed(Nested(KnownEpoch), 1, MOST_HEADS, key=lambda head: head.conversation)
    ]


def make_heads(heads: Heads) -> Extension:
    """Return the extension that carries heads."""
    return Extension(HEADS, False, heads.pack())


def find_heads(content: Content) -> Heads | None:
    """Return the heads that a body carries; None without, and for what does not decode as heads."""
    for extension in content.extensions:
        if extension.id == HEADS:
            try:
                return Heads.unpack(extension.data)
            except Rejected:
                return None
    return None
