"""What one conversation comes to after a restore holds up no other."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from hearth.client.keys.kept import KeptHead
from hearth.client.problems import Disconnected, Problem, to_error
from hearth.client.restored import after
from hearth.client.restored.after import RETRY_SECONDS, AfterRestore
from hearth.client.restored.known import Known
from hearth.errors import NotFound, NotSignedIn

KEYS = ("a" * 32, "b" * 32, "c" * 32)


class Server:
    """Takes everything back but what `faults` says of a conversation; `given` are those that were tried."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.faults: dict[str, Exception] = {}
        self.given: list[str] = []
        known = {key: Known(KeptHead(2, b"h" * 32)) for key in KEYS}
        monkeypatch.setattr(after, "gather", lambda *_: known)
        monkeypatch.setattr(after, "_list_heads", self.list_heads)
        monkeypatch.setattr(after, "give_back", self.give_back)
        monkeypatch.setattr(after, "return_pins", self.list_heads)

    async def list_heads(self, *_: object) -> dict[str, KeptHead]:
        return {}

    async def give_back(self, _room: object, key: str, _known: Known) -> None:
        self.given.append(key)
        if key in self.faults:
            raise self.faults[key]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    return Server(monkeypatch)


@pytest.fixture
def room() -> Any:
    keys = SimpleNamespace(databases=["before"], conversations={})
    replica = SimpleNamespace(generation="now", lost={}, conversations={})
    file = SimpleNamespace(state=SimpleNamespace(keys=keys), save=lambda: None)
    return SimpleNamespace(own=SimpleNamespace(keys=keys, file=file), replica=replica, database="now")


@pytest.fixture
def restored(room: Any) -> AfterRestore:
    return AfterRestore(cast(Any, room.own.file), cast(Any, room.replica))


@pytest.mark.parametrize("code", ["not_found", "not_accepted", "a_new_one"])
async def test_what_is_answered_about_one_conversation_ends_nothing(
    server: Server, room: Any, restored: AfterRestore, code: str
) -> None:
    server.faults[KEYS[1]] = to_error(Problem(code=code))
    await restored.look(room)
    assert server.given == [*KEYS]
    assert not restored.is_due and restored.next_in() is None


@pytest.mark.parametrize("code", ["chain_moved", "limit_reached", "internal"])
async def test_what_may_pass_is_tried_again(
    server: Server, room: Any, restored: AfterRestore, code: str
) -> None:
    server.faults = {key: to_error(Problem(code=code)) for key in KEYS[:2]}
    await restored.look(room)
    assert server.given == [*KEYS] and restored.next_in() == RETRY_SECONDS
    server.faults = {KEYS[0]: NotFound()}
    await restored.try_again(room)
    assert server.given == [*KEYS, *KEYS[:2]] and restored.next_in() is None


async def test_while_the_server_takes_nothing_more_all_wait_and_the_keys_are_free(
    server: Server, room: Any, restored: AfterRestore, monkeypatch: pytest.MonkeyPatch
) -> None:
    aside = list[str]()
    monkeypatch.setattr(after, "set_aside", lambda _room, key, _known, _common: aside.append(key))
    room.open = lambda key: key
    server.faults[KEYS[0]] = to_error(Problem(code="too_many_requests", retry_after=7200.0))
    async with asyncio.timeout(5):
        await restored.look(room)
        await restored.try_again(room)
    assert server.given == [KEYS[0]] and aside == [*KEYS[1:]]
    assert not restored.is_due and 7190 < (restored.next_in() or 0) <= 7200
    server.faults, now = {}, asyncio.get_running_loop().time()
    monkeypatch.setattr(after, "_now", lambda: now + 7201)
    await restored.try_again(room)
    assert sorted(server.given[1:]) == [*KEYS] and restored.next_in() is None


async def test_those_that_wait_take_turns(
    server: Server, room: Any, restored: AfterRestore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(after, "TRIED_AGAIN", 1)
    server.faults = {key: to_error(Problem(code="chain_moved")) for key in KEYS}
    await restored.look(room)
    for _ in range(4):
        await restored.try_again(room)
    assert server.given == [*KEYS, *KEYS, KEYS[0]]


@pytest.mark.parametrize("error", [NotSignedIn(), Disconnected()])
async def test_the_end_of_a_session_or_connection_forgets_nothing(
    server: Server, room: Any, restored: AfterRestore, error: Exception
) -> None:
    server.faults[KEYS[1]] = error
    with pytest.raises(type(error)):
        await restored.look(room)
    assert restored.is_due
    server.faults, server.given = {}, []
    await restored.look(room)
    assert server.given == [*KEYS] and not restored.is_due
