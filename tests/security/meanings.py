"""What bodies and private rows say once they are open (8.10 and 6.4), made up by somebody who may write them.

A target raises only when something breaks: another exception than a verdict, or a value that changes.
"""

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import msgspec

from hearth.client.applied import Applied, Stood, apply_all, choose_state, list_deleted
from hearth.client.crypto import private
from hearth.client.crypto.log.body import parse_object
from hearth.client.said import Poll, State, read_said
from hearth.private.contract import NewPrivateRow
from hearth.private.rows import Name
from hearth.private.rules import BOX, check_row
from hearth.sealed.core.padding import bucket_of
from hearth.sealed.core.reader import prefix
from hearth.sealed.core.verdicts import Rejected, Verdict
from hearth.sealed.group.entries import KINDS

NEXT = b"\x1e"
ROW = msgspec.json.Decoder(NewPrivateRow)
MOST = 64


def apply_bodies(data: bytes) -> None:
    """A log of entries that stand: kind, user and target of each in a byte, then the object of its body."""
    entries = list(list_stood(data))
    shown = apply_all(entries)
    deleted = list_deleted(entries)
    assert not shown.keys() & deleted
    assert apply_all(entries[::-1]) == shown, "places give the order"
    for message in shown.values():
        check_message(message)
    states = [(one.said, one.user % 2 == 0) for one in entries if isinstance(one.said, State)]
    assert (choose_state(states) is None) == (not states)


def list_stood(data: bytes) -> Iterator[Stood]:
    """Return the entries of a made-up log, without those that are refused or of a later version."""
    for seq, one in enumerate(data.split(NEXT)[:MOST], 1):
        kind, user, target = one[:3].ljust(3, b"\0")
        try:
            fields = parse_object(one[3:].decode("utf-8", "replace"))
            said = read_said(kind, fields) if isinstance(fields.get("type"), str) else None
        except Rejected as rejected:
            assert rejected.verdict is Verdict.MALFORMED, rejected
            continue
        if said is None:
            continue
        assert kind in KINDS
        assert read_said(kind, said.fields()) == said, "what is read is written alike"
        yield Stood(seq, kind, user, target if target < seq else 0, said)


def check_message(message: Applied) -> None:
    assert all(users and len(set(users)) == len(users) for users in message.reactions.values())
    if not isinstance(message.said, Poll):
        assert not message.votes
        return
    for chosen in message.votes.values():
        assert chosen and max(chosen) < len(message.said.options)
        assert message.said.several or len(chosen) == 1
    assert message.said == replace(message.said, is_closed=message.said.is_closed)


def keep_row(data: bytes) -> None:
    """What a private row says is kept, and written again, as it is; or it is refused."""
    for content in (data, prefix(data, 4) + bytes(max(0, bucket_of(4 + len(data)) - 4 - len(data)))):
        try:
            private.unpad(content)
        except Rejected as rejected:
            assert rejected.verdict in (Verdict.MALFORMED, Verdict.BAD_PADDING), rejected
    try:
        fields = private.read_fields(data)
    except Rejected as rejected:
        assert rejected.verdict is Verdict.MALFORMED, rejected
        fields = {}
    if is_finite(fields):
        assert private.read_fields(private.write_fields(fields)) == fields
    try:
        row = ROW.decode(data)
        check_row(Name(row.kind, bytes.fromhex(row.place)), row, row.g)
    except (msgspec.DecodeError, UnicodeDecodeError, Rejected, RecursionError):
        return
    assert row.before < row.version and bucket_of(len(row.sealed) - BOX) == len(row.sealed) - BOX


def is_finite(value: Any) -> bool:
    """Tell whether there is no number in it that is larger than a double can be."""
    if isinstance(value, dict):
        return all(map(is_finite, value.values()))
    if isinstance(value, list):
        return all(map(is_finite, value))
    return not isinstance(value, float) or math.isfinite(value)


def write_entry(kind: int, user: int, target: int, **fields: Any) -> bytes:
    return bytes((kind, user, target)) + json.dumps(fields).encode()


ENTRIES = {
    "text": write_entry(1, 1, 0, type="text", text="**hi**", mentions=[2, 7], everyone=True, forwarded=True),
    "poll": write_entry(1, 1, 0, type="poll", question="?", options=["a", "b", "c"], several=True),
    "edit": write_entry(2, 1, 1, type="text", text="ho"),
    "closed": write_entry(
        2, 1, 1, type="poll", question="?", options=["a", "b", "c"], several=True, closed=True
    ),
    "reaction": write_entry(3, 2, 1, type="reaction", emoji="\U0001f44d"),
    "vote": write_entry(3, 2, 1, type="vote", options=[0, 2]),
    "deletion": write_entry(4, 1, 1, type="deletion"),
    "state": write_entry(6, 1, 0, type="state", title="Kayaking", description="On\nSundays", picture="/9j/"),
    "pin": write_entry(7, 1, 1, type="pin"),
    "unpin": write_entry(7, 2, 1, type="unpin"),
}
BODY_SEEDS = [
    *ENTRIES.values(),
    NEXT.join(ENTRIES[name] for name in ("text", "edit", "reaction", "pin", "unpin", "pin", "state")),
    NEXT.join(ENTRIES[name] for name in ("poll", "vote", "pin", "closed", "vote", "deletion")),
]
ROW_SEEDS = [
    b'{"muted":true,"archived":true,"unread":true,"pinned":1790000000000,"notify":"mentions"}',
    b'{"text":"half \\ud83d of a pair","target":7,"time":1790000000000}',
    b'{"messages":[[7,"AAAAAAAAAAAAAAAAAAAAAA=="],[9,"AAAAAAAAAAAAAAAAAAAAAA=="]]}',
    b'{"conversation":"0c","at":1,"body":{"type":"poll","question":"?","options":["a","b"]},"client_id":"0d"}',
    b'{"a":[1e999,-0.0,0.1,123456789012345678]}',
    msgspec.json.encode(
        NewPrivateRow(kind=1, place="0c" * 16, before=0, version=1, g=1, sealed=b"\1" + bytes(288))
    ),
]
