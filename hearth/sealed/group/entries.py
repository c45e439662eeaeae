"""Log entries as the server sees them too: kinds, the form of sealed ones, the signed ones (section 8)."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

from hearth.sealed.core import labels
from hearth.sealed.core.box import OVERHEAD, VERSION
from hearth.sealed.core.packed import U64, Hash, Id, Place, User
from hearth.sealed.core.padding import bucket_of
from hearth.sealed.core.statements import Extensions, Statement
from hearth.sealed.core.verdicts import Rejected, Verdict, require
from hearth.sealed.group.epoch import Epoch, Kind, Role, Settings

FORMAT = 1
SHORTEST = OVERHEAD + 256
LONGEST = 65536


class EntryKind(IntEnum):
    """Section 8.1: what a log entry is. Below 16 sealed, from 16 on signed only."""

    VOID = 0
    MESSAGE = 1
    EDIT = 2
    REACTION = 3
    DELETION = 4
    CALL = 5
    STATE = 6
    PIN = 7
    EPOCH = 16
    LEAVE = 17
    RESTORED = 18


SEALED = frozenset(EntryKind) - {EntryKind.EPOCH, EntryKind.LEAVE, EntryKind.RESTORED}
KINDS = {kind.value: kind for kind in SEALED}
TARGETS = {
    EntryKind.VOID: frozenset[EntryKind](),
    EntryKind.CALL: frozenset[EntryKind](),
    EntryKind.STATE: frozenset[EntryKind](),
    EntryKind.MESSAGE: frozenset({EntryKind.MESSAGE}),
    EntryKind.EDIT: frozenset({EntryKind.MESSAGE}),
    EntryKind.REACTION: frozenset({EntryKind.MESSAGE}),
    EntryKind.PIN: frozenset({EntryKind.MESSAGE}),
    EntryKind.DELETION: frozenset({EntryKind.MESSAGE, EntryKind.EDIT, EntryKind.REACTION}),
}
"""At what each kind may be aimed (section 8.9)."""
AIMED = frozenset({EntryKind.EDIT, EntryKind.REACTION, EntryKind.DELETION, EntryKind.PIN})
"""Kinds that must have a target."""


def read_kind(kind: int) -> EntryKind:
    """Return the kind of a sealed record; Rejected(unsupported) for one that this version does not know."""
    known = KINDS.get(kind)
    if known is None:
        raise Rejected(Verdict.UNSUPPORTED, "a kind of record that is not known")
    return known


def may_write(kind: EntryKind, where: Kind, settings: Settings, rank: Role) -> bool:
    """Tell whether who acts as `rank` may write this kind at all, whatever at (section 8.9)."""
    is_group = where is Kind.GROUP
    match kind:
        case EntryKind.MESSAGE:
            return rank <= settings.post_by
        case EntryKind.STATE:  # who adds somebody repeats it for them (8.10)
            return is_group and rank <= max(settings.settings_by, settings.add_by)
        case EntryKind.PIN:
            return not is_group or rank <= settings.pin_by
        case _:
            return True


def check_form(record: bytes) -> None:
    """Check 1 of section 8.3, of what is sealed. Raises Rejected: malformed, unsupported."""
    require(record[:1] == VERSION, Verdict.UNSUPPORTED, "a record of another format")
    require(SHORTEST <= len(record) <= LONGEST, Verdict.MALFORMED, "a record of an impossible length")
    plaintext = len(record) - OVERHEAD
    require(bucket_of(plaintext) == plaintext, Verdict.MALFORMED, "a length between the buckets")


@dataclass(frozen=True, slots=True)
class Leave(Statement):
    """A member goes, in the epoch that is current."""

    LABEL: ClassVar[bytes] = labels.LEAVE
    server: Id
    conversation: Id
    epoch: U64
    record_hash: Hash
    user: User
    device: Id
    time: U64
    seen: Place
    extensions: Extensions


@dataclass(frozen=True, slots=True)
class Restored(Statement):
    """The log goes on after a restore; `old` is where it stood before."""

    LABEL: ClassVar[bytes] = labels.RESTORED
    server: Id
    conversation: Id
    database_generation: Id
    epoch: U64
    record_hash: Hash
    old: Place
    user: User
    device: Id
    time: U64
    extensions: Extensions


def check_may_leave(epoch: Epoch, left: Collection[int], user: int) -> None:
    """Raise Rejected(not_allowed) for who may not leave a conversation in an epoch (section 8.6).

    `left` have done so in it. Nobody leaves twice, and the last owner only after everybody else.
    """
    stay = {member.user: member.role for member in epoch.roster.members if member.user not in left}
    is_group = epoch.record.kind is Kind.GROUP and user in stay
    others = {role for other, role in stay.items() if other != user}
    is_last_owner = stay.get(user) is Role.OWNER and bool(others) and Role.OWNER not in others
    require(is_group and not is_last_owner, Verdict.NOT_ALLOWED, "nobody who may leave")
