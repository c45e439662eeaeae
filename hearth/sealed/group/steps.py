"""From one epoch to the next: which members follow from an action, and who may do it (section 7.4's table).

Every breach is `not_allowed`. What the table needs to know beside the two records comes in as Facts.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from hearth.sealed.core.packed import Head
from hearth.sealed.core.verdicts import Verdict, require
from hearth.sealed.group.epoch import NO_HASH, Action, Epoch, Kind, Member, Role, Target

WITH_TARGETS = frozenset({Action.ADD, Action.REMOVE, Action.ROLE, Action.REIDENTIFY})


@dataclass(frozen=True, slots=True)
class Facts:
    """What the judge knows of people.

    `is_linked(user, before, after)`: the two identity keys are of one incarnation of that user's chain.
    `has_left(user, cause)`: a leave entry of the user with this SHA-256 counts in the epoch before.
    """

    is_linked: Callable[[int, bytes, bytes], bool]
    has_left: Callable[[int, bytes], bool]


@dataclass(frozen=True, slots=True)
class _Step:
    """Two epochs in a row, with what several rules ask of them."""

    before: Epoch
    after: Epoch
    facts: Facts
    old: Mapping[int, Member]
    rank: Role

    @property
    def kind(self) -> Kind:
        return self.after.record.kind

    @property
    def actor(self) -> int:
        return self.after.record.actor

    @property
    def targets(self) -> tuple[Target, ...]:
        return self.after.record.targets


def check_step(before: Epoch | None, after: Epoch, facts: Facts) -> None:
    """Check an epoch against the table. Raises Rejected(not_allowed).

    Ids, links between records, roster hash and signature are checked elsewhere (group/check.py).
    """
    _check_shape(after)
    if before is None:
        _check_create(after)
        return
    _allow(after.record.action is not Action.CREATE, "a conversation is created once")
    old = before.members
    _allow(after.record.actor in old, "the actor was no member")
    step = _Step(before, after, facts, old, rank_of(old, after.record.actor))
    has_targets = after.record.action in WITH_TARGETS
    _allow(bool(step.targets) == has_targets, "targets of an action without them, or none of one with them")
    CHECKS[after.record.action](step)
    _check_settings(step)
    _check_members(step, _follow(step))


def rank_of(members: Mapping[int, Member], user: int) -> Role:
    """Return as what a member acts: without an owner, the highest role that is there counts as owner."""
    role = members[user].role
    return Role.OWNER if role == min(member.role for member in members.values()) else role


def _allow(holds: bool, why: str) -> None:
    require(holds, Verdict.NOT_ALLOWED, why)


def _check_shape(epoch: Epoch) -> None:
    """What holds for every record of its kind of conversation, whatever it does."""
    record = epoch.record
    if record.kind is not Kind.GROUP:
        _allow(not record.settings.links, "only groups have links")
        roles = (record.settings.add_by, record.settings.post_by, record.settings.settings_by)
        _allow(set(roles) == {Role.MEMBER}, "only groups have roles in their settings")
        _allow(record.settings.has_usual_rights(), "everybody may pin where two are, or one")
    if record.action is Action.ADD:
        _allow(record.history_from < record.n, "a history of the future")
    else:
        _allow(record.history_from == 0, "only newcomers are given a history")


def _check_create(epoch: Epoch) -> None:
    record, members = epoch.record, epoch.members
    _allow(not record.targets, "create has no targets")
    _allow(record.actor in members, "the actor is no member")
    role = members[record.actor].role
    if record.kind is Kind.DIRECT:
        _allow(all(member.role is Role.MEMBER for member in members.values()), "both are members")
    else:
        _allow(role is Role.OWNER, "the actor is an owner")


def _check_add(step: _Step) -> None:
    settings = step.before.record.settings
    _allow(step.kind is Kind.GROUP and step.rank <= settings.add_by, "the actor may not add")
    links = {link.public_key for link in settings.links}
    for target in step.targets:
        _allow(target.user not in step.old, "who is added was there")
        _allow(target.role is Role.MEMBER, "who is added is a member")
        _allow(target.cause == NO_HASH or target.cause in links, "a link that does not stand")


def _check_remove(step: _Step) -> None:
    _allow(step.kind is Kind.GROUP, "only groups lose members")
    for target in step.targets:
        _allow(target.user in step.old and target.user != step.actor, "not somebody else who was there")
        _allow(target.role is Role.NONE, "who is removed has no role")
        if target.cause == NO_HASH:
            _allow(may_remove(step.rank, step.old[target.user].role), "the actor may not remove them")
        else:
            _allow(step.facts.has_left(target.user, target.cause), "they did not leave")


def may_remove(actor: Role, target: Role) -> bool:
    """Tell whether who acts as `actor` may remove somebody who has not left."""
    return actor in (Role.OWNER, Role.ADMIN) and target > actor


def _check_rotate(step: _Step) -> None:
    """Everybody may."""


def _check_role(step: _Step) -> None:
    _allow(step.kind is Kind.GROUP, "only groups have roles")
    for target in step.targets:
        _allow(target.user in step.old and target.cause == NO_HASH, "not a member's role")
        _allow(target.role not in (Role.NONE, step.old[target.user].role), "not another role")
        _allow(_may_give(step, target), "the actor may not give this role")
    had_owner = any(member.role is Role.OWNER for member in step.old.values())
    has_owner = any(member.role is Role.OWNER for member in step.after.roster.members)
    _allow(has_owner or not had_owner, "an owner must remain")


def _may_give(step: _Step, target: Target) -> bool:
    is_self = target.user == step.actor
    if step.rank is Role.OWNER:
        return is_self or step.old[target.user].role is not Role.OWNER
    return step.rank is Role.ADMIN and is_self and target.role is Role.MEMBER


def _check_settings_action(step: _Step) -> None:
    if step.kind is Kind.GROUP:
        _allow(step.rank <= step.before.record.settings.settings_by, "the actor may not change settings")


def _check_reidentify(step: _Step) -> None:
    users = {target.user for target in step.targets}
    if step.kind is Kind.GROUP:
        may = step.rank <= step.before.record.settings.add_by and step.actor not in users
    elif step.kind is Kind.DIRECT:
        may = step.actor not in users or users == step.old.keys()
    else:
        may = True
    _allow(may, "the actor may not reidentify them")
    new = step.after.members
    for target in step.targets:
        _allow(target.user in step.old and target.cause == NO_HASH, "not a member")
        lower = max(step.old[target.user].role, step.old[step.actor].role)
        _allow(target.role == lower, "another role than the lower of the two")
        _allow(target.user in new, "who is reidentified stays")
        before, after = step.old[target.user].identity_key, new[target.user].identity_key
        is_same = before == after or step.facts.is_linked(target.user, before, after)
        _allow(not is_same, "an identity that is linked needs no reidentify")


CHECKS: dict[Action, Callable[[_Step], None]] = {
    Action.ADD: _check_add,
    Action.REMOVE: _check_remove,
    Action.ROTATE: _check_rotate,
    Action.ROLE: _check_role,
    Action.SETTINGS: _check_settings_action,
    Action.REIDENTIFY: _check_reidentify,
}


def _check_settings(step: _Step) -> None:
    old, new = step.before.record.settings, step.after.record.settings
    if step.after.record.action is not Action.SETTINGS:
        _allow(new == old, "the settings change beside the action")
    elif step.kind is not Kind.GROUP:
        _allow(replace(new, timer=0) == replace(old, timer=0), "more than the timer changes")


def _follow(step: _Step) -> dict[int, Role]:
    """Return user and role of everybody who is a member after the action."""
    roles = {user: member.role for user, member in step.old.items()}
    for target in step.targets:
        if target.role is Role.NONE:
            roles.pop(target.user)
        else:
            roles[target.user] = target.role
    return roles


def _check_members(step: _Step, roles: dict[int, Role]) -> None:
    new = step.after.members
    _allow({user: member.role for user, member in new.items()} == roles, "members that do not follow")
    is_reidentify = step.after.record.action is Action.REIDENTIFY
    replaced = {target.user for target in step.targets} if is_reidentify else set()
    for user in new.keys() & step.old.keys():
        before, after = step.old[user], new[user]
        is_kept = before.identity_key == after.identity_key or user in replaced
        is_linked = is_kept or step.facts.is_linked(user, before.identity_key, after.identity_key)
        _allow(is_linked, "an identity that is not linked")
        _allow(_goes_on(before.chain, after.chain), "a head that falls or forks")
        received = Head(before.receive_version, before.receive_hash)
        now_received = Head(after.receive_version, after.receive_hash)
        # Version 0 is judged with the chains (device/epochs.py): only there it shows whether a key counted.
        _allow(after.receive_version == 0 or _goes_on(received, now_received), "a receive key that falls")


def _goes_on(before: Head, after: Head) -> bool:
    return after.n > before.n or after == before
