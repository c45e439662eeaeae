"""Who may read and write a conversation. Pure.

What a person may read is the union of their stays; absent and forbidden are the same NotFound.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from hearth.conversations.contract import Kind, Member, Role
from hearth.errors import NotFound


@dataclass(frozen=True, slots=True)
class Head:
    """A conversation as stored, with the head of its log."""

    id: bytes
    kind: Kind
    is_open: bool
    last_seq: int
    last_ordinal: int
    log_hash: bytes
    epoch: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Stay:
    """One stay of a user: they may read the seqs after `joined_seq`, up to `left_seq` if they left.

    The frozen cursors are where the others stood when the conversation closed; None while it is open.
    """

    user_id: int
    role: Role
    joined_seq: int
    left_seq: int | None
    delivered_seq: int
    read_seq: int
    frozen_delivered_seq: int | None = None
    frozen_read_seq: int | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """What one user may do in one conversation; there is none without a stay. Stays are ordered."""

    head: Head
    stays: tuple[Stay, ...]

    @property
    def user_id(self) -> int:
        """Whose access it is."""
        return self.stays[-1].user_id

    @property
    def is_member(self) -> bool:
        """Whether the user is in it now."""
        return self.stays[-1].left_seq is None

    @property
    def first_seq(self) -> int:
        """The lowest seq that the user may read, once there is one."""
        return self.stays[0].joined_seq + 1

    @property
    def last_seq(self) -> int:
        """The head of the log as far as this user may know of it."""
        left_seq = self.stays[-1].left_seq
        return self.head.last_seq if left_seq is None else left_seq

    @property
    def read_seq(self) -> int:
        """Up to where nothing is unread: the user's own cursor, at least the start of the stay."""
        return max(self.stays[-1].read_seq, self.stays[-1].joined_seq)

    def may_read(self, seq: int) -> bool:
        return any(
            stay.joined_seq < seq <= (self.head.last_seq if stay.left_seq is None else stay.left_seq)
            for stay in self.stays
        )


def require_member(head: Head | None, stays: Sequence[Stay]) -> Access:
    """Return what a user may do who is, or was, a member; raises NotFound for everybody else."""
    if head is None or not stays:
        raise NotFound
    return Access(head, tuple(sorted(stays, key=lambda stay: stay.joined_seq)))


def show_members(access: Access, stays: Iterable[Stay]) -> list[Member]:
    """Return the present members among these stays, as the asker may see how far they have received and read.

    Where nothing can be sent any more (closed, or one has left), the others' cursors stand still: where the
    closing found them, or at the start of their stay where that is not kept.
    """
    is_live = access.head.is_open and access.is_member
    present = (stay for stay in stays if stay.left_seq is None)
    return [to_member(stay, is_live=is_live or stay.user_id == access.user_id) for stay in present]


def to_member(stay: Stay, *, is_live: bool) -> Member:
    """Return a member with the cursors of this moment, or with the frozen ones."""
    delivered_seq, read_seq = stay.delivered_seq, stay.read_seq
    if not is_live:
        delivered_seq = max(stay.frozen_delivered_seq or 0, stay.joined_seq)
        read_seq = max(stay.frozen_read_seq or 0, stay.joined_seq)
    return Member(
        user_id=stay.user_id,
        role=stay.role,
        joined_seq=stay.joined_seq,
        delivered_seq=delivered_seq,
        read_seq=read_seq,
    )
