"""What a client accepts of chains and receive statements, and what it never takes back (5.2, 6.2)."""

from collections.abc import Callable

import pytest

from hearth.sealed.core import hpke
from hearth.sealed.core.packed import Head
from hearth.sealed.core.verdicts import Rejected, Verdict
from hearth.sealed.person.chain import Chain
from hearth.sealed.person.receive import Receive, check_receive_key
from tests.client.crypto.cast import SERVER, Person, catch_up, device_id, kem_hash, meet, seed_of


def refused(act: Callable[[], object], verdict: Verdict) -> None:
    with pytest.raises(Rejected) as caught:
        act()
    assert caught.value.verdict is verdict


def alice() -> Person:
    return Person(1, "alice").begin("alice phone", "alice laptop")


def test_a_whole_chain_is_verified_and_taken_again_without_harm() -> None:
    person = alice()
    person.set_name("Alice", "alice phone")
    chain = Chain(SERVER, 1)
    assert chain.finish(person.statements).display_name == "Alice"
    assert chain.finish(person.statements).n == 3


def test_a_chain_that_ends_below_what_was_seen_anywhere_is_rolled_back() -> None:
    person = alice()
    chain = Chain(SERVER, 1)
    chain.see(Head(3, b"x" * 32))
    refused(lambda: chain.finish(person.statements), Verdict.ROLLBACK)


def test_a_second_statement_with_the_same_n_is_a_fork_only_if_it_verifies() -> None:
    person, twin = alice(), alice()
    person.set_name("Alice", "alice phone")
    chain = meet(person).chain(1)
    other = twin.set_name("Mallory", "alice phone")
    refused(lambda: chain.take(other), Verdict.FORK)
    forged = twin.statements[2][:-1] + bytes([twin.statements[2][-1] ^ 1])
    refused(lambda: chain.take(forged), Verdict.BAD_SIGNATURE)
    assert chain.state is not None and chain.state.display_name == "Alice"


def test_a_head_that_somebody_states_is_compared_at_once() -> None:
    chain = meet(alice()).chain(1)
    refused(lambda: chain.see(Head(2, b"x" * 32)), Verdict.FORK)
    refused(lambda: chain.at(Head(9, b"x" * 32)), Verdict.UNPROVEN)
    refused(lambda: chain.at(Head(0, bytes(32))), Verdict.FORK)


def test_identities_are_linked_within_an_incarnation_only() -> None:
    person = alice()
    first = person.now.identity_key
    person.renew_identity("alice 2")
    second = person.now.identity_key
    person.reset("alice 3", "alice new")
    chain = meet(person).chain(1)
    assert chain.is_linked(first, second)
    assert not chain.is_linked(second, person.now.identity_key)
    refused(lambda: chain.is_linked(first, b"?" * 32), Verdict.UNPROVEN)


def test_a_receive_statement_is_verified_at_the_head_that_it_states() -> None:
    person = alice()
    chain = meet(person).chain(1)
    signed = chain.take_receive(person.received[0])
    check_receive_key(signed.body, hpke.public_key(seed_of("alice receive 1")))
    refused(lambda: check_receive_key(signed.body, hpke.public_key(seed_of("server"))), Verdict.BAD_KEY)
    assert signed.body.kem_hash == kem_hash("alice receive 1")
    stranger = Person(1, "alice").begin("alice tablet")
    refused(lambda: chain.take_receive(stranger.received[0]), Verdict.FORK)
    person.set_name("A", "alice phone")
    ahead = person.renew_receive()
    refused(lambda: chain.take_receive(ahead), Verdict.UNPROVEN)


def test_only_a_listed_device_states_a_receive_key() -> None:
    person = alice()
    chain = meet(person).chain(1)
    early = person.renew_receive(head=chain.states[0].head)
    refused(lambda: chain.take_receive(early), Verdict.NOT_LISTED)


def test_an_older_or_a_second_receive_statement_is_noticed() -> None:
    person = alice()
    second = person.renew_receive()
    chain = meet(person).chain(1)
    refused(lambda: chain.take_newest_receive(person.received[0]), Verdict.ROLLBACK)
    assert chain.take_newest_receive(second).body.version == 2
    again = Receive(SERVER, 1, 2, bytes(32), person.head, device_id("alice phone"), 5, ())
    refused(lambda: chain.take_receive(again.sign(seed_of("alice phone"))), Verdict.FORK)


def test_a_receive_key_counts_while_its_device_is_listed_or_left_by_itself() -> None:
    person = alice()
    person.renew_receive("alice laptop")
    before = person.head
    person.retire("alice laptop")
    retired = person.head
    person.set_devices("alice phone", "alice laptop")
    back = person.head
    person.set_devices("alice phone")
    removed = person.head
    chain = catch_up(meet(person), person)
    statement = chain.receive_at(2, chain.take_receive(person.received[1]).hash)
    counts = [chain.counts(statement, chain.at(head)) for head in (before, retired, back, removed)]
    assert counts == [True, True, True, False]
    assert not chain.counts(statement, chain.states[0])


def test_a_receive_key_does_not_count_before_the_head_that_it_states() -> None:
    person = alice()
    early = person.head
    person.set_name("Alice", "alice phone")
    person.renew_receive()
    chain = meet(person).chain(1)
    statement = chain.receive_at(2, chain.take_receive(person.received[1]).hash)
    assert [chain.counts(statement, chain.at(head)) for head in (early, person.head)] == [False, True]


def test_no_receive_key_counts_over_a_reset() -> None:
    person = alice()
    old = person.received[0]
    person.reset("alice 2", "alice phone")
    chain = meet(person).chain(1)
    statement = chain.take_receive(old).body
    assert not chain.counts(statement, person.now)
    newest = chain.newest_receive(person.now)
    assert newest is not None and newest.body.version == 2
