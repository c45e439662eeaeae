"""The server and both clients (tests/client/crypto/test_vectors.py, vitest) judge as the table says."""

from datetime import UTC, datetime
from typing import Any

import pytest

from hearth.messages.sealed import EpochFacts, Facts, Sealed, Target, check_rights, make_line
from hearth.sealed.core.verdicts import Rejected, Verdict
from hearth.sealed.group.entries import EntryKind
from hearth.sealed.group.epoch import Kind, Role, Settings
from tests.client.crypto.rights import make_members, make_settings
from tests.rights.table import WRITING
from tests.rights.vectors import FILE, USERS, list_records, list_steps, write_out

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def test_the_vectors_are_those_of_the_table() -> None:
    assert FILE.read_text() == write_out(), "python -m tests.rights writes them anew"


def test_every_line_role_and_setting_is_there_and_something_is_refused_in_each() -> None:
    records, steps = [*list_records()], [*list_steps()]
    assert {one["in"]["record"] for one in records} == {kind.value for kind in EntryKind if kind < 16}
    assert {one["in"]["action"] for one in steps} == set(range(2, 8))
    for vectors, key in ((records, "record"), (steps, "action")):
        for number in {one["in"][key] for one in vectors}:
            outs = [one["out"] for one in vectors if one["in"][key] == number]
            assert any(out["alone"] or out.get("at") or out.get("to") for out in outs)
        names = [one["name"] for one in vectors]
        assert len({*names}) == len(names)


@pytest.mark.parametrize("vector", [*list_records()], ids=lambda vector: vector["name"])
def test_the_server_takes_what_the_table_allows(vector: dict[str, Any]) -> None:
    """But whose an edited message is, which it leaves to the readers."""
    given, out = vector["in"], vector["out"]
    kind = EntryKind(given["record"])
    facts = find_facts(given, make_settings(given["settings"]))
    assert may_write(kind, given["user"], facts, None) == out["alone"]
    for target in WRITING:
        for author in USERS:
            is_listed = [target, author] in out["at"]
            wanted = is_listed or (kind is EntryKind.EDIT and [target, given["user"]] in out["at"])
            assert may_write(kind, given["user"], facts, Target(target, author)) == wanted, (target, author)


def find_facts(given: dict[str, Any], settings: Settings) -> EpochFacts:
    members = make_members(given["roles"])
    highest = min(member.role for member in members)
    lines = {member.user: make_line(member, Role(highest)) for member in members}
    return EpochFacts(1, NOW, 1, Kind(given["kind"]), settings, lines)


def may_write(kind: EntryKind, user: int, epoch: EpochFacts, target: Target | None) -> bool:
    seq = 0 if target is None else 7
    sealed = Sealed(user, b"d" * 16, kind, 1, seq, b"", 9, 1, NOW)
    try:
        check_rights(kind, sealed, Facts(epoch, target=target))
    except Rejected as rejected:
        assert rejected.verdict is Verdict.NOT_ALLOWED
        return False
    return True
