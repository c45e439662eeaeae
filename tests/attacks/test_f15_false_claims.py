"""F15: one direct message says that a group stands otherwise than it does, to stop it for who reads it."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from hearth.client.conversations import gossip
from hearth.client.conversations.live import Live
from hearth.client.crypto.log.body import Content, Heads, KnownEpoch, make_heads
from hearth.client.events import GroupDoubted
from hearth.errors import TooManyRequests
from hearth.sealed.core.verdicts import Rejected, Verdict
from hearth.sealed.group.epoch import Kind
from tests.client.crypto.room import Room, make_cast

ALICE, BOB, CAROL, DAVE = 1, 2, 3, 4

pytestmark = pytest.mark.sqlite


class Program:
    """Bob's, who knows a group of alice, carol and himself from its first epoch to its newest one."""

    def __init__(self, stage: Room) -> None:
        self.stage = stage
        opened = stage.open(BOB)
        self.group = Live(opened.epochs.where, opened.epochs.people, frozenset())
        for n, (record, roster, _) in enumerate(stage.epochs, 1):
            self.group.epochs.take(record, roster, stage.entry_of(n))
        self.lives = {self.group.key: self.group}
        self.told, self.stopped, self.seq = list[Any](), list[Verdict](), 0
        self.notify = self.told.append
        newest = SimpleNamespace(record=SimpleNamespace(kind=Kind.DIRECT))
        self.direct = cast(Live, SimpleNamespace(key="d", epochs=SimpleNamespace(newest=newest)))

    def stop(self, _live: Live, rejected: Rejected) -> None:
        self.stopped.append(rejected.verdict)

    async def hears(self, user: int, n: int, record_hash: bytes) -> frozenset[int]:
        self.seq += 1
        head = KnownEpoch(self.group.where.conversation, n, record_hash[:16])
        content = Content({"type": "text"}, (make_heads(Heads((head,))),))
        row = SimpleNamespace(user=user, seq=self.seq)
        await gossip.hear_heads(cast(Any, self), self.direct, cast(Any, row), content)
        return self.group.list_claims()

    def hash_of(self, n: int) -> bytes:
        return self.group.epochs.known[n].epoch.hash


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> Program:
    stage = Room(make_cast("alice", "bob", "carol"))
    stage.create()
    made = Program(stage)

    async def find_stored(_room: object, _live: Live, n: int) -> object:
        record, roster, _ = stage.epochs[n - 1]
        return SimpleNamespace(record=record, roster=roster, told=SimpleNamespace(seq=stage.entry_of(n)))

    async def fetch_epochs(_room: object, _live: Live) -> None:
        pass

    monkeypatch.setattr(gossip, "find_stored", find_stored)
    monkeypatch.setattr(gossip, "fetch_epochs", fetch_epochs)
    return made


async def test_control_who_names_what_is_known_claims_nothing(program: Program) -> None:
    assert await program.hears(CAROL, 1, program.hash_of(1)) == frozenset()
    assert (program.told, program.stopped) == ([], [])


async def test_what_a_member_says_is_a_claim_until_they_say_otherwise(program: Program) -> None:
    assert await program.hears(CAROL, 1, b"x" * 32) == {CAROL}
    assert program.told == [GroupDoubted(conversation_id=program.group.key, user_id=CAROL)]
    assert await program.hears(CAROL, 1, b"y" * 32) == {CAROL} and len(program.told) == 1
    assert await program.hears(CAROL, 1, program.hash_of(1)) == frozenset()
    assert program.stopped == []


async def test_an_epoch_that_the_server_does_not_show_is_a_claim_too(program: Program) -> None:
    assert await program.hears(ALICE, 2, b"x" * 32) == {ALICE}
    assert program.stopped == []


@pytest.mark.parametrize("user", [CAROL, DAVE])
async def test_who_is_no_member_is_not_heard(program: Program, user: int) -> None:
    program.stage.remove(CAROL)
    program.group.epochs.take(*program.stage.epochs[1][:2], program.stage.entry_of(2))
    for n in (1, 2, 3):
        assert await program.hears(user, n, b"x" * 32) == frozenset()
    assert (program.told, program.stopped) == ([], [])


async def test_two_records_of_one_number_are_a_fork(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def find_stored(_room: object, live: Live, _n: int) -> object:
        raise Rejected(Verdict.FORK, "a second record of this epoch")

    monkeypatch.setattr(gossip, "find_stored", find_stored)
    await program.hears(CAROL, 1, b"x" * 32)
    assert program.stopped == [Verdict.FORK]


async def test_a_refusal_of_the_server_is_an_answer(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fetch_epochs(_room: object, _live: Live) -> None:
        raise TooManyRequests

    monkeypatch.setattr(gossip, "fetch_epochs", fetch_epochs)
    assert await program.hears(CAROL, 2, b"x" * 32) == {CAROL}
    assert program.stopped == []
