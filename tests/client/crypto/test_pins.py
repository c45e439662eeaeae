"""Whom one has met, and whose changed identity holds sealing until one says so (sections 9.1 and 9.2)."""

from dataclasses import replace

import pytest

from hearth.sealed.core.verdicts import Rejected, Verdict
from hearth.sealed.person.keyring import How, PinRow
from hearth.sealed.person.pins import Change, Pins, check_pin, has_conflict
from tests.client.crypto.cast import NOW, Person


def met(how: How) -> tuple[Person, Pins]:
    bob = Person(2, "bob").begin()
    return bob, Pins({}).meet(bob.chain, how, by=1, time=NOW)


def test_the_first_sight_makes_a_pin_and_trust_only_rises() -> None:
    bob, pins = met(How.GROUP)
    assert (pins.by_user[2].how, pins.by_user[2].by) == (How.GROUP, 1)
    for how, then in (
        (How.REQUEST, How.REQUEST),
        (How.GROUP, How.REQUEST),
        (How.LINK, How.LINK),
        (How.COMPARED, How.COMPARED),
        (How.LINK, How.COMPARED),
    ):
        pins = pins.meet(bob.chain, how, by=1, time=NOW)
        assert pins.by_user[2].how is then
    assert pins.by_user[2].by == 0


def test_a_renewed_key_is_sent_to_unless_it_was_compared() -> None:
    bob, pins = met(How.REQUEST)
    bob.renew_identity("bob 2")
    assert pins.find_change(bob.chain) is Change.LINKED
    check_pin(pins, bob.chain)
    followed = pins.follow(bob.chain, NOW)
    assert followed.by_user[2].identity_key == bob.now.identity_key
    compared = Pins({2: met(How.COMPARED)[1].by_user[2]})
    assert compared.is_held(bob.chain)
    assert compared.follow(bob.chain, NOW) == compared
    again = compared.compare(bob.chain, NOW)
    assert not again.is_held(bob.chain) and again.by_user[2].how is How.COMPARED


def test_a_reset_holds_sealing_until_it_is_accepted_and_costs_the_trust() -> None:
    bob, pins = met(How.COMPARED)
    bob.reset("bob 2", "bob new")
    assert pins.find_change(bob.chain) is Change.UNLINKED
    with pytest.raises(Rejected) as caught:
        check_pin(pins, bob.chain)
    assert caught.value.verdict is Verdict.CHANGED_IDENTITY
    assert pins.meet(bob.chain, How.LINK, 0, NOW) == pins, "a pin is never overwritten silently"
    assert pins.follow(bob.chain, NOW) == pins
    accepted = pins.accept(bob.chain, NOW)
    check_pin(accepted, bob.chain)
    assert accepted.by_user[2].how is How.REQUEST


def test_a_comparison_is_taken_back_by_a_pin_of_the_same_identity_and_nothing_else_is() -> None:
    bob, pins = met(How.COMPARED)
    back = pins.uncompare(2, NOW + 1).by_user[2]
    assert (back.how, back.time, back.identity_key) == (How.REQUEST, NOW + 1, bob.now.identity_key)
    linked = met(How.LINK)[1]
    assert linked.uncompare(2, NOW + 1) == linked
    assert Pins({}).uncompare(2, NOW) == Pins({})


def test_who_was_never_met_holds_nothing() -> None:
    bob = Person(2, "bob").begin()
    assert Pins({}).find_change(bob.chain) is Change.NONE


def after_restore(how: How, *, is_reset: bool = True) -> tuple[Person, Person, Pins]:
    """Bob as the backup has him, bob as he was when it was restored, and alice's pins of then."""
    lost, restored = Person(2, "bob").begin(), Person(2, "bob").begin()
    if is_reset:
        lost.reset("bob 2", "bob new")
    else:
        lost.renew_identity("bob 2")
    return restored, lost, Pins({}, was_told=True).meet(lost.chain, how, by=1, time=NOW)


