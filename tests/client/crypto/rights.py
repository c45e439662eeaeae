"""How the vectors of who may do what (7.4 and 8.9) are run here: all that could be done is tried."""

from dataclasses import replace
from typing import Any

from hearth.client.crypto.log.rights import check_target, check_writer
from hearth.client.crypto.log.rows import Row
from hearth.sealed.core.packed import Head, Place
from hearth.sealed.core.statements import Signed
from hearth.sealed.core.verdicts import Rejected
from hearth.sealed.group.epoch import (
    NO_HASH,
    Action,
    Epoch,
    EpochRecord,
    Kind,
    Member,
    Role,
    Roster,
    Settings,
    Target,
)
from hearth.sealed.group.steps import Facts, check_step
from tests.client.crypto.vectors import In, operation

KINDS, USERS, ROLES = range(8), range(1, 6), range(4)
SERVER, DEVICE, CONVERSATION = b"s" * 16, b"d" * 16, b"c" * 16
NOBODY = Facts(is_linked=lambda user, before, after: before == after, has_left=lambda user, cause: False)


def make_settings(values: dict[str, int], timer: int = 0) -> Settings:
    roles = {name: Role(value) for name, value in values.items()}
    return Settings(
        roles["add_by"], roles["post_by"], roles["settings_by"], timer, (), pin_by=roles["pin_by"]
    )


def make_members(roles: list[list[int]]) -> tuple[Member, ...]:
    return tuple(make_member(user, role) for user, role in sorted(roles))


def make_member(user: int, role: int) -> Member:
    return Member(user, Role(role), bytes((user,)) * 32, Head(3, b"h" * 32), 1, b"r" * 32)


def make_epoch(given: In, n: int, action: Action, members: tuple[Member, ...], *targets: Target) -> Epoch:
    """Return an epoch that nobody has signed: signatures are checked elsewhere."""
    timer = 60 if action is Action.SETTINGS else 0
    record = EpochRecord(
        1, Kind(given.kind), SERVER, CONVERSATION, n, NO_HASH, NO_HASH, make_settings(given.settings, timer),
        action, targets, 0, given.user, DEVICE, 0, Place(0, NO_HASH), NO_HASH, (),
    )  # fmt: skip
    return Epoch(Signed(record, b"", b"", b""), Roster(members))


@operation("rights.write")
def _(given: In) -> Any:
    epoch = make_epoch(given, 1, Action.CREATE, make_members(given.roles))
    at = [[kind, author] for kind in KINDS for author in USERS if may_write(epoch, given, kind, author)]
    return {"alone": may_write(epoch, given), "at": at}


def may_write(epoch: Epoch, given: In, kind: int | None = None, author: int = 0) -> bool:
    target = None if kind is None else make_row(kind, author, seq=7)
    row = replace(make_row(given.record, given.user, seq=9), target_seq=0 if target is None else 7)
    try:
        check_writer(epoch, row)
        if target is not None:
            check_target(epoch, row, target)
    except Rejected:
        return False
    return True


def make_row(kind: int, user: int, seq: int) -> Row:
    return Row(seq, kind, user, DEVICE, b"i" * 16, 1, 1, 0, 0, b"", NO_HASH)


@operation("rights.act")
def _(given: In) -> Any:
    to = [[user, role] for user in USERS for role in ROLES if may_act(given, user, role)]
    return {"alone": may_act(given), "to": to}


def may_act(given: In, user: int = 0, role: int = 0) -> bool:
    """Try an action, on one person if one is named, with the members that follow."""
    action = Action(given.action)
    before = {member.user: member for member in make_members(given.roles)}
    after, targets = dict(before), [Target(user, Role(role), NO_HASH)] if user else []
    if user and role == Role.NONE:
        after.pop(user, None)
    elif user:
        after[user] = replace(before.get(user, make_member(user, role)), role=Role(role))
        if action is Action.REIDENTIFY:
            after[user] = replace(after[user], identity_key=b"n" * 32)
    first = make_epoch(given, 1, Action.CREATE, tuple(before.values()))
    members = tuple(after[one] for one in sorted(after))
    try:
        check_step(first, make_epoch(given, 2, action, members, *targets), NOBODY)
    except Rejected:
        return False
    return True
