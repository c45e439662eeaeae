"""To whom seeds go: into the keyring of who is listed, and to co-members who ask."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from hearth.client.conversations import rewrap as rewrap_module
from hearth.client.conversations.rewrap import Answers, answer
from hearth.client.conversations.seeds import drop_wraps, write_seeds
from hearth.epochs.contract import AnswerRewrap, DropWraps, OpenRewrap, WrapName
from hearth.sealed.core.packed import Head
from hearth.sealed.core.verdicts import Verdict
from tests.client.entries import ID


def make_epoch(*users: int) -> Any:
    """The roster states the chain of user 1 at its second statement."""
    members = {user: SimpleNamespace(user=user, chain=Head(2, b"2" * 32)) for user in users}
    return SimpleNamespace(epoch=SimpleNamespace(hash=b"h" * 32, members=members))


class Room:
    """User 1 with a chain whose statements have these hashes."""

    def __init__(self, *hashes: bytes) -> None:
        chain = SimpleNamespace(states=[SimpleNamespace(hash=one) for one in hashes])
        self.asked, self.rows, self.is_awaiting = list[Any](), list[int](), False
        self.own = SimpleNamespace(user=1, chain=chain, ask=self.ask, met=self)
        self.live = SimpleNamespace(
            key=ID,
            where=SimpleNamespace(conversation=bytes.fromhex(ID)),
            epochs=SimpleNamespace(known={1: make_epoch(1, 2), 2: make_epoch(2)}),
            seeds={1: b"1" * 32, 2: b"2" * 32},
            in_keyring=set[int](),
            stopped=cast(Verdict | None, None),
        )

    def open(self, key: str) -> Any:
        return self.live

    async def append(self, rows: list[Any]) -> None:
        self.rows += [row_id.n for row_id, _ in rows]

    async def ask(self, command: Any, _result: Any) -> None:
        self.asked.append(command)

    def may_come_back(self, live: Any, now: int) -> bool:
        return self.is_awaiting

    async def catch_up(self, users: list[int]) -> None:
        return


async def write(room: Room) -> list[int]:
    await write_seeds(cast(Any, room), cast(Any, room.live))
    return room.rows


async def test_control_seeds_go_into_the_keyring_and_their_wraps_are_dropped() -> None:
    room = Room(b"1" * 32, b"2" * 32)
    assert await write(room) == [1, 2]
    await drop_wraps(cast(Any, room), [WrapName(conversation_id=ID, n=1)])
    assert room.asked == [DropWraps(wraps=[WrapName(conversation_id=ID, n=1)])]


@pytest.mark.parametrize("hashes", [(b"1" * 32,), (b"1" * 32, b"o" * 32)])
async def test_a_seed_of_a_later_list_of_devices_than_is_shown_stays_out(hashes: tuple[bytes, ...]) -> None:
    """Who is listed now may have been removed by then; epochs that one was not in say nothing of it."""
    room = Room(*hashes)
    assert await write(room) == [2]
    await drop_wraps(cast(Any, room), [WrapName(conversation_id=ID, n=1)])
    assert room.asked == [], "the wrap is the only way to it"
    room.own.chain.states = Room(b"1" * 32, b"2" * 32).own.chain.states
    assert await write(room) == [2, 1]


@pytest.fixture
def request_for(monkeypatch: pytest.MonkeyPatch) -> OpenRewrap:
    """Somebody's request for the seed of epoch 1, which is in order."""

    async def find(*_: object) -> bool:
        return True

    body = SimpleNamespace(n=1, user=2, receive_version=1, receive_hash=b"r" * 32)
    opened = SimpleNamespace(body=body)
    monkeypatch.setattr(rewrap_module, "RewrapRequest", SimpleNamespace(open=lambda data: opened))
    monkeypatch.setattr(rewrap_module, "find_seed", find)
    monkeypatch.setattr(rewrap_module, "make_answer", lambda *_: (None, bytes(1168)))
    return OpenRewrap(conversation_id=ID, n=1, request=b"request")


@pytest.mark.parametrize("why", [None, "awaited", "stopped"])
async def test_nobody_is_given_a_seed_while_the_end_of_a_chain_is_waited_for(
    request_for: OpenRewrap, why: str | None
) -> None:
    room = Room(b"1" * 32)
    chain = SimpleNamespace(receive_at=lambda *_: SimpleNamespace(kem_hash=b"k" * 32))
    cast(Any, room).chain, cast(Any, room).receive_keys = lambda user: chain, {}
    cast(Any, room.own).pins = None
    room.is_awaiting = why == "awaited"
    room.live.stopped = Verdict.ROLLBACK if why == "stopped" else None
    is_answered = await answer(cast(Any, room), Answers(), request_for)
    assert is_answered == (why is None)
    assert [type(command) for command in room.asked] == ([AnswerRewrap] if why is None else [])