@pytest.mark.parametrize("is_reset", [True, False])
@pytest.mark.parametrize("how", list(How))
def test_keys_that_the_chain_does_not_have_hold_however_the_person_is_known(how: How, is_reset: bool) -> None:
    """Also where both histories count the same incarnation."""
    restored, _, pins = after_restore(how, is_reset=is_reset)
    assert pins.find_change(restored.chain) is Change.EARLIER and pins.is_held(restored.chain)
    assert pins.follow(restored.chain, NOW) == pins == pins.return_to(restored.chain, NOW)
    with pytest.raises(Rejected) as caught:
        check_pin(pins, restored.chain)
    assert caught.value.verdict is Verdict.CHANGED_IDENTITY


def test_a_reset_since_the_restore_is_no_renewal_because_its_number_is_the_same() -> None:
    restored, lost, pins = after_restore(How.REQUEST)
    restored.reset("bob by the server", "bob tablet")
    assert restored.now.incarnation == lost.now.incarnation
    assert pins.find_change(restored.chain) is Change.EARLIER
    assert pins.follow(restored.chain, NOW) == pins


def test_taking_earlier_keys_takes_back_the_pin_that_had_the_newer_ones() -> None:
    restored, lost, pins = after_restore(How.COMPARED)
    newer = pins.by_user[2]
    taken = pins.accept(restored.chain, NOW + 1)
    pin = taken.by_user[2]
    assert (pin.n, pin.hash, pin.how, pin.takes_back) == (
        restored.now.n,
        restored.now.hash,
        How.REQUEST,
        (newer.hash_of(2),),
    )
    assert not taken.is_held(restored.chain) and taken.has_taken_earlier(restored.chain)
    assert pins.compare(restored.chain, NOW + 1).by_user[2].how is How.COMPARED
    # When the newer keys come back, they are a change like any other.
    assert taken.find_change(lost.chain) is Change.UNLINKED and taken.find_break(lost.chain) is None
    assert not taken.has_taken_earlier(lost.chain)


def test_every_later_pin_takes_back_what_the_one_before_it_did() -> None:
    restored, _, pins = after_restore(How.REQUEST)
    taken = pins.accept(restored.chain, NOW)
    named = taken.by_user[2].takes_back
    compared = taken.compare(restored.chain, NOW + 1)
    named_then = tuple(sorted((*named, taken.by_user[2].hash_of(2))))
    assert compared.by_user[2].takes_back == named_then
    assert compared.uncompare(2, NOW + 2).by_user[2].takes_back == named_then
    assert taken.meet(restored.chain, How.LINK, 0, NOW).by_user[2].takes_back == named
    restored.renew_identity("bob 3")
    assert taken.follow(restored.chain, NOW).by_user[2].takes_back == named


def test_a_third_key_is_taken_back_by_a_comparison_alone() -> None:
    restored, _, pins = after_restore(How.REQUEST)
    third = replace(pins.by_user[2], identity_key=b"x" * 32, hash=b"y" * 32)
    same_head = replace(pins.by_user[2], n=restored.now.n, hash=restored.now.hash, time=NOW + 5)
    same_head = replace(same_head, identity_key=restored.now.identity_key)
    below = replace(same_head, n=1, hash=restored.chain.states[0].hash)
    pins = Pins(pins.by_user, {2: [third, same_head, below, pins.by_user[2]]}, was_told=True)
    accepted = {same_head.hash_of(2), pins.by_user[2].hash_of(2)}
    assert set(pins.accept(restored.chain, NOW).by_user[2].takes_back) == accepted
    compared = pins.compare(restored.chain, NOW).by_user[2].takes_back
    assert set(compared) == accepted | {third.hash_of(2)} and list(compared) == sorted(compared)


