"""Every line of the table times every role and every value of the settings that it names, as vectors.

Each names what is allowed; whatever it does not name must be refused.
"""

import itertools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.rights import table
from tests.rights.table import ACTING, DIRECT, GROUP, SELF, SETTINGS, WRITING, Roles, Setting

FILE = Path(__file__).parents[1] / "vectors/rights.json"
ABOUT = "Sections 7.4 and 8.9: who may do what, for every role, setting and target. Written by tests/rights."
USERS = range(1, 6)
"""The last one is in no roster."""
ROSTERS: dict[str, tuple[int, Roles]] = {
    "owner, admin, members": (GROUP, {1: 1, 2: 2, 3: 3, 4: 3}),
    "two owners": (GROUP, {1: 1, 2: 1, 3: 2, 4: 3}),
    "no owner": (GROUP, {1: 2, 2: 2, 3: 3, 4: 3}),
    "members alone": (GROUP, {1: 3, 2: 3, 3: 3}),
    "direct": (DIRECT, {1: 3, 2: 3}),
    "self": (SELF, {1: 1}),
}
Vector = dict[str, Any]


def make_vectors() -> list[Vector]:
    return [*list_records(), *list_steps()]


def list_records() -> Iterator[Vector]:
    for (name, (kind, roles)), (record, line) in itertools.product(ROSTERS.items(), WRITING.items()):
        for user, settings in itertools.product(roles, list_settings(kind, line.by)):
            may = table.may_write(line, kind, roles, settings, user)
            at = [
                [target, author]
                for target, author in itertools.product(WRITING, USERS)
                if may and target in line.at and table.may_aim(line, kind, roles, user, author)
            ]
            given = make_input(kind, roles, settings, user) | {"record": record}
            out = {"alone": may and not (line.at and line.needs_target), "at": at}
            said = "".join(f", {by} {settings[by]}" for by in line.by if kind == GROUP)
            yield {
                "name": f"{name}: {user} writes {record}{said}",
                "op": "rights.write",
                "in": given,
                "out": out,
            }


def list_steps() -> Iterator[Vector]:
    for (name, (kind, roles)), (action, line) in itertools.product(ROSTERS.items(), ACTING.items()):
        for user, settings in itertools.product(roles, list_settings(kind, line.by)):
            may = table.may_act(line, kind, roles, settings, user)
            to = [
                [target, role]
                for target, role in itertools.product(USERS, range(4))
                if may and line.has_targets and table.may_concern(action, kind, roles, user, target, role)
            ]
            given = make_input(kind, roles, settings, user) | {"action": line.number}
            out = {"alone": may and not line.has_targets, "to": to}
            said = "".join(f", {by} {settings[by]}" for by in line.by if kind == GROUP)
            yield {
                "name": f"{name}: {user} makes {action}{said}",
                "op": "rights.act",
                "in": given,
                "out": out,
            }


def list_settings(kind: int, varied: tuple[Setting, ...]) -> Iterator[Mapping[Setting, int]]:
    """Return the settings with every value of those that a line names."""
    if kind != GROUP:
        yield table.PLAIN
        return
    for values in itertools.product((1, 2, 3), repeat=len(varied)):
        yield {**SETTINGS, **dict(zip(varied, values, strict=True))}


def make_input(kind: int, roles: Roles, settings: Mapping[Setting, int], user: int) -> Vector:
    return {
        "kind": kind,
        "roles": [[*one] for one in roles.items()],
        "settings": dict(settings),
        "user": user,
    }


def write_out() -> str:
    """Return the file: a vector to a line."""
    lines = ",\n".join(json.dumps(vector, separators=(",", ":")) for vector in make_vectors())
    return f'{{"about": {json.dumps(ABOUT)}, "vectors": [\n{lines}\n]}}\n'
