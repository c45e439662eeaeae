"""What may be written, marked and read in a conversation's log, and how its hash is chained. Pure."""

import hashlib
import struct
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from hearth.conversations.contract import Member
from hearth.errors import Conflict, HearthError, InvalidInput, NotFound

MAX_PAGE_BYTES = 384 * 1024
"""Record bytes in one page; as base64 with everything around them they fit a socket's out-queue (1 MiB)."""
MAX_ENTRIES_PER_MESSAGE = 4
"""A page of n messages holds at most this many times n entries, whatever else lies between them."""

LINK = struct.Struct(">32sQHQ32s")


class ConversationClosed(HearthError):
    code = "not_friends"
    status = 403
    title = "You can only write to friends"


class Stay(NamedTuple):
    """Somebody's membership: they may read the seqs after `joined_seq` up to `left_seq` (None: until now)."""

    joined_seq: int
    left_seq: int | None


class Stretch(NamedTuple):
    """A contiguous range of seqs, both ends included; empty when `last` is below `first`."""

    first: int
    last: int


class Outline(NamedTuple):
    """What choosing a page needs to know of an entry."""

    seq: int
    is_message: bool
    size: int


def start_log_hash(conversation_id: bytes) -> bytes:
    """Return H(0), the hash of a conversation's empty log (end-to-end encryption design, section 4)."""
    return hashlib.sha256(b"hearth log v1\0" + conversation_id).digest()


def chain_log_hash(previous: bytes, seq: int, kind: int, from_user: int, record_hash: bytes) -> bytes:
    """Return H(seq) from H(seq − 1), big-endian (end-to-end encryption design, section 4)."""
    return hashlib.sha256(LINK.pack(previous, seq, kind, from_user, record_hash)).digest()


def judge_send(
    *, is_member: bool, is_open: bool, epoch: int, current_epoch: int, target_seq: int, last_seq: int
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
    if target_seq > last_seq:
        return InvalidInput("The target does not exist", fields={"target_seq": "must be an earlier entry"})
    return None


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
    for stay in sorted(stays):
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
    return Stretch(1, 0)


def choose_above(stretches: Sequence[Stretch], seq: int) -> Stretch:
    """Return the readable entries right above `seq` (exclusive), without a gap."""
    for stretch in stretches:
        if stretch.first <= stretch.last and stretch.last > seq:
            return Stretch(max(stretch.first, seq + 1), stretch.last)
    return Stretch(1, 0)


def cut_page(outlines: Sequence[Outline], messages: int, max_bytes: int = MAX_PAGE_BYTES) -> int:
    """Return how many of the entries, nearest first, make a page: enough messages, not too many bytes.

    Entries that are no messages come along up to the next message; the first entry always fits.
    """
    count = size = 0
    for outline in outlines:
        size += outline.size
        if count and (size > max_bytes or (outline.is_message and messages == 0)):
            break
        messages -= outline.is_message
        count += 1
    return count


def conceal_cursors(members: Iterable[Member], asker_id: int, *, is_open: bool) -> list[Member]:
    """Return the members as the asker may see them: a closed conversation does not tell what others read."""
    if is_open:
        return list(members)
    return [
        member
        if member.user_id == asker_id
        else Member(
            user_id=member.user_id,
            role=member.role,
            joined_seq=member.joined_seq,
            delivered_seq=member.joined_seq,
            read_seq=member.joined_seq,
        )
        for member in members
    ]
