"""Appending a batch of entries to many conversations' logs, and moving cursors, in one transaction.

Invariants: seqs are gapless, every entry has its place in the hash chain, a known client_id gets its first
answer.
The conversations' rows are locked first, in the order of their ids; everything else is read under that lock.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from hearth.conversations.tables import CONVERSATION, MEMBER
from hearth.db.bulk import Steps, Syntax
from hearth.errors import HearthError
from hearth.messages.contract import (
    KIND_DELETION,
    KIND_EDIT,
    KIND_MESSAGE,
    KIND_PIN,
    KIND_REACTION,
    KIND_STATE,
)
from hearth.messages.known_epochs import KnownEpochs, SealedBatch
from hearth.messages.rules import advance, chain_log_hash, judge_repeat, judge_send
from hearth.messages.tables import MESSAGE, STANDING

COLUMNS = tuple(column.name for column in MESSAGE.columns)
STANDING_COLUMNS = tuple(column.name for column in STANDING.columns)
HEADS = (
    f"SELECT id, is_open, epoch, last_seq, last_ordinal, log_hash FROM {CONVERSATION.name} "  # noqa: S608
    "WHERE id IN ({marks}) ORDER BY id {lock}"
)
MEMBERS = (
    f"SELECT conversation_id, user_id, joined_seq, delivered_seq, read_seq, entered_seq FROM {MEMBER.name} "  # noqa: S608
    "WHERE conversation_id IN ({marks}) AND left_seq IS NULL ORDER BY conversation_id, user_id"
)
KNOWN = (
    "SELECT m.conversation_id, m.from_user, m.client_id, m.seq, m.ordinal, m.log_hash, m.timestamp, "  # noqa: S608
    "m.record_hash, m.epoch FROM {given} "
    f"CROSS JOIN {MESSAGE.name} AS m "
    "WHERE m.conversation_id = c AND m.from_user = u AND m.client_id = k"
)
FOLLOWERS = (
    "SELECT m.conversation_id, m.seq FROM {given} "  # noqa: S608
    f"CROSS JOIN {MESSAGE.name} AS m WHERE m.conversation_id = c AND m.target_seq = s AND m.target_seq > 0 "
    f"AND m.kind IN ({KIND_EDIT}, {KIND_REACTION}) AND length(m.message) > 0"
)
"""What falls with its target: SQLite's index of targets holds those above 0 only, and wants to be told."""
EMPTIED_AT_ONCE = 512


class Draft(NamedTuple):
    """An entry that somebody wants appended.

    From before a restore, `offered_by` is the member who has it, and the restore was at `restored_at`.
    """

    conversation_id: bytes
    from_user: int
    client_id: bytes
    from_device: bytes
    counter: int
    kind: int
    epoch: int
    target_seq: int
    record: bytes
    offered_by: int = 0
    restored_at: datetime | None = None


class Mark(NamedTuple):
    """How far somebody says to have received and read."""

    conversation_id: bytes
    user_id: int
    delivered_seq: int
    read_seq: int


Marks = tuple[Mark, ...]


class Place(NamedTuple):
    """Where an entry stands. `members` are to be told of it; `is_new` is false for a known client_id."""

    seq: int
    ordinal: int
    log_hash: bytes
    timestamp: datetime
    members: tuple[int, ...]
    is_new: bool


class Moved(NamedTuple):
    """Cursors of one conversation that went forward: (user id, delivered_seq, read_seq) of each."""

    conversation_id: bytes
    is_open: bool
    members: tuple[int, ...]
    cursors: tuple[tuple[int, int, int], ...]


Item = Draft | Marks
Outcome = Place | list[Moved]
Key = tuple[bytes, int, bytes]


class TimeCodec(NamedTuple):
    """How the database's driver takes and gives moments."""

    write: Callable[[datetime], Any]
    read: Callable[[Any], datetime]


class Known(NamedTuple):
    """What was answered to a client_id before, and for which record."""

    place: Place
    record_hash: bytes
    epoch: int


class Seat:
    """A member's cursors while the batch is worked on; `entered_seq` is the entry that brought them in."""

    __slots__ = ("delivered_seq", "entered_seq", "joined_seq", "read_seq")

    def __init__(self, joined_seq: int, delivered_seq: int, read_seq: int, entered_seq: int | None) -> None:
        self.joined_seq = joined_seq
        self.delivered_seq = delivered_seq
        self.read_seq = read_seq
        self.entered_seq = joined_seq + 1 if entered_seq is None else entered_seq


@dataclass(slots=True)
class Head:
    """The end of one conversation's log while the batch is worked on."""

    is_open: bool
    epoch: int
    last_seq: int
    last_ordinal: int
    log_hash: bytes
    seats: dict[int, Seat] = field(default_factory=dict)
    members: tuple[int, ...] = ()


