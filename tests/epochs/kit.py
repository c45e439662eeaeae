"""A conversation as its members' devices make it: epoch records with their rosters and wraps.

Wraps and what is sealed are random: the server sees lengths, and tests of sealing are elsewhere.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import msgspec

from hearth.contract import Actor
from hearth.epochs.contract import AskRewrap, EpochTaken, LeaveGroup, MakeEpoch, MemberWrap, NewHistory
from hearth.sealed.core.packed import Place
from hearth.sealed.core.padding import bucket_of
from hearth.sealed.group.entries import Leave
from hearth.sealed.group.epoch import (
    NO_HASH,
    Action,
    EpochRecord,
    Kind,
    Member,
    Role,
    Roster,
    Settings,
    Target,
)
from hearth.sealed.group.ids import direct_id, group_id, self_id
from hearth.sealed.group.rewrap import RewrapRequest
from tests.directory.conftest import Home
from tests.directory.kit import NOW, Owner

OPEN = Settings(Role.MEMBER, Role.MEMBER, Role.ADMIN, 0, ())
PLAIN = Settings(Role.MEMBER, Role.MEMBER, Role.MEMBER, 0, ())


@dataclass
class Room:
    """What has been made and taken, in order; `homes` are the people by user id."""

    homes: dict[int, Home]
    kind: Kind
    conversation: bytes
    time: int = NOW
    records: list[EpochRecord] = field(default_factory=list)
    rosters: list[Roster] = field(default_factory=list)
    taken: list[EpochTaken] = field(default_factory=list)

    @property
    def n(self) -> int:
        return len(self.records)

    @property
    def id(self) -> str:
        return self.conversation.hex()

    def newest(self, home: Home) -> EpochRecord:
        """Return the newest record, or one that nobody has when there is none."""
        return self.records[-1] if self.records else EpochRecord.open(self.create(home).record).body

    def member(self, home: Home, role: Role) -> Member:
        """Return a line that states the newest head and receive key."""
        owner = home.owner
        version, digest = owner.receive_version, owner.receive_hash
        return Member(owner.user, role, owner.now.identity_key, owner.now.head, version, digest)

    def members(self) -> list[Member]:
        """Return the lines of the newest roster, each stating the newest."""
        return [self.member(self.homes[line.user], line.role) for line in self.rosters[-1].members]

    def draft(
        self,
        home: Home,
        action: Action,
        lines: Iterable[Member],
        targets: Sequence[Target] = (),
        *,
        history: int = 0,
        device: Actor | None = None,
        **changes: Any,
    ) -> MakeEpoch:
        """Sign the next epoch without keeping it; `changes` replace fields of the record."""
        roster = Roster(tuple(sorted(lines, key=lambda line: line.user)))
        device_id = (device or home.phone).device_id
        record = EpochRecord(
            minimum_format=1,
            kind=self.kind,
            server=home.owner.server,
            conversation=self.conversation,
            n=self.n + 1,
            previous=self.records[-1].hash() if self.records else NO_HASH,
            roster_hash=roster.hash(),
            settings=self.records[-1].settings if self.records else self.first_settings,
            action=action,
            targets=tuple(sorted(targets, key=lambda target: target.user)),
            history_from=history,
            actor=home.owner.user,
            device=device_id,
            time=self.time,
            seen=Place(0, NO_HASH),
            commitment=secrets.token_bytes(32),
            extensions=(),
        )
        record = replace(record, **changes)
        is_same = bool(self.rosters) and self.rosters[-1] == roster
        wrapped = [line.user for line in roster.members if line.receive_version]
        new = [target.user for target in record.targets if target.user in wrapped]
        return MakeEpoch(
            record=record.sign(home.owner.seeds[device_id]),
            roster=None if is_same else roster.pack(),
            wraps=wraps_for(wrapped),
            history=NewHistory(sealed=secrets.token_bytes(120), wraps=wraps_for(new)) if history else None,
        )

    @property
    def first_settings(self) -> Settings:
        return OPEN if self.kind is Kind.GROUP else PLAIN

    async def run(self, home: Home, command: MakeEpoch, device: Actor | None = None) -> EpochTaken:
        """Send an epoch and keep it once it is taken."""
        taken: EpochTaken = await home.stage.run(device or home.phone, command)
        self.keep(command, taken)
        return taken

    def keep(self, command: MakeEpoch, taken: EpochTaken) -> None:
        """Remember an epoch that was taken."""
        if taken.n > self.n:
            self.records.append(EpochRecord.open(command.record).body)
            roster = self.rosters[-1] if command.roster is None else Roster.unpack(command.roster)
            self.rosters.append(roster)
            self.taken.append(taken)

    def create(self, home: Home, **changes: Any) -> MakeEpoch:
        """Create with everybody: in a group the actor is the owner."""
        roles = {Kind.DIRECT: Role.MEMBER, Kind.SELF: Role.OWNER, Kind.GROUP: Role.MEMBER}
        lines = [
            self.member(one, Role.OWNER if self.kind is Kind.GROUP and one is home else roles[self.kind])
            for one in self.homes.values()
        ]
        return self.draft(home, Action.CREATE, lines, **changes)

    def rotate(self, home: Home, **changes: Any) -> MakeEpoch:
        return self.draft(home, Action.ROTATE, self.members(), **changes)

    def add(self, home: Home, *new: Home, history: int = 0, **changes: Any) -> MakeEpoch:
        self.homes |= {one.owner.user: one for one in new}
        lines = [*self.members(), *(self.member(one, Role.MEMBER) for one in new)]
        targets = [Target(one.owner.user, Role.MEMBER, NO_HASH) for one in new]
        return self.draft(home, Action.ADD, lines, targets, history=history, **changes)

    def remove(self, home: Home, *gone: Home, **changes: Any) -> MakeEpoch:
        ids = {one.owner.user for one in gone}
        lines = [line for line in self.members() if line.user not in ids]
        targets = [Target(user, Role.NONE, NO_HASH) for user in ids]
        return self.draft(home, Action.REMOVE, lines, targets, **changes)

    def set_role(self, home: Home, other: Home, role: Role, **changes: Any) -> MakeEpoch:
        user = other.owner.user
        lines = [replace(line, role=role) if line.user == user else line for line in self.members()]
        return self.draft(home, Action.ROLE, lines, [Target(user, role, NO_HASH)], **changes)


def wraps_for(users: Iterable[int]) -> list[MemberWrap]:
    return [MemberWrap(user_id=user, wrap=secrets.token_bytes(1168)) for user in sorted(users)]


def with_wraps(command: MakeEpoch, wraps: list[MemberWrap]) -> MakeEpoch:
    """Return a request with other wraps."""
    return msgspec.structs.replace(command, wraps=wraps)


def make_group(owner: Home, *others: Home, time: int = NOW) -> Room:
    """Return a group that does not exist yet."""
    conversation = group_id(owner.owner.server, owner.owner.user, owner.id, time)
    homes = {home.owner.user: home for home in (owner, *others)}
    return Room(homes, Kind.GROUP, conversation, time)


def make_direct(one: Home, other: Home) -> Room:
    conversation = direct_id(one.owner.server, one.owner.user, other.owner.user)
    return Room({one.owner.user: one, other.owner.user: other}, Kind.DIRECT, conversation)


def make_self(one: Home) -> Room:
    conversation = self_id(one.owner.server, one.owner.user)
    return Room({one.owner.user: one}, Kind.SELF, conversation)


def make_record(plaintext: int = 256) -> bytes:
    """Return bytes that the server cannot tell from a sealed record of so many bytes of plaintext."""
    return b"\x01" + secrets.token_bytes(32 + plaintext)


def make_record_of(content: bytes) -> bytes:
    """Return such bytes in which a test finds `content` again; the same content gives the same bytes."""
    return b"\x01" + content.ljust(32 + bucket_of(len(content)), b"\0")


def make_home(owner: Owner, *devices: Actor) -> Home:
    """Return somebody who signs and asks nothing here."""
    return Home(cast(Any, None), owner, list(devices))


def sign_leave(room: Room, home: Home, device: Actor | None = None, **changes: Any) -> LeaveGroup:
    """Sign a leave entry of the newest epoch; `changes` replace fields."""
    device_id, record, owner = (device or home.phone).device_id, room.newest(home), home.owner
    entry = Leave(
        server=owner.server,
        conversation=room.conversation,
        epoch=record.n,
        record_hash=record.hash(),
        user=owner.user,
        device=device_id,
        time=NOW,
        seen=Place(0, NO_HASH),
        extensions=(),
    )
    return LeaveGroup(entry=replace(entry, **changes).sign(owner.seeds[device_id]))


def sign_request(
    room: Room, home: Home, device: Actor | None = None, n: int = 0, **changes: Any
) -> AskRewrap:
    """Sign a request for the seed of an epoch (the newest); `changes` replace fields."""
    device_id, owner = (device or home.phone).device_id, home.owner
    record = room.records[n - 1] if n else room.newest(home)
    request = RewrapRequest(
        server=owner.server,
        conversation=room.conversation,
        n=record.n,
        record_hash=record.hash(),
        user=owner.user,
        device=device_id,
        receive_version=owner.receive_version,
        receive_hash=owner.receive_hash,
        time=NOW,
        extensions=(),
    )
    return AskRewrap(request=replace(request, **changes).sign(owner.seeds[device_id]))
