"""One's own generations: what is taken, in which order it is checked, when the next is due (section 6.1)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from hearth.sealed.core.verdicts import Rejected, Verdict
from hearth.sealed.person.generations import (
    Generation,
    commit_generation,
    seal_predecessor,
)
from hearth.sealed.person.own_chain import OwnChain, Stale
from tests.client.crypto.cast import DAY, NOW, SERVER, Person, device_id, meet, seed_of


def refused(act: Callable[[], object], verdict: Verdict) -> None:
    with pytest.raises(Rejected) as caught:
        act()
    assert caught.value.verdict is verdict


class Maker:
    """Makes the generations of a person, one after the other."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.g = 0
        self.previous = bytes(32)

    def make(self, by: str, **changes: Any) -> Generation:
        self.g += 1
        statement = Generation(
            server=SERVER,
            user=self.person.user,
            g=self.g,
            previous=self.previous,
            chain=self.person.head,
            commitment=commit_generation(SERVER, self.person.user, self.g, key_of(self.g)),
            set=bytes(32),
            time=NOW,
            device=device_id(by),
            extensions=(),
        )
        statement = replace(statement, **changes)
        self.previous = statement.hash()
        return statement


def key_of(g: int) -> bytes:
    return seed_of(f"generation {g}")


def begin() -> tuple[Person, Maker, OwnChain]:
    person = Person(1, "alice").begin("alice phone", "alice laptop")
    maker = Maker(person)
    own = OwnChain(meet(person).chain(1))
    own.take(maker.make("alice phone").sign(seed_of("alice phone")), key_of(1))
    return person, maker, own


def test_generations_follow_each_other_and_the_same_one_is_taken_again() -> None:
    _, maker, own = begin()
    second = maker.make("alice laptop").sign(seed_of("alice laptop"))
    own.take(second, key_of(2))
    assert own.newest is not None and own.newest is own.take(second, key_of(2))
    assert (own.newest.statement.g, own.newest.key) == (2, key_of(2))
    assert own.find_stale(NOW) is None


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"server": b"x" * 16}, Verdict.WRONG_PLACE),
        ({"user": 2}, Verdict.WRONG_PLACE),
        ({"g": 3}, Verdict.WRONG_LINK),
        ({"previous": b"x" * 32}, Verdict.WRONG_LINK),
        ({"device": b"x" * 16}, Verdict.NOT_LISTED),
        ({"commitment": b"x" * 32}, Verdict.BAD_COMMITMENT),
    ],
)
def test_a_generation_that_does_not_fit_is_refused(changes: dict[str, Any], verdict: Verdict) -> None:
    _, maker, own = begin()
    wrong = maker.make("alice laptop", **changes).sign(seed_of("alice laptop"))
    refused(lambda: own.take(wrong, key_of(2)), verdict)
    assert own.newest is not None and own.newest.statement.g == 1


def test_a_generation_signed_by_another_device_is_refused() -> None:
    _, maker, own = begin()
    wrong = maker.make("alice laptop").sign(seed_of("alice phone"))
    refused(lambda: own.take(wrong, key_of(2)), Verdict.BAD_SIGNATURE)


def test_the_stated_head_never_falls_and_is_on_the_chain() -> None:
    person, maker, own = begin()
    older = own.chain.states[1].head
    person.set_name("Alice", "alice phone")
    catch_up_own(own, person)
    own.take(maker.make("alice phone").sign(seed_of("alice phone")), key_of(2))
    falls = maker.make("alice phone", chain=older).sign(seed_of("alice phone"))
    refused(lambda: own.take(falls, key_of(3)), Verdict.ROLLBACK)
    strange = replace(older, hash=b"x" * 32)
    maker.g, maker.previous = 2, own.generations[2].signed.hash
    forked = maker.make("alice phone", chain=strange).sign(seed_of("alice phone"))
    refused(lambda: own.take(forked, key_of(3)), Verdict.FORK)


def test_a_second_generation_with_one_g_is_a_fork() -> None:
    _, maker, own = begin()
    twin = Maker(maker.person)
    other = twin.make("alice laptop", time=1).sign(seed_of("alice laptop"))
    refused(lambda: own.take(other, key_of(1)), Verdict.FORK)


def test_after_a_reset_the_chain_begins_again_and_only_then() -> None:
    person, maker, own = begin()
    person.reset("alice 2", "alice new")
    catch_up_own(own, person)
    assert own.find_stale(NOW) is Stale.RESET
    follows = maker.make("alice new").sign(seed_of("alice new"))
    refused(lambda: own.take(follows, key_of(2)), Verdict.WRONG_LINK)
    own.take(Maker(person).make("alice new").sign(seed_of("alice new")), key_of(1))
    assert own.newest is not None and list(own.generations) == [1]
    assert own.newest.stated.incarnation == 2


def test_from_an_anchor_it_goes_back_by_predecessors_and_on() -> None:
    person, maker, _ = begin()
    maker = Maker(person)
    made = [maker.make("alice phone") for _ in range(3)]
    own = OwnChain(meet(person).chain(1))
    signed = [statement.sign(seed_of("alice phone")) for statement in made]
    refused(lambda: own.anchor(signed[1], b"x" * 32, key_of(2)), Verdict.FORK)
    own.anchor(signed[1], made[1].hash(), key_of(2))
    own.take(signed[2], key_of(3))
    box = seal_predecessor(key_of(2), made[1], key_of(1))
    refused(lambda: own.take_before(signed[2], box), Verdict.WRONG_LINK)
    wrong = seal_predecessor(key_of(2), made[1], key_of(9))
    refused(lambda: own.take_before(signed[0], wrong), Verdict.BAD_COMMITMENT)
    assert own.take_before(signed[0], box).key == key_of(1)
    assert sorted(own.generations) == [1, 2, 3]


def test_the_next_generation_is_due_when_a_device_or_the_vault_changes_and_after_a_month() -> None:
    person, _, own = begin()
    assert own.find_stale(NOW + 30 * DAY) is None
    assert own.find_stale(NOW + 30 * DAY + 1) is Stale.OLD
    person.set_devices("alice phone", "alice laptop", "alice new")
    catch_up_own(own, person)
    assert own.find_stale(NOW) is None, "a new device gets the newest generation as it is"
    person.set_vault(1)
    catch_up_own(own, person)
    assert own.find_stale(NOW) is Stale.NEW_VAULT
    person.retire("alice laptop")
    catch_up_own(own, person)
    assert own.find_stale(NOW) is Stale.DEVICE_LEFT
    person.set_devices("alice laptop")
    catch_up_own(own, person)
    assert own.find_stale(NOW) is Stale.SIGNER_LEFT


def test_the_next_generation_is_due_when_a_device_leaves_that_came_after_it() -> None:
    person, _, own = begin()
    person.set_devices("alice phone", "alice laptop", "alice new")
    person.retire("alice new")
    catch_up_own(own, person)
    assert own.find_stale(NOW) is Stale.DEVICE_LEFT


def catch_up_own(own: OwnChain, person: Person) -> None:
    for statement in person.statements:
        own.chain.take(statement)