ABSENT = Head(is_open=False, epoch=0, last_seq=0, last_ordinal=0, log_hash=b"")
"""What stands for a conversation that does not exist: nobody is a member, so nobody may send there."""


@dataclass(slots=True)
class Work:
    """The state of one batch."""

    now: datetime
    stored_now: Any
    heads: dict[bytes, Head]
    known: dict[Key, Known]
    sealed: SealedBatch | None = None
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    standing: list[tuple[bytes, int, int, bool]] = field(default_factory=list)
    deleted: set[tuple[bytes, int]] = field(default_factory=set)
    grown: set[bytes] = field(default_factory=set)
    moved: set[tuple[bytes, int]] = field(default_factory=set)


def append(
    items: Sequence[Item],
    syntax: Syntax,
    now: datetime,
    codec: TimeCodec,
    known_epochs: KnownEpochs | None = None,
) -> Steps[list[Outcome | HearthError]]:
    """Place every draft and apply every mark; return one outcome per item, in order."""
    drafts = [item for item in items if isinstance(item, Draft)]
    ids = {draft.conversation_id for draft in drafts}
    ids.update(mark.conversation_id for item in items if not isinstance(item, Draft) for mark in item)
    heads = yield from load_heads(syntax, sorted(ids))
    known = yield from find_known(syntax, drafts, codec)
    work = Work(now, codec.write(now), heads, known)
    if unknown := [draft for draft in drafts if draft[:3] not in known]:
        work.sealed = yield from (known_epochs or KnownEpochs()).open_batch(syntax, unknown, heads, codec)
    outcomes = [place(work, item) if isinstance(item, Draft) else move_all(work, item) for item in items]
    if work.sealed is not None:
        work.sealed.finish(heads)
    yield from write(syntax, work)
    return outcomes


def load_heads(syntax: Syntax, ids: Sequence[bytes]) -> Steps[dict[bytes, Head]]:
    """Lock the conversations and return their heads with the present members."""
    if not ids:
        return {}
    rows = yield syntax.select_in(HEADS, ids)
    heads = {row[0]: Head(bool(row[1]), *row[2:]) for row in rows}
    rows = yield syntax.select_in(MEMBERS, ids)
    for conversation_id, user_id, *cursors in rows:
        heads[conversation_id].seats[user_id] = Seat(*cursors)
    for head in heads.values():
        head.members = tuple(head.seats)
    return heads


def find_known(syntax: Syntax, drafts: Sequence[Draft], codec: TimeCodec) -> Steps[dict[Key, Known]]:
    """Return what is stored already under the drafts' client_ids."""
    if not drafts:
        return {}
    rows = yield syntax.select_joined(KNOWN, ("c", "u", "k"), [draft[:3] for draft in drafts])
    return {
        (row[0], row[1], row[2]): Known(
            Place(row[3], row[4], row[5], codec.read(row[6]), (), is_new=False), row[7], row[8]
        )
        for row in rows
    }


def place(work: Work, draft: Draft) -> Place | HearthError:
    """Give the draft the next seq of its conversation, or return why not."""
    record_hash = hashlib.sha256(draft.record).digest()
    head = work.heads.get(draft.conversation_id, ABSENT)
    key = draft[:3]
    if known := work.known.get(key):
        refusal = judge_repeat(
            is_same_record=known.record_hash == record_hash, is_same_epoch=known.epoch == draft.epoch
        )
        if draft.offered_by:  # its author alone may say that other bytes are the same message, sealed again
            refusal = judge_repeat(is_same_record=known.record_hash == record_hash, is_same_epoch=True)
        return refusal or known.place._replace(members=head.members, is_new=False)
    is_offered = draft.offered_by > 0
    if refusal := judge_send(
        is_member=draft.from_user in head.seats and (draft.offered_by or draft.from_user) in head.seats,
        is_open=head.is_open,
        epoch=draft.epoch,
        current_epoch=head.epoch,
        target_seq=0 if is_offered else draft.target_seq,
        last_seq=head.last_seq,
    ):
        return refusal
    assert work.sealed is not None  # every draft that is not known yet is in it
    if refusal := work.sealed.judge(draft, head, work.now):
        return refusal
    work.sealed.note(draft, head.last_seq + 1)
    head.last_seq = seq = head.last_seq + 1
    head.last_ordinal += draft.kind == KIND_MESSAGE
    head.log_hash = chain_log_hash(head.log_hash, seq, draft.kind, draft.from_user, record_hash)
    if not is_offered:  # else somebody else may be saying it
        seat = head.seats[draft.from_user]
        seat.delivered_seq = seat.read_seq = seq
        work.moved.add((draft.conversation_id, draft.from_user))
    placed = Place(seq, head.last_ordinal, head.log_hash, work.now, head.members, is_new=True)
    work.known[key] = Known(placed, record_hash, draft.epoch)
    work.grown.add(draft.conversation_id)
    work.rows.append(make_row(draft, placed, record_hash, work.stored_now))
    note_effects(work, work.sealed, draft, seq)
    return placed


