"""What of people's chains can come back after a restore, and is waited for (10.10)."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from hearth.client.conversations.room import Room
from hearth.client.keys.kept import KeptHead
from hearth.client.restored import give_back as module
from hearth.client.restored.awaiting import can_come_back, find_reach
from hearth.client.restored.known import Known, KnownEpoch
from hearth.sealed.core.packed import Head
from hearth.sealed.person.chain import Chain
from hearth.sealed.person.keyring import How
from hearth.sealed.person.people import People
from hearth.sealed.person.pins import Pins
from tests.client.crypto.cast import NOW, SERVER, Person

NOBODY = Chain(SERVER, 2)


def begin(*names: str) -> Person:
    bob = Person(2, "bob").begin()
    for name in names:
        bob.set_name(name, "bob phone")
    return bob


def test_the_end_of_a_chain_comes_back_up_to_what_no_device_gives_back() -> None:
    now, lost = begin("a").chain, begin("a", "b")
    lost.set_devices("bob phone", "bob tablet")
    devices = len(lost.statements)
    assert find_reach(lost.chain, devices, now) == devices
    lost.renew_identity("bob 2")
    lost.set_name("c", "bob phone")
    assert find_reach(lost.chain, len(lost.statements), now) == devices
    vault, reset = begin("a"), begin("a")
    vault.set_vault(1)
    reset.reset("bob 2", "bob new")
    for other in (vault, reset):
        assert find_reach(other.chain, len(other.statements), now) == now.states[-1].n, "nothing of it"


def test_nothing_comes_back_above_another_statement() -> None:
    lost = begin("a", "b", "c").chain
    assert find_reach(lost, 5, begin("a", "other").chain) == 4
    assert find_reach(lost, 5, begin("other").chain) == 3


def test_of_whom_only_a_length_is_known_or_who_is_not_shown_the_whole_length_can_come_back() -> None:
    now = begin("a").chain
    assert find_reach(NOBODY, 9, now) == 9
    assert find_reach(begin("a", "b").chain, 9, now) == 9, "a part of it is known"
    lost = begin("a")
    lost.renew_identity("bob 2")
    assert find_reach(lost.chain, 4, NOBODY) == 4
    assert find_reach(NOBODY, 0, now) == 3, "who is as they were"


def test_a_head_comes_back_with_its_chain_and_no_other_does() -> None:
    now, lost = begin("a").chain, begin("a", "b").chain
    for n in (3, 4):
        assert can_come_back(lost.states[n - 1].head, lost, 4, now)
        assert not can_come_back(Head(n, b"o" * 32), lost, 4, now)
    assert not can_come_back(lost.states[3].head, lost, 3, now)
    assert can_come_back(Head(9, b"o" * 32), NOBODY, 9, now), "of which nobody knows better"


class Keyring:
    """Alice's own, who knows how long bob's chain was."""

    def __init__(self, now: Chain, length: int, pins: Pins) -> None:
        self.server, self.user, self.pins = SERVER, 1, pins
        self.keys = SimpleNamespace(lost={"2": length}, lost_until=NOW, conversations={})
        self.file = SimpleNamespace(save=lambda: None)
        self.asked: list[set[int]] = []
        self.met = SimpleNamespace(chain=lambda _user: now, catch_up=self.catch_up)

    async def catch_up(self, users: set[int]) -> None:
        self.asked.append(users)


def make_room(now: Chain, length: int, before: Chain | None = None, pins: Pins | None = None) -> Room:
    room = Room(cast(Any, Keyring(now, length, pins or Pins({}, was_told=True))), cast(Any, None), "")
    if before is not None:
        room.before = People(SERVER)
        room.before._chains[2] = before
    return room


def test_what_cannot_come_back_is_not_waited_for() -> None:
    now, lost = begin("a").chain, begin("a")
    assert make_room(now, 4).awaits(2, NOW - 1) and not make_room(now, 4).awaits(2, NOW)
    lost.renew_identity("bob 2")
    assert not make_room(now, 4, lost.chain).awaits(2, NOW - 1)
    assert make_room(now, 4, begin("a", "b").chain).awaits(2, NOW - 1)


def test_whose_earlier_keys_were_taken_is_waited_for_no_longer() -> None:
    """Also by a program that knows only how long the chain was: what was lost had the newer keys."""
    now, lost = begin("a").chain, begin("a")
    lost.renew_identity("bob 2")
    pins = Pins({}, was_told=True).meet(lost.chain, How.REQUEST, 0, NOW)
    assert make_room(now, 4, pins=pins).awaits(2, NOW - 1)
    assert not make_room(now, 4, pins=pins.accept(now, NOW)).awaits(2, NOW - 1)


def make_epoch(n: int, head: Head) -> Any:
    members = {2: SimpleNamespace(chain=head)}
    return SimpleNamespace(hash=bytes([n]) * 32, record=SimpleNamespace(n=n), members=members)


def make_known(*heads: Head) -> Known:
    epochs = [make_epoch(n, head) for n, head in enumerate(heads, 1)]
    return Known(epochs={one.record.n: KnownEpoch(one, 3 * one.record.n, None) for one in epochs})


@pytest.mark.parametrize(("resets", "given_up"), [(False, None), (True, 3)])
async def test_an_epoch_on_a_head_that_cannot_come_back_is_given_up(
    resets: bool, given_up: int | None
) -> None:
    """Epoch 1 is there, 2 can come back, 3 states what bob did then."""
    now, lost = begin("a").chain, begin("a", "b")
    second = lost.head
    if resets:
        lost.reset("bob 2", "bob new")
    else:
        lost.set_name("c", "bob phone")
    known = make_known(now.states[-1].head, second, lost.head)
    room, live = make_room(now, len(lost.statements), lost.chain), SimpleNamespace(newest_n=1, key="k")
    assert await module._find_given_up(room, cast(Any, live), known) == given_up
    known.given_up = given_up
    offer = module._choose(cast(Any, live), known, 3, None)
    assert offer.epochs == ([2] if resets else [2, 3])
    if given_up is not None:
        module._wait_below(room, cast(Any, live), known, given_up)
        assert room.kept("k").lost.n == 2
        live.newest_n = 2
        module._wait_below(room, cast(Any, live), known, given_up)
        assert room.kept("k").lost.n == 0


def test_what_was_given_up_is_offered_to_the_next_restored_server() -> None:
    """Above all that has come since, unless another epoch has taken its place."""
    old = make_known(*[Head(1, b"h" * 32)] * 3)
    old.given_up, old.head = 3, KeptHead(3, b"\3" * 32)
    now = make_known(*[Head(1, b"h" * 32)] * 2)
    now.head, now.places = KeptHead(2, b"\2" * 32), {20: b"p" * 32}
    again = now.with_given_up(old)
    assert again.head == old.head and {n: one.seq for n, one in again.epochs.items()} == {1: 3, 2: 6, 3: 29}
    assert again.given_up is None and again.places == now.places
    now.head = KeptHead(3, b"o" * 32)
    assert now.with_given_up(old) is now
