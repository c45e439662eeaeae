"""Signed log entries that are not sealed, because the server acts on them (section 8.6)."""

from dataclasses import dataclass
from typing import ClassVar

from hearth.sealed.core import labels
from hearth.sealed.core.packed import U64, Hash, Id, Place, User
from hearth.sealed.core.statements import Extensions, Statement


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
