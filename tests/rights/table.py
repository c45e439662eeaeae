"""The tables of docs/protocol-encryption.md, 7.4 and 8.9, as data: a line for each action and kind of record.

Nothing of an implementation is used here. Roles: 1 owner, 2 admin, 3 member; a lower number is a higher role.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

OWNER, ADMIN, MEMBER, NONE = 1, 2, 3, 0
DIRECT, SELF, GROUP = 1, 2, 3
Roles = Mapping[int, int]
Setting = Literal["add_by", "post_by", "settings_by", "pin_by"]
SETTINGS: dict[Setting, int] = {"add_by": ADMIN, "post_by": MEMBER, "settings_by": ADMIN, "pin_by": ADMIN}
PLAIN: dict[Setting, int] = {**SETTINGS, "add_by": MEMBER, "settings_by": MEMBER}
"""Those that conversations other than groups have."""
MESSAGE, EDIT, REACTION = 1, 2, 3


@dataclass(frozen=True)
class Writing:
    """A line of 8.9: by whom in groups (any of these settings; none: everybody), at what, and at whose."""

    by: tuple[Setting, ...] = ()
    at: tuple[int, ...] = ()
    needs_target: bool = True
    whose: Literal["anybody's", "own", "own and below"] = "anybody's"
    groups_only: bool = False


WRITING: dict[int, Writing] = {
    0: Writing(),
    1: Writing(by=("post_by",), at=(MESSAGE,), needs_target=False),
    2: Writing(at=(MESSAGE,), whose="own"),
    3: Writing(at=(MESSAGE,)),
    4: Writing(at=(MESSAGE, EDIT, REACTION), whose="own and below"),
    5: Writing(),
    6: Writing(by=("settings_by", "add_by"), groups_only=True),
    7: Writing(by=("pin_by",), at=(MESSAGE,)),
}


@dataclass(frozen=True)
class Acting:
    """A line of 7.4: in which conversations, by whom in groups, and whether at people."""

    number: int
    kinds: tuple[int, ...] = (DIRECT, SELF, GROUP)
    by: tuple[Setting, ...] = ()
    has_targets: bool = True


ACTING: dict[str, Acting] = {
    "add": Acting(2, kinds=(GROUP,), by=("add_by",)),
    "remove": Acting(3, kinds=(GROUP,)),
    "rotate": Acting(4, has_targets=False),
    "role": Acting(5, kinds=(GROUP,)),
    "settings": Acting(6, by=("settings_by",), has_targets=False),
    "reidentify": Acting(7, by=("add_by",)),
}


def rank_of(roles: Roles, user: int) -> int:
    """Return as what somebody acts: without an owner the highest role that is there counts as one."""
    return OWNER if roles[user] == min(roles.values()) else roles[user]


def _is_allowed(by: tuple[Setting, ...], kind: int, rank: int, settings: Mapping[Setting, int]) -> bool:
    return kind != GROUP or not by or any(rank <= settings[name] for name in by)


def may_write(line: Writing, kind: int, roles: Roles, settings: Mapping[Setting, int], user: int) -> bool:
    """Tell whether a member may write a record of this line at all."""
    is_here = kind == GROUP or not line.groups_only
    return is_here and _is_allowed(line.by, kind, rank_of(roles, user), settings)


def may_aim(line: Writing, kind: int, roles: Roles, user: int, author: int) -> bool:
    """Tell whether who may write may aim at what an author wrote, who may be gone."""
    if line.whose == "anybody's" or author == user:
        return True
    rank, below = rank_of(roles, user), roles.get(author, MEMBER)
    is_above = rank == OWNER or (rank == ADMIN and below == MEMBER)
    return line.whose == "own and below" and kind == GROUP and is_above


def may_act(line: Acting, kind: int, roles: Roles, settings: Mapping[Setting, int], user: int) -> bool:
    """Tell whether a member may take an action at all."""
    return kind in line.kinds and _is_allowed(line.by, kind, rank_of(roles, user), settings)


def may_concern(name: str, kind: int, roles: Roles, user: int, target: int, role: int) -> bool:
    """Tell whether who may act may do so to one person, who has the role then."""
    rank, was, is_self = rank_of(roles, user), roles.get(target), target == user
    if name == "add":
        return was is None and role == MEMBER
    if was is None:
        return False
    if name == "remove":
        return not is_self and role == NONE and rank <= ADMIN and rank < was
    if name == "role":
        after = {**roles, target: role}
        keeps_owner = OWNER not in roles.values() or OWNER in after.values()
        by_owner = rank == OWNER and (was != OWNER or is_self)
        may = by_owner or (rank == ADMIN and is_self and role == MEMBER)
        return role not in (NONE, was) and may and keeps_owner
    may = is_self if kind == SELF else not is_self
    return may and role == max(was, roles[user])
