"""The epoch record and its roster (section 7.2): who is in a conversation, by whose act, how it is set."""

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Annotated, ClassVar, Self

from hearth.sealed.core import labels
from hearth.sealed.core.hashing import labelled_hash
from hearth.sealed.core.packed import (
    U8,
    U32,
    U64,
    Choice,
    Elsewhere,
    Hash,
    Head,
    Id,
    Key,
    Listed,
    Nested,
    Packed,
    Place,
    User,
)
from hearth.sealed.core.reader import Reader
from hearth.sealed.core.statements import Extension, ExtensionList, Signed, Statement
from hearth.sealed.core.verdicts import Verdict, require

MOST_MEMBERS = 200
MOST_LINKS = 20
NO_HASH = bytes(32)
RIGHTS = 5
"""The extension of an epoch record that holds the end of its settings."""


class Kind(IntEnum):
    """What sort of conversation."""

    DIRECT = 1
    SELF = 2
    GROUP = 3


class Role(IntEnum):
    """A lower number is a higher role. NONE stands only in targets of a removal."""

    NONE = 0
    OWNER = 1
    ADMIN = 2
    MEMBER = 3


class Action(IntEnum):
    """What an epoch record does."""

    CREATE = 1
    ADD = 2
    REMOVE = 3
    ROTATE = 4
    ROLE = 5
    SETTINGS = 6
    REIDENTIFY = 7


@dataclass(frozen=True, slots=True)
class Link(Packed):
    """An invite link that stands: `ends` in ms since 1970, `limit` in uses."""

    public_key: Key
    ends: U64
    limit: U32


@dataclass(frozen=True, slots=True)
class Rights(Packed):
    """Which role, and those above it, may pin and call everybody. What is usual goes without saying."""

    pin_by: Annotated[Role, Choice(Role, least=1)] = Role.ADMIN
    everyone_by: Annotated[Role, Choice(Role, least=1)] = Role.ADMIN

    def check(self) -> None:
        is_usual = (self.pin_by, self.everyone_by) == (Role.ADMIN, Role.ADMIN)
        require(not is_usual, Verdict.MALFORMED, "rights that go without saying")


@dataclass(frozen=True, slots=True)
class Settings(Packed):
    """Which role, and those above it, may do what; `timer` in seconds, 0: kept.

    The last two belong to them and travel in the extension `RIGHTS` of the record.
    """

    add_by: Annotated[Role, Choice(Role, least=1)]
    post_by: Annotated[Role, Choice(Role, least=1)]
    settings_by: Annotated[Role, Choice(Role, least=1)]
    timer: U32
    links: Annotated[tuple[Link, ...], Listed(Nested(Link), 1, MOST_LINKS, key=lambda link: link.public_key)]
    pin_by: Annotated[Role, Elsewhere(Role.ADMIN)] = Role.ADMIN
    everyone_by: Annotated[Role, Elsewhere(Role.ADMIN)] = Role.ADMIN

    def has_usual_rights(self) -> bool:
        """Tell whether a record with these goes without the extension."""
        return self.pin_by is Role.ADMIN and self.everyone_by is Role.ADMIN


@dataclass(frozen=True, slots=True)
class Target(Packed):
    """Whom an action concerns; `cause` is zeros, a link's public key or the hash of a leave entry."""

    user: User
    role: Annotated[Role, Choice(Role)]
    cause: Hash


@dataclass(frozen=True, slots=True)
class EpochRecord(Statement):
    """Record n of a conversation. `extensions` are those that do not belong to other fields."""

    LABEL: ClassVar[bytes] = labels.EPOCH
    LIMIT: ClassVar[int] = 32768
    minimum_format: U8
    kind: Annotated[Kind, Choice(Kind)]
    server: Id
    conversation: Id
    n: U64
    previous: Hash
    roster_hash: Hash
    settings: Settings
    action: Annotated[Action, Choice(Action)]
    targets: Annotated[
        tuple[Target, ...], Listed(Nested(Target), 2, MOST_MEMBERS, key=lambda target: target.user)
    ]
    history_from: U64
    actor: User
    device: Id
    time: U64
    seen: Place
    commitment: Hash
    extensions: Annotated[tuple[Extension, ...], ExtensionList(RIGHTS)]

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Take a record from a reader, its rights into its settings."""
        record = super(EpochRecord, cls).read(reader)
        found = [extension for extension in record.extensions if extension.id == RIGHTS]
        if not found:
            return record
        require(found[0].critical, Verdict.MALFORMED, "rights that are not critical")
        rights = Rights.unpack(found[0].data)
        settings = replace(record.settings, pin_by=rights.pin_by, everyone_by=rights.everyone_by)
        others = tuple(extension for extension in record.extensions if extension.id != RIGHTS)
        return replace(record, settings=settings, extensions=others)

    def pack(self) -> bytes:
        """Return the bytes, the rights of the settings among the extensions."""
        if self.settings.has_usual_rights():
            return Packed.pack(self)
        rights = Rights(self.settings.pin_by, self.settings.everyone_by)
        extensions = (*self.extensions, Extension(RIGHTS, True, rights.pack()))
        return Packed.pack(replace(self, extensions=tuple(sorted(extensions, key=lambda one: one.id))))


@dataclass(frozen=True, slots=True)
class Member(Packed):
    """One member as of an epoch: 121 bytes. Receive version 0 with zeros says that no receive key counts."""

    user: User
    role: Annotated[Role, Choice(Role, least=1)]
    identity_key: Key
    chain: Head
    receive_version: U64
    receive_hash: Hash

    def check(self) -> None:
        fits = (self.receive_version == 0) == (self.receive_hash == NO_HASH)
        require(fits, Verdict.MALFORMED, "a receive version without its hash")


@dataclass(frozen=True, slots=True)
class Roster(Packed):
    """All members of an epoch, ascending by user."""

    members: Annotated[
        tuple[Member, ...], Listed(Nested(Member), 2, MOST_MEMBERS, key=lambda member: member.user)
    ]

    def hash(self) -> bytes:
        """Return the roster hash, 32 bytes."""
        return labelled_hash(labels.ROSTER, self.pack())

    def by_user(self) -> dict[int, Member]:
        """Return the members by user id."""
        return {member.user: member for member in self.members}


@dataclass(frozen=True, slots=True)
class Epoch:
    """A decoded record with its roster."""

    signed: Signed[EpochRecord]
    roster: Roster

    @property
    def record(self) -> EpochRecord:
        return self.signed.body

    @property
    def hash(self) -> bytes:
        """The record hash."""
        return self.signed.hash

    @property
    def members(self) -> dict[int, Member]:
        return self.roster.by_user()