def note_effects(work: Work, sealed: SealedBatch, draft: Draft, seq: int) -> None:
    """Note what else a placed entry changes: it empties another, or is about the conversation as a whole."""
    if draft.kind in (KIND_STATE, KIND_PIN):
        work.standing.append((draft.conversation_id, draft.kind, seq, sealed.is_ruling(draft)))
    if draft.kind == KIND_DELETION and draft.offered_by == 0 and not sealed.is_emptied(draft):
        work.deleted.add((draft.conversation_id, draft.target_seq))


def make_row(draft: Draft, placed: Place, record_hash: bytes, stored_now: Any) -> tuple[Any, ...]:
    """Return the values of COLUMNS. A target of before a restore is another place now: it is kept below 0."""
    return (
        draft.conversation_id,
        placed.seq,
        placed.ordinal,
        draft.client_id,
        draft.from_user,
        draft.from_device,
        draft.counter,
        draft.kind,
        -draft.target_seq if draft.offered_by else draft.target_seq,
        draft.epoch,
        draft.record,
        record_hash,
        placed.log_hash,
        stored_now,
    )


def move_all(work: Work, marks: Marks) -> list[Moved]:
    """Move cursors forward; marks by people who are no members, or that change nothing, leave no trace."""
    cursors: dict[bytes, dict[int, tuple[int, int, int]]] = {}
    for mark in marks:
        head = work.heads.get(mark.conversation_id)
        seat = head.seats.get(mark.user_id) if head else None
        if head is None or seat is None:
            continue
        read_seq = advance(seat.read_seq, mark.read_seq, seat.joined_seq, head.last_seq)
        asked = max(mark.delivered_seq, read_seq)
        delivered_seq = advance(seat.delivered_seq, asked, seat.joined_seq, head.last_seq)
        if (delivered_seq, read_seq) == (seat.delivered_seq, seat.read_seq):
            continue
        seat.delivered_seq, seat.read_seq = delivered_seq, read_seq
        work.moved.add((mark.conversation_id, mark.user_id))
        of_conversation = cursors.setdefault(mark.conversation_id, {})
        of_conversation[mark.user_id] = (mark.user_id, delivered_seq, read_seq)
    return [
        Moved(
            conversation_id,
            work.heads[conversation_id].is_open,
            work.heads[conversation_id].members,
            tuple(moved.values()),
        )
        for conversation_id, moved in cursors.items()
    ]


def empty(syntax: Syntax, deleted: Sequence[tuple[bytes, int]]) -> Steps[None]:
    """Empty what was deleted, and the edits of and reactions to it (8.5): seq, hashes and places stay."""
    followers = yield syntax.select_joined(FOLLOWERS, ("c", "s"), deleted)
    places = [*deleted, *((row[0], row[1]) for row in followers)]
    for first in range(0, len(places), EMPTIED_AT_ONCE):
        part = [(*place, b"") for place in places[first : first + EMPTIED_AT_ONCE]]
        yield syntax.update(MESSAGE.name, ("conversation_id", "seq"), ("message",), part)


def write(syntax: Syntax, work: Work) -> Steps[None]:
    """Store the new entries, what they emptied, the heads that grew and the cursors that moved."""
    if work.rows:
        yield from syntax.insert(MESSAGE.name, COLUMNS, work.rows)
        if work.standing:
            yield from syntax.insert(STANDING.name, STANDING_COLUMNS, work.standing)
        if work.deleted:
            yield from empty(syntax, sorted(work.deleted))
        heads = [(i, work.heads[i]) for i in sorted(work.grown)]
        yield syntax.update(
            CONVERSATION.name,
            ("id",),
            ("last_seq", "last_ordinal", "log_hash"),
            [(i, head.last_seq, head.last_ordinal, head.log_hash) for i, head in heads],
        )
    if work.moved:
        seats = [(i, user_id, work.heads[i].seats[user_id]) for i, user_id in sorted(work.moved)]
        yield syntax.update(
            MEMBER.name,
            ("conversation_id", "user_id", "joined_seq"),
            ("delivered_seq", "read_seq"),
            [(i, u, seat.joined_seq, seat.delivered_seq, seat.read_seq) for i, u, seat in seats],
        )
