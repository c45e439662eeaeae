"""What a person may want of the next epoch, by the actions of section 7.4's table.

An act says who is a member after it and as what; whether the actor may do it, the table judges when the
record is made (epoch.py).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hearth.sealed.core.verdicts import Verdict, require
from hearth.sealed.group.epoch import NO_HASH, Action, Epoch, Kind, Role, Settings, Target

PRIVATE = Settings(Role.MEMBER, Role.MEMBER, Role.MEMBER, 0, ())  # of direct and self conversations


@dataclass(frozen=True, slots=True)
class Act:
    """The next epoch as wanted: `roles` of everybody who is in it, settings, and what the record names."""

    action: Action
    kind: Kind
    roles: Mapping[int, Role]
    settings: Settings
    targets: tuple[Target, ...] = ()
    history_from: int = 0

    @property
    def brought_in(self) -> frozenset[int]:
        """Who is in it whatever the epoch before says of them: everybody who is new or reidentified."""
        if self.action is Action.CREATE:
            return frozenset(self.roles)
        touched = self.action in (Action.ADD, Action.REIDENTIFY)
        return frozenset(target.user for target in self.targets) if touched else frozenset()


def create_direct(user: int, other: int) -> Act:
    """Two people begin to talk."""
    return Act(Action.CREATE, Kind.DIRECT, {user: Role.MEMBER, other: Role.MEMBER}, PRIVATE)


def create_self(user: int) -> Act:
    """A person's conversation with themselves."""
    return Act(Action.CREATE, Kind.SELF, {user: Role.OWNER}, PRIVATE)


def create_group(roles: Mapping[int, Role], settings: Settings) -> Act:
    """A group, its creator an owner."""
    return Act(Action.CREATE, Kind.GROUP, dict(roles), settings)


def rotate(before: Epoch) -> Act:
    """The same people under a new seed."""
    return _change(before, Action.ROTATE)


def add(before: Epoch, causes: Mapping[int, bytes], history_from: int = 0) -> Act:
    """Newcomers, each with zeros or the public key of the link that they came by.

    They are given the epochs from `history_from` on, none with 0.
    """
    targets = _name((user, Role.MEMBER, cause) for user, cause in causes.items())
    return _change(before, Action.ADD, targets, history_from=history_from)


def remove(before: Epoch, causes: Mapping[int, bytes]) -> Act:
    """Members go: with zeros by the actor's role, with the SHA-256 of their leave entry because they left."""
    return _change(before, Action.REMOVE, _name((user, Role.NONE, cause) for user, cause in causes.items()))


def change_roles(before: Epoch, roles: Mapping[int, Role]) -> Act:
    """Other roles for these members."""
    return _change(before, Action.ROLE, _name((user, role, NO_HASH) for user, role in roles.items()))


def change_settings(before: Epoch, settings: Settings) -> Act:
    """Other settings: of direct and self conversations the timer only."""
    return _change(before, Action.SETTINGS, settings=settings)


def reidentify(before: Epoch, actor: int, users: Iterable[int]) -> Act:
    """Let in again who has reset, each with the lower of their role and the actor's.

    Only once the person has accepted each changed identity (section 9.2). Raises Rejected(not_allowed).
    """
    members, wanted = before.members, set(users)
    require(
        wanted | {actor} <= members.keys(), Verdict.NOT_ALLOWED, "only members are let in again, by members"
    )
    lower = members[actor].role
    return _change(
        before,
        Action.REIDENTIFY,
        _name((user, max(members[user].role, lower), NO_HASH) for user in wanted),
    )


def _name(targets: Iterable[tuple[int, Role, bytes]]) -> tuple[Target, ...]:
    return tuple(Target(user, role, cause) for user, role, cause in sorted(targets))


def _change(
    before: Epoch,
    action: Action,
    targets: tuple[Target, ...] = (),
    *,
    settings: Settings | None = None,
    history_from: int = 0,
) -> Act:
    roles = {user: member.role for user, member in before.members.items()}
    for target in targets:
        roles[target.user] = target.role
    there = {user: role for user, role in roles.items() if role is not Role.NONE}
    record = before.record
    return Act(action, record.kind, there, settings or record.settings, targets, history_from)
