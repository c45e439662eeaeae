"""What a body says, by kind and type (docs/protocol-encryption.md, 8.10), and the fields that say it."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from hearth.client.emoji import is_emoji
from hearth.sealed.core.verdicts import Rejected, Verdict, require
from hearth.sealed.group.entries import EntryKind

MOST_TEXT = 10_000
MOST_MENTIONS = 50
MOST_OPTIONS = 12
MOST_PICTURE = 45_000
MOST_USER = 2**53 - 1
SPACE = "\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
BLANK = re.compile(f"[{SPACE}]*")
LINE_END = re.compile("[\n\v\f\r\u0085\u2028\u2029]")
PICTURE = re.compile(rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|RIFF....WEBP", re.DOTALL)
Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Text:
    """What somebody wrote; `mentions` are user ids."""

    text: str
    mentions: tuple[int, ...] = ()
    everyone: bool = False
    is_forwarded: bool = False

    def fields(self) -> dict[str, Any]:
        more = {"mentions": list(self.mentions), "everyone": self.everyone, "forwarded": self.is_forwarded}
        return {"type": "text", "text": self.text} | {name: value for name, value in more.items() if value}


@dataclass(frozen=True, slots=True)
class Poll:
    """A question; one chooses one of the options, or `several`."""

    question: str
    options: tuple[str, ...]
    several: bool = False
    is_closed: bool = False

    def fields(self) -> dict[str, Any]:
        more = {"several": self.several, "closed": self.is_closed}
        fields = {"type": "poll", "question": self.question, "options": list(self.options)}
        return fields | {name: value for name, value in more.items() if value}


@dataclass(frozen=True, slots=True)
class Reaction:
    emoji: str

    def fields(self) -> dict[str, Any]:
        return {"type": "reaction", "emoji": self.emoji}


@dataclass(frozen=True, slots=True)
class Vote:
    """Which options somebody chooses, 0 being the first; none takes a vote back."""

    options: tuple[int, ...]

    def fields(self) -> dict[str, Any]:
        return {"type": "vote", "options": list(self.options)}


@dataclass(frozen=True, slots=True)
class Deletion:
    def fields(self) -> dict[str, Any]:
        return {"type": "deletion"}


@dataclass(frozen=True, slots=True)
class State:
    """A group's title, description and picture (JPEG, PNG or WebP), all of it; what is not there is empty."""

    title: str = ""
    description: str = ""
    picture: bytes = b""

    def fields(self) -> dict[str, Any]:
        picture = base64.b64encode(self.picture).decode()
        fields = {"title": self.title, "description": self.description, "picture": picture}
        return {"type": "state"} | {name: value for name, value in fields.items() if value}


@dataclass(frozen=True, slots=True)
class Pin:
    """A message is pinned, or no longer."""

    is_pinned: bool

    def fields(self) -> dict[str, Any]:
        return {"type": "pin" if self.is_pinned else "unpin"}


Said = Text | Poll | Reaction | Vote | Deletion | State | Pin


def read_said(kind: int, fields: Fields) -> Said | None:
    """Return what a body of this kind says, None for a type that is not known. Raises Rejected(malformed)."""
    read = READERS.get((kind, fields["type"]))
    return None if read is None else read(fields)


def check_said(kind: EntryKind, said: Said) -> None:
    """Raise ValueError for what a reader would refuse."""
    try:
        if read_said(kind, said.fields()) == said:
            return
    except Rejected as rejected:
        raise ValueError(rejected.why) from rejected
    raise ValueError(f"not what an entry of kind {kind.name.lower()} says")


def _read_text(fields: Fields) -> Text:
    mentions = _list(fields.get("mentions", []), MOST_MENTIONS)
    users = tuple(_number(one, 1, MOST_USER) for one in mentions)
    _require(len({*users}) == len(users), "somebody is mentioned twice")
    flags = _flag(fields, "everyone"), _flag(fields, "forwarded")
    text = _text(fields.get("text"), MOST_TEXT)
    _require(BLANK.fullmatch(text) is None, "a text of white space")
    return Text(text, users, *flags)


def _read_poll(fields: Fields) -> Poll:
    options = _list(fields.get("options"), MOST_OPTIONS)
    _require(len(options) >= 2, "a poll without a choice")
    texts = tuple(_text(one, 200) for one in options)
    return Poll(_text(fields.get("question"), 500), texts, _flag(fields, "several"), _flag(fields, "closed"))


def _read_reaction(fields: Fields) -> Reaction:
    emoji = fields.get("emoji")
    _require(isinstance(emoji, str) and is_emoji(emoji), "not an emoji")
    return Reaction(str(emoji))


def _read_vote(fields: Fields) -> Vote:
    chosen = tuple(_number(one, 0, MOST_USER) for one in _list(fields.get("options"), MOST_OPTIONS))
    _require(all(one < other for one, other in pairwise(chosen)), "not ascending")
    return Vote(chosen)


def _read_state(fields: Fields) -> State:
    title = _text(fields["title"], 100) if "title" in fields else ""
    _require(LINE_END.search(title) is None, "a title of several lines")
    description = _text(fields["description"], 1000) if "description" in fields else ""
    return State(title, description, _picture(fields["picture"]) if "picture" in fields else b"")


def _picture(value: Any) -> bytes:
    _require(isinstance(value, str), "a picture that is no base64")
    try:
        picture = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Rejected(Verdict.MALFORMED, "a picture that is no base64") from error
    is_one = len(picture) <= MOST_PICTURE and PICTURE.match(picture) is not None
    _require(is_one and base64.b64encode(picture).decode() == value, "not a picture")
    return picture


def _text(value: Any, most: int) -> str:
    _require(isinstance(value, str) and 1 <= len(value) <= most, "a text of another length")
    return str(value)


def _flag(fields: Fields, name: str) -> bool:
    _require(name not in fields or fields[name] is True, "a flag that is not true")
    return name in fields


def _list(value: Any, most: int) -> list[Any]:
    _require(isinstance(value, list) and len(value) <= most, "not a list, or one that is too long")
    return list(value)


def _number(value: Any, least: int, most: int) -> int:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1
    _require(is_number and least <= value <= most, "not a number for this place")
    return int(value)


def _require(holds: bool, why: str) -> None:
    require(holds, Verdict.MALFORMED, why)


READERS: Mapping[tuple[int, str], Callable[[Fields], Said]] = {
    (EntryKind.MESSAGE, "text"): _read_text,
    (EntryKind.MESSAGE, "poll"): _read_poll,
    (EntryKind.EDIT, "text"): _read_text,
    (EntryKind.EDIT, "poll"): _read_poll,
    (EntryKind.REACTION, "reaction"): _read_reaction,
    (EntryKind.REACTION, "vote"): _read_vote,
    (EntryKind.DELETION, "deletion"): lambda _fields: Deletion(),
    (EntryKind.STATE, "state"): _read_state,
    (EntryKind.PIN, "pin"): lambda _fields: Pin(True),
    (EntryKind.PIN, "unpin"): lambda _fields: Pin(False),
}