def test_of_too_many_those_with_the_highest_n_are_taken_back() -> None:
    restored, _, pins = after_restore(How.REQUEST)
    known = [replace(pins.by_user[2], n=20 + at // 2, time=at) for at in range(18)]
    unknown = (b"\0" * 32, b"\1" * 32)
    newest = replace(known[-1], takes_back=unknown)
    told = Pins({2: newest}, {2: [*known[:-1], newest]}, was_told=True)
    taken = told.accept(restored.chain, NOW).by_user[2].takes_back
    assert set(taken) == {one.hash_of(2) for one in [*known[2:-1], newest]}
    few = Pins({2: newest}, {2: [*known[4:-1], newest]}, was_told=True)
    taken = few.accept(restored.chain, NOW).by_user[2].takes_back
    assert set(taken) == {one.hash_of(2) for one in [*known[4:-1], newest]} | set(unknown)
    five = Pins({2: newest}, {2: [*known[3:-1], newest]}, was_told=True)
    assert b"\0" * 32 in five.accept(restored.chain, NOW).by_user[2].takes_back
    assert b"\1" * 32 not in five.accept(restored.chain, NOW).by_user[2].takes_back


def test_a_head_that_is_lost_is_written_anew_where_the_chain_is_and_binds_nobody() -> None:
    lost, restored = Person(2, "bob").begin(), Person(2, "bob").begin()
    lost.set_name("Bob", "bob phone")
    pins = Pins({}, was_told=True).meet(lost.chain, How.LINK, 0, NOW)
    assert not pins.is_held(restored.chain) and pins.find_break(restored.chain) is None
    pin = pins.return_to(restored.chain, NOW + 1).by_user[2]
    assert (pin.n, pin.hash, pin.how, pin.time) == (restored.now.n, restored.now.hash, How.LINK, NOW + 1)
    assert pin.takes_back == (pins.by_user[2].hash_of(2),)
    restored.set_name("Robert", "bob phone")
    restored.set_name("Rob", "bob phone")
    assert pins.return_to(restored.chain, NOW).by_user[2].takes_back == (), "a higher n counts by itself"
    assert pins.return_to(lost.chain, NOW) == pins


def test_who_was_told_of_no_restore_is_bound_by_heads_and_decides_nothing() -> None:
    restored, lost, told = after_restore(How.COMPARED)
    pins = replace(told, was_told=False)
    assert pins.find_break(restored.chain) is Verdict.ROLLBACK and pins.find_break(lost.chain) is None
    restored.set_name("Bob", "bob phone")
    restored.set_name("Robert", "bob phone")
    assert pins.find_break(restored.chain) is Verdict.FORK and pins.is_held(restored.chain)
    for decide in (pins.accept, pins.compare):
        with pytest.raises(Rejected) as caught:
            decide(restored.chain, NOW)
        assert caught.value.verdict is Verdict.FORK
    with pytest.raises(Rejected) as caught:
        check_pin(pins, restored.chain)
    assert caught.value.verdict is Verdict.FORK
    assert pins.return_to(restored.chain, NOW) == pins


def test_what_is_a_conflict_without_a_restore_may_be_what_was_lost() -> None:
    restored, _, pins = after_restore(How.REQUEST)
    newer, chain = pins.by_user[2], restored.chain
    old = Pins({}).meet(chain, How.REQUEST, 0, NOW).by_user[2]
    other_head = replace(old, hash=b"o" * 32)
    third = replace(newer, identity_key=b"x" * 32)

    def is_conflict(*said: PinRow, was_told: bool) -> bool:
        return has_conflict(said, said[0], chain, was_told=was_told)

    assert not is_conflict(newer, old, was_told=True)
    for said in ((other_head,), (old, other_head)):
        assert is_conflict(*said, was_told=False) and not is_conflict(*said, was_told=True)
    assert is_conflict(old, third, was_told=True)
    assert not is_conflict(old, third, replace(old, how=How.COMPARED), was_told=True)
    assert is_conflict(old, replace(old, how=How.COMPARED), third, was_told=True)
