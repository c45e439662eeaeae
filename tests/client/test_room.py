"""What a program knows of a conversation when it starts again."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from hearth.client.conversations.room import Room
from hearth.client.keys.kept import KeptConversation
from hearth.sealed.core.verdicts import Verdict
from hearth.sealed.group.sealing import State

KEY = "0a" * 16


def open_kept(stopped: str) -> tuple[State, Verdict | None]:
    keys = SimpleNamespace(databases=[], conversations={KEY: KeptConversation(stopped=stopped)})
    own = SimpleNamespace(server=bytes(16), user=2, keys=keys, met=SimpleNamespace(people=None))
    room = Room(cast(Any, own), cast(Any, SimpleNamespace(generation="")), "")
    live = room.open(KEY)
    return live.sealing.state, live.stopped


@pytest.mark.parametrize("verdict", ["fork", "rollback"])
def test_what_lasts_stays_stopped(verdict: str) -> None:
    assert open_kept(verdict) == (State.STOPPED, Verdict(verdict))


@pytest.mark.parametrize("verdict", ["unsupported", "malformed", "bad_signature"])
def test_what_a_newer_program_may_read_or_the_server_show_otherwise_is_asked_for_again(verdict: str) -> None:
    assert open_kept(verdict) == (State.UNCONFIRMED, None)
