"""Who is given a seed again (7.7), and which vault is one's own (10.9)."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from hearth.client.crypto.conversation import Conversation
from hearth.sealed.core import hpke
from hearth.sealed.core.hashing import sha256
from hearth.sealed.core.verdicts import Rejected, Verdict
from hearth.sealed.group.rewrap import RewrapRequest, check_request
from hearth.sealed.person.chain import Chain
from hearth.sealed.person.keyring import How
from hearth.sealed.person.pins import Pins
from hearth.sealed.person.receive import Receive
from hearth.sealed.person.user_chain import VaultStatement
from hearth.sealed.person.vault import (
    OwnHead,
    Vault,
    VaultPlace,
    check_vault,
    commit_vault,
    seal_vault,
)
from tests.client.crypto.cast import NOW, SERVER, Person, catch_up, device_id, meet, seed_of
from tests.client.crypto.room import GROUP, Room, make_cast

VK = b"V" * 32


def refused(act: Callable[[], object], verdict: Verdict) -> None:
    with pytest.raises(Rejected) as caught:
        act()
    assert caught.value.verdict is verdict


def begin() -> tuple[Room, Conversation, Pins]:
    room = Room(make_cast("alice", "bob", "carol"))
    room.create()
    pins = Pins({}).meet(room.cast[3].chain, How.REQUEST, by=0, time=NOW)
    return room, room.open(2), pins


def ask(room: Room, by: str = "carol phone", **changes: Any) -> bytes:
    """Return carol's request for the seed of epoch 1, signed by a device."""
    version = len(room.cast[3].received)
    request = RewrapRequest(
        server=SERVER,
        conversation=GROUP,
        n=1,
        record_hash=room.records[0].hash(),
        user=3,
        device=device_id(by),
        receive_version=version,
        receive_hash=Receive.open(room.cast[3].received[-1]).hash,
        time=NOW,
        extensions=(),
    )
    return replace(request, **changes).sign(seed_of(by))


def test_a_member_who_lost_the_seed_is_answered_also_at_a_newer_receive_key() -> None:
    room, conversation, pins = begin()
    assert check_request(ask(room), conversation.epochs, pins).body.user == 3
    room.cast[3].renew_receive()
    catch_up(conversation.epochs.people, room.cast[3])
    assert check_request(ask(room), conversation.epochs, pins).body.receive_version == 2


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"conversation": b"x" * 16}, Verdict.WRONG_PLACE),
        ({"server": b"x" * 16}, Verdict.WRONG_PLACE),
        ({"n": 2}, Verdict.WRONG_PLACE),
        ({"record_hash": b"x" * 32}, Verdict.WRONG_PLACE),
        ({"user": 9}, Verdict.NOT_LISTED),
        ({"receive_version": 7}, Verdict.UNPROVEN),
        ({"receive_hash": b"x" * 32}, Verdict.FORK),
        ({"device": b"x" * 16}, Verdict.NOT_LISTED),
        ({"device": device_id("carol laptop")}, Verdict.BAD_SIGNATURE),
    ],
)
def test_who_asks_wrongly_hears_nothing(changes: dict[str, Any], verdict: Verdict) -> None:
    room, conversation, pins = begin()
    refused(lambda: check_request(ask(room, **changes), conversation.epochs, pins), verdict)


def test_nothing_is_sealed_to_an_old_key_a_removed_device_or_a_changed_identity() -> None:
    room, conversation, pins = begin()
    carol, people = room.cast[3], conversation.epochs.people
    old = ask(room)
    carol.renew_receive()
    catch_up(people, carol)
    refused(lambda: check_request(old, conversation.epochs, pins), Verdict.ROLLBACK)
    by_laptop = ask(room, "carol laptop")
    carol.set_devices("carol phone")
    catch_up(people, carol)
    refused(lambda: check_request(by_laptop, conversation.epochs, pins), Verdict.NOT_LISTED)
    carol.set_devices("carol laptop")
    catch_up(people, carol)
    refused(lambda: check_request(ask(room, "carol laptop"), conversation.epochs, pins), Verdict.NOT_ALLOWED)
    carol.reset("carol 2", "carol new")
    catch_up(people, carol)
    asked = ask(room, "carol new")
    refused(lambda: check_request(asked, conversation.epochs, pins), Verdict.CHANGED_IDENTITY)
    accepted = pins.accept(carol.chain, NOW)
    refused(lambda: check_request(asked, conversation.epochs, accepted), Verdict.CHANGED_IDENTITY)


def test_who_was_compared_and_has_renewed_their_keys_waits_for_a_comparison() -> None:
    room, conversation, pins = begin()
    compared = pins.compare(room.cast[3].chain, NOW)
    room.cast[3].renew_identity("carol 2")
    catch_up(conversation.epochs.people, room.cast[3])
    assert check_request(ask(room), conversation.epochs, pins).body.n == 1
    refused(lambda: check_request(ask(room), conversation.epochs, compared), Verdict.CHANGED_IDENTITY)


def test_who_has_no_seed_gives_none() -> None:
    room, conversation, pins = begin()
    conversation.epochs.known[1].key = None
    refused(lambda: check_request(ask(room), conversation.epochs, pins), Verdict.KEYLESS)


def begin_vault() -> tuple[Person, Vault, bytes]:
    """Return a person whose chain names a vault, the vault, and its sealed bytes."""
    alice = Person(1, "alice").begin()
    kem_seed = seed_of("vault")
    vault = Vault(1, seed_of(alice.identity), kem_seed, OwnHead(1, bytes(32), bytes(32)), alice.head, (), ())
    sealed = seal_vault(VK, SERVER, 1, vault)
    commitment = commit_vault(VaultPlace(SERVER, 1, 1), VK)
    alice.say(VaultStatement(1, sha256(sealed), commitment, hpke.kem_hash(hpke.public_key(kem_seed))))
    return alice, vault, sealed


def test_the_vault_that_the_newest_statement_names_is_ones_own() -> None:
    alice, vault, sealed = begin_vault()
    check_vault(vault, VK, sealed, meet(alice).chain(1))


def test_an_older_or_another_vault_is_noticed() -> None:
    alice, vault, sealed = begin_vault()
    chain = meet(alice).chain(1)
    others = [
        replace(vault, identity_seed=seed_of("x")),
        replace(vault, kem_seed=seed_of("x")),
        replace(vault, version=2),
    ]
    for other in others:
        refused(partial(check_vault, other, VK, sealed, chain), Verdict.FORK)
    refused(lambda: check_vault(vault, b"x" * 32, sealed, chain), Verdict.FORK)
    refused(lambda: check_vault(vault, VK, sealed + b"x", chain), Verdict.FORK)
    refused(lambda: check_vault(vault, VK, sealed, Chain(SERVER, 1)), Verdict.FORK)
    elsewhere = replace(vault.user_chain, hash=b"x" * 32)
    refused(lambda: check_vault(replace(vault, user_chain=elsewhere), VK, sealed, chain), Verdict.FORK)
    alice.set_vault(2)
    refused(lambda: check_vault(vault, VK, sealed, meet(alice).chain(1)), Verdict.ROLLBACK)
