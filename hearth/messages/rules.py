"""What may be written, marked and read in a conversation's log, and how its hash is chained. Pure."""

import hashlib
import struct
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from hearth.conversations.rules import Access, ConversationClosed, Stay
from hearth.errors import Conflict, HearthError, InvalidInput, NotFound

MAX_PAGE_BYTES = 384 * 1024
"""Of entries in one answer, as `weigh` says; as base64 with all around them they take 512 KiB on the wire."""
ENTRY_BYTES = 384
"""What an entry takes beside its record, which grows by a third on the wire: at most 512 bytes there."""
MOST_ENTRIES = MAX_PAGE_BYTES // ENTRY_BYTES
ENTRIES_PER_MESSAGE = 2
"""So many are looked at first; more where that is not enough."""

LINK = struct.Struct(">32sQHQ32s")
Direction = Literal["before", "after", "around"]


class NotSealed(HearthError):
    """Nothing that is readable here is taken (section 8.1)."""

    code = "not_sealed"
    status = 422
    title = "Messages are encrypted; what is not sealed is not taken"


class Stretch(NamedTuple):
    """A contiguous range of seqs, both ends included; empty when `last` is below `first`."""

    first: int
    last: int


NOTHING = Stretch(1, 0)


class Outline(NamedTuple):
    """What choosing a page needs to know of an entry."""

    seq: int
    is_message: bool
    size: int


def chain_log_hash(previous: bytes, seq: int, kind: int, from_user: int, record_hash: bytes) -> bytes:
    """Return H(seq) from H(seq − 1), big-endian (end-to-end encryption design, section 4)."""
    return hashlib.sha256(LINK.pack(previous, seq, kind, from_user, record_hash)).digest()


def judge_send(
    *,
    is_member: bool,
    is_open: bool,
    epoch: int,
    current_epoch: int,
    target_seq: int,
    last_seq: int,
) -> HearthError | None:
    """Return why a member of the conversation as it stands cannot append this entry, or None.

    A conversation one is no member of answers as one that does not exist.
    """
    if not is_member:
        return NotFound()
    if not is_open:
        return ConversationClosed()
    if epoch > current_epoch:
        return InvalidInput("The epoch does not exist", fields={"epoch": "must be one that was announced"})
    if epoch == 0:
        return NotSealed()
    if target_seq > last_seq:
        return InvalidInput("The target does not exist", fields={"target_seq": "must be an earlier entry"})
    return None


def require_open(access: Access) -> None:
    """Raises NotFound for who left and ConversationClosed when nothing can be written."""
    if not access.is_member:
        raise NotFound
    if not access.head.is_open:
        raise ConversationClosed


def judge_repeat(*, is_same_record: bool, is_same_epoch: bool) -> HearthError | None:
    """Return why a known client_id cannot be answered with the original place, or None.

    Under another epoch the same message has other bytes (it was sealed again), and it is on disk already.
    """
    if is_same_record or not is_same_epoch:
        return None
    return Conflict("This client_id already stands for another record")


def advance(stored: int, asked: int, joined_seq: int, last_seq: int) -> int:
    """Return where a cursor goes: never back, never beyond the head, never before the stay."""
    return max(stored, min(asked, last_seq), joined_seq)


def list_stretches(stays: Iterable[Stay], last_seq: int) -> list[Stretch]:
    """Return what a person may read: the union of their stays, lowest first, joined where they touch."""
    stretches: list[Stretch] = []
    for stay in sorted(stays, key=lambda stay: stay.joined_seq):
        last = last_seq if stay.left_seq is None else min(stay.left_seq, last_seq)
        if stretches and stay.joined_seq <= stretches[-1].last:
            stretches[-1] = Stretch(stretches[-1].first, max(stretches[-1].last, last))
        else:
            stretches.append(Stretch(stay.joined_seq + 1, last))
    return stretches


def choose_below(stretches: Sequence[Stretch], seq: int) -> Stretch:
    """Return the readable entries right below `seq` (exclusive; 0 means from the end), without a gap."""
    for stretch in reversed(stretches):
        if stretch.first <= stretch.last and (seq == 0 or stretch.first < seq):
            return Stretch(stretch.first, stretch.last if seq == 0 else min(stretch.last, seq - 1))
    return NOTHING


def choose_above(stretches: Sequence[Stretch], seq: int) -> Stretch:
    """Return the readable entries right above `seq` (exclusive), without a gap."""
    for stretch in stretches:
        if stretch.first <= stretch.last and stretch.last > seq:
            return Stretch(max(stretch.first, seq + 1), stretch.last)
    return NOTHING


def choose_sides(stretches: Sequence[Stretch], seq: int, direction: Direction) -> tuple[Stretch, Stretch]:
    """Return what may come onto the page: entries taken downwards, and entries taken upwards above them."""
    if direction == "before":
        return choose_below(stretches, seq), NOTHING
    if direction == "after":
        return NOTHING, choose_above(stretches, seq)
    above = choose_above(stretches, seq - 1)
    if above == NOTHING:
        return choose_below(stretches, seq), NOTHING
    below = choose_below(stretches, above.first)
    return (below if below.last == above.first - 1 else NOTHING), above


def weigh(size: int) -> int:
    """Return what an entry takes of an answer by the size of its record, in bytes."""
    return size + ENTRY_BYTES


def fit(sizes: Iterable[tuple[int, int]], room: int) -> tuple[set[int], int]:
    """Return which entries (seq, size of the record) fit, the first ones first, and the room that is left."""
    chosen = set()
    for seq, size in sizes:
        if weigh(size) <= room:
            room -= weigh(size)
            chosen.add(seq)
    return chosen, room


def cut_page(
    below: Sequence[Outline], above: Sequence[Outline], messages: int, max_bytes: int = MAX_PAGE_BYTES
) -> Stretch:
    """Return the page: of the entries on both sides, nearest first, as many as make `messages` messages.

    The sides take turns, so that a place in the middle stays in the middle. Entries that are no messages come
    along up to the next message. The bytes are bounded, but one entry always fits.
    """
    sides = (deque(above), deque(below))
    counts = [0, 0]
    taken: list[int] = []
    size = 0
    while sides[0] or sides[1]:
        side = 0 if sides[0] and (not sides[1] or counts[0] <= counts[1]) else 1
        outline = sides[side].popleft()
        size += weigh(outline.size)
        if taken and (size > max_bytes or (outline.is_message and sum(counts) == messages)):
            break
        counts[side] += outline.is_message
        taken.append(outline.seq)
    return Stretch(min(taken), max(taken)) if taken else NOTHING
