"""Who may read and write a conversation. Pure.

What a person may read is the union of their stays; absent and forbidden are the same NotFound.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from hearth.conversations.contract import Conversation, Kind, Member, Role
from hearth.errors import HearthError, NotFound


class ConversationClosed(HearthError):
    code = "not_friends"
    status = 403
    title = "You can only write to friends, and you are not friends any more"


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
    `entered_seq` is the entry that brought them in, where they were given earlier ones to read.
    """

    user_id: int
    role: Role
    joined_seq: int
    left_seq: int | None
    delivered_seq: int
    read_seq: int
    frozen_delivered_seq: int | None = None
    frozen_read_seq: int | None = None
    entered_seq: int | None = None

    def was_known(self, seq: int) -> bool:
        """Tell whether this stay had begun when the entry `seq` was written."""
        return (self.joined_seq + 1 if self.entered_seq is None else self.entered_seq) <= max(seq, 1)

    def was_there(self, seq: int) -> bool:
        """Tell whether this stay had begun when the entry `seq` was written, and did not end by then."""
        return self.was_known(seq) and (self.left_seq is None or self.left_seq > seq)


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


def group_stays(stays: Iterable[Stay]) -> dict[int, tuple[Stay, ...]]:
    """Return everybody's stays by user, each user's in order."""
    grouped: dict[int, list[Stay]] = {}
    for stay in sorted(stays, key=lambda stay: stay.joined_seq):
        grouped.setdefault(stay.user_id, []).append(stay)
    return {user_id: tuple(of_one) for user_id, of_one in grouped.items()}


def show_conversation(access: Access, conversation: Conversation, stays: Iterable[Stay]) -> Conversation:
    """Return a conversation as the asker may see it: who left can send nothing and meets nobody new."""
    if access.is_member:
        return conversation
    known = {stay.user_id for stay in stays if stay.was_known(access.last_seq)}
    users = [user for user in conversation.users if user.id in known]
    return msgspec.structs.replace(conversation, open=False, users=users)


def show_members(access: Access, stays: Iterable[Stay]) -> list[Member]:
    """Return the members among these stays, as the asker may see how far they have received and read.

    Where nothing can be sent any more (closed, or one has left), the others' cursors stand still: where the
    closing found them, or at the start of their stay where that is not kept. Who has left is shown who was
    there until then, the asker not among them.
    """
    is_live = access.head.is_open and access.is_member
    present = (stay for stay in stays if is_present(access, stay))
    return [to_member(stay, is_live=is_live or stay.user_id == access.user_id) for stay in present]


def is_present(access: Access, stay: Stay) -> bool:
    """Tell whether a stay is one of a present member; for who has left: of one who was there afterwards."""
    if access.is_member:
        return stay.left_seq is None
    return stay.was_there(access.last_seq)


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
