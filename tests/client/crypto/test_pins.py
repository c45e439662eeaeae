"""Whom one has met, and whose changed identity holds sealing until one says so (sections 9.1 and 9.2)."""

import pytest

from hearth.sealed.core.verdicts import Rejected, Verdict
from hearth.sealed.person.keyring import How
from hearth.sealed.person.pins import Change, Pins, check_pin
from tests.client.crypto.cast import NOW, Person


def met(how: How) -> tuple[Person, Pins]:
    bob = Person(2, "bob").begin()
    return bob, Pins({}).meet(2, bob.now, how, by=1, time=NOW)


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
        pins = pins.meet(2, bob.now, how, by=1, time=NOW)
        assert pins.by_user[2].how is then
    assert pins.by_user[2].by == 0


def test_a_renewed_key_is_sent_to_unless_it_was_compared() -> None:
    bob, pins = met(How.REQUEST)
    bob.renew_identity("bob 2")
    assert pins.find_change(2, bob.now) is Change.LINKED
    check_pin(pins, 2, bob.now)
    followed = pins.follow(2, bob.now, NOW)
    assert followed.by_user[2].identity_key == bob.now.identity_key
    compared = Pins({2: met(How.COMPARED)[1].by_user[2]})
    assert compared.is_held(2, bob.now)
    assert compared.follow(2, bob.now, NOW) == compared
    again = compared.compare(2, bob.now, NOW)
    assert not again.is_held(2, bob.now) and again.by_user[2].how is How.COMPARED


def test_a_reset_holds_sealing_until_it_is_accepted_and_costs_the_trust() -> None:
    bob, pins = met(How.COMPARED)
    bob.reset("bob 2", "bob new")
    assert pins.find_change(2, bob.now) is Change.UNLINKED
    with pytest.raises(Rejected) as caught:
        check_pin(pins, 2, bob.now)
    assert caught.value.verdict is Verdict.CHANGED_IDENTITY
    assert pins.meet(2, bob.now, How.LINK, 0, NOW) == pins, "a pin is never overwritten silently"
    assert pins.follow(2, bob.now, NOW) == pins
    accepted = pins.accept(2, bob.now, NOW)
    check_pin(accepted, 2, bob.now)
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
    assert Pins({}).find_change(2, bob.now) is Change.NONE
