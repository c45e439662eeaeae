"""Push payloads (section 14): always 2,048 bytes, with the place of an entry and, if it fits, its record."""

from dataclasses import dataclass

from hearth.client.crypto.log.record import Aad
from hearth.sealed.core.packed import U64, Id, Packed
from hearth.sealed.core.reader import Reader, prefix
from hearth.sealed.core.verdicts import Verdict, require

LENGTH = 2048


@dataclass(frozen=True, slots=True)
class Push(Packed):
    """Which entry is new."""

    conversation: Id
    seq: U64


def write_push(push: Push, aad: Aad | None = None, record: bytes = b"") -> bytes:
    """Return the payload; the record (with what it is bound to) is left out when it does not fit."""
    place = push.pack()
    whole = place if aad is None else place + aad.pack() + prefix(record, 2)
    data = whole if len(whole) + 2 <= LENGTH else place
    return (prefix(data, 2)).ljust(LENGTH, b"\0")


def read_push(payload: bytes) -> tuple[Push, tuple[Aad, bytes] | None]:
    """Return the place and, if it is there, AAD and record. Raises Rejected: malformed, unsupported."""
    require(len(payload) == LENGTH, Verdict.MALFORMED, "a payload of another length")
    outer = Reader(payload)
    inner = Reader(outer.prefixed(2))
    require(not any(outer.rest()), Verdict.MALFORMED, "padding that is not zeros")
    push = Push.read(inner)
    if inner.is_at_end:
        return push, None
    aad, record = Aad.read(inner), inner.prefixed(2)
    inner.finish()
    require(aad.conversation == push.conversation, Verdict.MALFORMED, "a record of another conversation")
    return push, (aad, record)
