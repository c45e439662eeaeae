"""Whether a sealed record may take the next place of a log: what shows without its key (8.3, 1 to 4; 8.9).

Pure. What is judged stands in facts that known_epochs.py has at hand.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from hearth.errors import Conflict, HearthError
from hearth.sealed.core.packed import Head
from hearth.sealed.core.verdicts import Rejected, Verdict, require
from hearth.sealed.group.check import read_epoch
from hearth.sealed.group.entries import AIMED, FORMAT, TARGETS, EntryKind, check_form, may_write, read_kind
from hearth.sealed.group.epoch import Kind, Member, Role, Settings
from hearth.vault.rules import NotAccepted

OLDEST = timedelta(days=14)
MOST_ENTRIES = 2000
"""Above the entry of an epoch; the server takes no more under it (7.6)."""
LATE = 100
"""Above the entry of the next epoch; so many more may still come under the one before (8.3, 3)."""


class EpochTooOld(Conflict):
    code = "epoch_too_old"
    title = "Nothing more is taken under this epoch; seal again under the next"


@dataclass(frozen=True, slots=True)
class Line:
    """A member as an epoch states them: `rank` is the role as which they act (7.4)."""

    role: Role
    rank: Role
    head: Head


@dataclass(frozen=True, slots=True)
class EpochFacts:
    """A stored epoch as far as records under it are judged by it. `seq` is that of its entry."""

    seq: int
    timestamp: datetime
    minimum_format: int
    kind: Kind
    settings: Settings
    lines: Mapping[int, Line]


class Standing(NamedTuple):
    """Which devices a person has now, in which incarnation."""

    incarnation: int
    devices: frozenset[bytes]


class Target(NamedTuple):
    """What an entry is aimed at, as the log has it."""

    kind: int
    from_user: int
    is_emptied: bool = False


class Sealed(NamedTuple):
    """A record on its way: who sends it, where it would stand, since which entry the sender is a member.

    `is_offered`: it is from before a restore; it was judged by its age then.
    """

    user_id: int
    device: bytes
    kind: int
    epoch: int
    target_seq: int
    record: bytes
    seq: int
    entered_seq: int
    now: datetime
    is_offered: bool = False


class Facts(NamedTuple):
    """What is known about the epoch that a record names.

    `next_seq`: the entry of the epoch after it, None while there is none. `has_leave`: somebody left in it or
    in a later one, and has its key.
    `incarnation`: of the sender at the head that the epoch states for them. `latest_epoch`: the highest that
    an entry of this device above `next_seq` names. `since_backup`: for what is from before a restore, the
    sender's devices that the backup lists or a later statement.
    """

    epoch: EpochFacts
    next_seq: int | None = None
    has_leave: bool = False
    incarnation: int = 0
    standing: Standing | None = None
    latest_epoch: int = 0
    target: Target | None = None
    since_backup: frozenset[bytes] = frozenset()


def read_facts(record: bytes, roster: bytes, seq: int, timestamp: datetime) -> EpochFacts:
    """Return what counts of a stored epoch."""
    epoch = read_epoch(record, roster)
    members, body = epoch.roster.members, epoch.record
    highest = min((member.role for member in members), default=Role.OWNER)
    lines = {member.user: make_line(member, highest) for member in members}
    return EpochFacts(seq, timestamp, body.minimum_format, body.kind, body.settings, lines)


def make_line(member: Member, highest: Role) -> Line:
    """Return a member's line: without an owner, the highest role that is there acts as one."""
    return Line(member.role, Role.OWNER if member.role is highest else member.role, member.chain)


def judge_sealed(sealed: Sealed, facts: Facts) -> HearthError | None:
    """Return why a record cannot be taken, in the order of section 8.3, or None."""
    try:
        check_form(sealed.record)
        kind = read_kind(sealed.kind)
        is_new_enough = facts.epoch.minimum_format <= FORMAT
        require(is_new_enough, Verdict.NOT_ALLOWED, "a format older than the epoch allows")
        if is_too_old(sealed, facts):
            return EpochTooOld()
        check_sender(sealed, facts)
        check_rights(kind, sealed, facts)
    except Rejected as rejected:
        return NotAccepted(rejected.why, fields={"verdict": rejected.verdict.value})
    return None


def is_too_old(sealed: Sealed, facts: Facts) -> bool:
    """Tell whether nothing more, or nothing more of this device, is taken under an epoch (7.6; 8.3, 3).

    Who has been a member without a break since the epoch is in every roster after it.
    """
    stored = facts.epoch
    is_over = sealed.now - stored.timestamp > OLDEST or sealed.seq - stored.seq > MOST_ENTRIES
    is_over = is_over and not sealed.is_offered
    is_late = facts.next_seq is not None and sealed.seq > facts.next_seq + LATE
    has_moved_on = facts.latest_epoch > sealed.epoch
    was_away = sealed.entered_seq > stored.seq
    return is_over or is_late or has_moved_on or was_away or facts.has_leave


def check_sender(sealed: Sealed, facts: Facts) -> None:
    """Raise Rejected(not_listed) unless a device of a member of the epoch sends, who has not reset since.

    A device that is listed now, in the incarnation of the stated head, is so at a later head (8.3, 4). What a
    restored database has lost was written since its backup, so by none that was removed before.
    """
    require(sealed.user_id in facts.epoch.lines, Verdict.NOT_LISTED, "the user is not in the roster")
    standing = facts.standing
    is_listed = (
        standing is not None
        and sealed.device in (facts.since_backup if sealed.is_offered else standing.devices)
        and standing.incarnation == facts.incarnation
    )
    require(is_listed, Verdict.NOT_LISTED, "not a device of the user")


def check_rights(kind: EntryKind, sealed: Sealed, facts: Facts) -> None:
    """Raise Rejected(not_allowed) unless the sender may write this kind, and aim it at this (8.9).

    Whose an edited message is, the server leaves to the readers.
    """
    epoch = facts.epoch
    rank = epoch.lines[sealed.user_id].rank
    _allow(may_write(kind, epoch.kind, epoch.settings, rank), "the sender may not write this")
    _allow(bool(TARGETS[kind]) or sealed.target_seq == 0, "a target where there is none")
    _allow(kind not in AIMED or sealed.target_seq != 0, "no target where there must be one")
    target = facts.target
    if target is None:
        return
    _allow(target.kind in TARGETS[kind], "not a target of this kind")
    if kind is EntryKind.DELETION and target.from_user != sealed.user_id:
        author = epoch.lines.get(target.from_user)
        role = Role.MEMBER if author is None else author.role
        may = rank is Role.OWNER or (rank is Role.ADMIN and role is Role.MEMBER)
        _allow(epoch.kind is Kind.GROUP and may, "the sender may not delete this")


def _allow(holds: bool, why: str) -> None:
    require(holds, Verdict.NOT_ALLOWED, why)
