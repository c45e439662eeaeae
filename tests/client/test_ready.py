"""What stands against sealing in a program, and what it looks for before it removes anybody (7.6, 9.2)."""

import time
from types import SimpleNamespace
from typing import Any, cast

import pytest

from hearth.client.conversations import ready as module
from hearth.client.conversations.live import Live, Told
from hearth.client.conversations.ready import is_ready
from hearth.client.crypto.making import acts
from hearth.client.keys.own import now_ms
from hearth.client.problems import NotReady, Waits
from hearth.client.replica.state import Replica
from hearth.sealed.group.sealing import State
from hearth.sealed.person.keyring import How
from hearth.sealed.person.pins import Pins
from tests.client.crypto.cast import NOW, catch_up
from tests.client.crypto.room import Room, make_cast

BOB, CAROL = 2, 3
LEAVE = b"l" * 32


class Program:
    """Bob's, who is a member of a group with carol, under an epoch that the server has named."""

    def __init__(self) -> None:
        stage = Room(make_cast("alice", "bob", "carol"))
        stage.create()
        self.carol, self.unwanted, self.stale = stage.cast[CAROL], set[int](), set[int]()
        where = stage.open(BOB).epochs.where
        people = stage.open(BOB).epochs.people
        self.live = Live(where, people, frozenset())
        self.live.epochs.take(*stage.epochs[0][:2], 1)
        self.live.take_seed(1, stage.epochs[0][2])
        self.live.told[1] = Told(1, now_ms())
        self.live.sealing.state = State.READY
        pins = Pins({})
        for person in stage.cast.values():
            pins = pins.meet(person.chain, How.REQUEST, by=0, time=NOW)
        self.own = SimpleNamespace(user=BOB, met=SimpleNamespace(people=people), pins=pins)
        self.replica = Replica(BOB)
        self.replica.ahead_ms = now_ms() - round(time.monotonic() * 1000)

    def list_unwanted(self, _live: Live) -> frozenset[int]:
        return frozenset(self.unwanted)

    @property
    def is_ready(self) -> bool:
        return is_ready(cast(Any, self), self.live, last_seq=1)


def test_the_age_of_an_epoch_is_told_by_the_servers_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a device whose clock is set forward makes one epoch after the other, each of which is old."""
    program, now = Program(), time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: now() + 8 * 24 * 3600 * 10**9)
    assert program.is_ready
    program.replica.ahead_ms += 8 * 24 * 3600 * 1000
    assert not program.is_ready


def test_nothing_is_sealed_to_who_began_anew() -> None:
    program = Program()
    assert program.is_ready
    program.carol.reset("carol 2", "carol new")
    catch_up(program.live.people, program.carol)
    assert not program.is_ready


def test_nothing_is_sealed_to_whose_earlier_keys_a_restored_server_shows() -> None:
    program = Program()
    program.carol.reset("carol 2", "carol new")
    newer = program.own.pins.accept(program.carol.chain, NOW)
    program.own.pins = Pins(newer.by_user, was_told=True)
    assert not program.is_ready
    program.own.pins = program.own.pins.accept(program.live.people.chain(CAROL), NOW)
    assert program.is_ready


@pytest.mark.parametrize("has_left", [True, False])
async def test_who_has_left_since_is_looked_for_before_anybody_waits_for_their_removal(
    monkeypatch: pytest.MonkeyPatch, has_left: bool
) -> None:
    """A member may not remove carol, whose removal a restore has lost, unless she has left."""
    program = Program()
    program.live.sealing.state = State.ROTATING
    program.unwanted = {CAROL}
    looked, made = list[int](), list[acts.Act]()

    async def scan(_room: object, live: Live, below: int) -> None:
        looked.append(below)
        if has_left:
            live.marks.leaves[1, CAROL] = LEAVE

    async def act(_room: object, _live: Live, one: acts.Act) -> None:
        made.append(one)

    monkeypatch.setattr(module, "scan_leaves", scan)
    monkeypatch.setattr(module, "act", act)
    epoch = program.live.epochs.newest
    assert epoch is not None
    if has_left:
        assert await module._act_on(cast(Any, program), program.live, 7) is False
        assert made == [acts.remove(epoch, {CAROL: LEAVE})]
    else:
        with pytest.raises(NotReady) as waits:
            await module._act_on(cast(Any, program), program.live, 7)
        assert (waits.value.waits, waits.value.users) == (Waits.REMOVED, frozenset({CAROL}))
        assert made == []
    assert looked == [8]
