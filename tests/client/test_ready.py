"""What stands against sealing in a program, and what it looks for before it removes anybody (7.6, 9.2)."""

import time
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from hearth.client.conversations import ready as module
from hearth.client.conversations.live import Live, Told
from hearth.client.conversations.ready import is_ready
from hearth.client.crypto.making import acts
from hearth.client.keys.own import now_ms
from hearth.client.problems import NotReady, Waits
from hearth.client.replica.state import Replica, monotonic_ms
from hearth.sealed.core.packed import Place
from hearth.sealed.group.sealing import State
from hearth.sealed.person.keyring import How
from hearth.sealed.person.pins import Pins
from tests.client.crypto.cast import NOW, catch_up, device_id
from tests.client.crypto.room import Room, make_cast

BOB, CAROL = 2, 3
LEAVE = b"l" * 32
DAY = 24 * 3600 * 1000


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
        by = SimpleNamespace(device=device_id("bob phone"))
        self.own = SimpleNamespace(user=BOB, by=by, met=SimpleNamespace(people=people), pins=pins)
        self.replica = Replica(BOB)
        self.server_is_ahead(0)

    def server_is_ahead(self, ms: int) -> None:
        self.replica.ahead_ms = now_ms() + ms - monotonic_ms()

    def list_unwanted(self, _live: Live) -> frozenset[int]:
        return frozenset(self.unwanted)

    @property
    def is_ready(self) -> bool:
        return is_ready(cast(Any, self), self.live, last_seq=1)


def pass_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set this device's clock eight days forward."""
    now = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: now() + 8 * DAY * 10**6)


def remake(program: Program, **changes: Any) -> None:
    """Let the record of the epoch say something else."""
    known = program.live.epochs.known[1]
    signed = replace(known.epoch.signed, body=replace(known.epoch.record, **changes))
    program.live.epochs.known[1] = replace(known, epoch=replace(known.epoch, signed=signed))


def test_the_age_of_an_epoch_is_told_by_the_servers_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a device whose clock is set forward makes one epoch after the other, each of which is old."""
    program = Program()
    pass_here(monkeypatch)
    assert program.is_ready
    program.server_is_ahead(0)
    assert not program.is_ready


def test_before_the_server_has_told_its_time_this_devices_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    program = Program()
    program.replica.ahead_ms = None
    assert program.is_ready
    pass_here(monkeypatch)
    assert not program.is_ready


@pytest.mark.parametrize("told", [Told(0, 0), Told(1, now_ms() - 8 * DAY)])
def test_a_wrong_server_makes_nothing_old_that_was_just_made_here(told: Told) -> None:
    program = Program()
    program.live.told[1] = told
    assert not program.is_ready
    remake(program, device=program.own.by.device, time=now_ms())
    assert is_ready(cast(Any, program), program.live, last_seq=1)


def test_what_was_made_here_is_old_when_both_clocks_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    program = Program()
    remake(program, device=program.own.by.device, time=now_ms())
    pass_here(monkeypatch)
    assert program.is_ready
    program.server_is_ahead(0)
    assert not program.is_ready


def test_what_an_epoch_has_seen_does_not_count_as_following_it() -> None:
    program = Program()
    remake(program, seen=Place(5_000, bytes(32)))
    is_ready_at = {seq: is_ready(cast(Any, program), program.live, seq) for seq in (5_999, 6_000)}
    assert is_ready_at == {5_999: True, 6_000: False}


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
