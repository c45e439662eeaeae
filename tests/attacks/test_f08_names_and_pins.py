"""F8: server or member choose whom one talks to: by resets, by names, by keys first seen in a group."""

from dataclasses import replace
from typing import Literal

import pytest

from hearth.accounts.contract import UserCard
from hearth.client.conversations.bond import require_bond
from hearth.client.conversations.live import Live
from hearth.client.crypto.making.acts import PRIVATE
from hearth.client.crypto.trust import Person as Card
from hearth.client.crypto.trust import fingerprint, safety_number
from hearth.client.problems import NotReady, Waits
from hearth.conversations.contract import Conversation
from hearth.sealed.core import ed25519
from hearth.sealed.core.verdicts import Verdict
from hearth.sealed.group.check import Where
from hearth.sealed.group.epoch import Action, Kind, Role
from hearth.sealed.group.ids import direct_id
from hearth.sealed.person.keyring import How, OpenRow, UserId, hash_set, read_keyring
from hearth.sealed.person.pins import Pins
from hearth.sealed.person.user_chain import IDENTITY_SIGNS, Genesis
from hearth.sealed.person.user_state import next_statement
from tests.attacks.conftest import Open
from tests.attacks.device import Device
from tests.client.crypto.cast import NOW, SERVER, Person, meet, seed_of
from tests.client.crypto.room import Room, make_cast
from tests.client.entries import MOMENT

pytestmark = pytest.mark.sqlite


@pytest.fixture
def alice(room: Room, open_device: Open) -> Device:
    """Her device has met the others and may seal."""
    device = open_device(room, 1).learns(room)
    for user in (2, 3):
        device.take("meet", user=user)
    return device


def test_control_a_renewed_key_holds_nobody_up(room: Room, alice: Device) -> None:
    assert alice.sealing == ["ready"]
    room.cast[2].renew_identity("bob 2")
    assert alice.meets(room.cast[2]) == [None]
    assert alice.sealing == ["rotating", "rotate"]


def test_nothing_is_sealed_to_somebody_whom_the_server_has_reset(room: Room, alice: Device) -> None:
    """Also of people whom nobody ever compared; and not by accepting them alone."""
    room.cast[2].reset("bob by the server", "bob new")
    assert set(alice.meets(room.cast[2])) == {None}
    assert alice.sealing == ["held", [2]]
    alice.take("accept", user=2)
    assert alice.sealing == ["held", [2]], "until a member lets them in again"


def test_an_epoch_with_the_key_of_a_reset_is_not_slipped_in(room: Room, alice: Device) -> None:
    """Carol, in league with the server, states bob's new key in a rotation."""
    room.cast[2].reset("bob by the server", "bob new")
    room.rotate(actor=3)
    assert set(alice.meets(room.cast[2])) == {None}
    assert alice.reads(room.rows, room.hashes[0]) is None
    assert alice.learns_epoch(room, 2) == "not_allowed"


def test_a_person_cannot_be_renamed(room: Room, alice: Device) -> None:
    """Mallory becomes "alice" in the directory: names stand in chains, and a chain keeps its own."""
    statement = rename(room.cast[3], "bob")
    assert alice.take("chain", user=3, statement=statement.hex()) == "not_allowed"
    assert [chain[-3] for chain in alice.show()["chains"]] == ["alice", "bob", "carol"]


def rename(person: Person, username: str) -> bytes:
    """A genesis under another username, signed by the key in it, as a server could make it."""
    seed = seed_of(f"{person.name} renamed")
    body = Genesis(ed25519.public_key(seed), username)
    return next_statement(person.state, SERVER, person.user, body, signer=IDENTITY_SIGNS, time=NOW).sign(seed)


def test_a_key_first_seen_in_a_group_never_becomes_more_by_itself() -> None:
    """Bob makes a group with a "carol" of his: her pin says by whom, and gives way to nothing silently."""
    forged = Person(3, "carol").begin("carol new")
    met = Pins({}).meet(forged.chain, How.GROUP, by=2, time=NOW)
    assert (met.by_user[3].how, met.by_user[3].by) == (How.GROUP, 2)
    other = Person(3, "true carol").begin()
    after = met.meet(other.chain, How.REQUEST, by=0, time=NOW)
    assert after == met, "a request for friendship does not overwrite the key"
    assert after.is_held(other.chain)


NAMES = {1: "alice", 2: "bob", 3: "mallory"}


def say(
    key: bytes, kind: Literal["direct", "self", "group"], *users: int, names: dict[int, str] = NAMES
) -> Conversation:
    """What a server says of a conversation."""
    cards = [UserCard(id=user, username=names[user], display_name=names[user].title()) for user in users]
    return Conversation(id=key.hex(), kind=kind, open=True, users=cards, created_at=MOMENT)


def open_direct(cast: dict[int, Person], *, has_epoch: bool) -> Live:
    """Alice's device, at her conversation with mallory."""
    key = direct_id(SERVER, 1, 3)
    live = Live(Where(SERVER, key, 1), meet(cast[1], cast[3]), frozenset())
    if has_epoch:
        stage = Room({user: cast[user] for user in (1, 3)}, key, Kind.DIRECT)
        members = [stage.member(user, Role.MEMBER) for user in stage.cast]
        stage.make(Action.CREATE, 1, members, settings=PRIVATE)
        live.epochs.take(*stage.epochs[0][:2], 1)
    return live


@pytest.mark.parametrize("has_epoch", [False, True])
def test_control_what_is_true_of_a_conversation_is_taken(has_epoch: bool) -> None:
    live = open_direct(make_cast("alice", "bob", "mallory"), has_epoch=has_epoch)
    require_bond(live, say(live.where.conversation, "direct", 1, 3))


@pytest.mark.parametrize("has_epoch", [False, True])
def test_a_conversation_is_not_passed_off_as_somebody_elses(has_epoch: bool) -> None:
    """The cards of bob and mallory change places, or hers becomes a group or alice's notes."""
    live = open_direct(make_cast("alice", "bob", "mallory"), has_epoch=has_epoch)
    key = live.where.conversation
    for lie in (say(key, "direct", 1, 2), say(key, "self", 1), say(key, "group", 1, 2, 3)):
        with pytest.raises(NotReady) as refused:
            require_bond(live, lie)
        assert (refused.value.waits, refused.value.verdict) == (Waits.STOPPED, Verdict.WRONG_PLACE)


@pytest.mark.parametrize("has_epoch", [False, True])
def test_whom_the_server_renames_gets_nothing_under_that_name(has_epoch: bool) -> None:
    """The server calls mallory "bob", in her own conversation with alice."""
    live = open_direct(make_cast("alice", "bob", "mallory"), has_epoch=has_epoch)
    lie = say(live.where.conversation, "direct", 1, 3, names=NAMES | {3: "bob"})
    with pytest.raises(NotReady) as refused:
        require_bond(live, lie)
    assert (refused.value.waits, refused.value.verdict) == (Waits.STOPPED, Verdict.WRONG_PLACE)


def test_two_pins_of_one_head_are_a_conflict_that_is_shown() -> None:
    one = Pins({}).meet(Person(3, "carol").begin().chain, How.GROUP, by=2, time=NOW).by_user[3]
    rows = [OpenRow(1, UserId(3), one), OpenRow(1, UserId(3), replace(one, identity_key=b"x" * 32))]
    assert read_keyring(rows, {1: hash_set([])}).conflicts == {3}
    assert read_keyring(rows[:1], {1: hash_set([])}).conflicts == set()


def test_what_links_and_numbers_say_is_of_the_key() -> None:
    """A server that swaps bob's key changes the fingerprint in a link and the number that people compare."""
    alice, bob, forged = (Card(SERVER, user, bytes([at]) * 32) for at, user in ((1, 1), (2, 2), (3, 2)))
    assert fingerprint(bob) != fingerprint(forged)
    assert safety_number(alice, bob) != safety_number(alice, forged)
    assert safety_number(alice, bob) == safety_number(bob, alice)


def test_the_identity_in_a_record_is_the_one_of_the_chain(room: Room, open_device: Open) -> None:
    """Carol lists bob with a key of hers."""
    lines = [room.member(one.user, one.role) for one in room.rosters[-1].members]
    lines[1] = replace(lines[1], identity_key=ed25519.public_key(seed_of("of carol's making")))
    room.make(Action.ROTATE, 3, lines)
    room.post_epoch()
    alice = open_device(room, 1)
    assert set(alice.meets(*room.cast.values())) == {None}
    assert alice.reads(room.rows, room.hashes[0]) is None
    assert alice.learns_epoch(room, 1) is None
    assert alice.learns_epoch(room, 2) == "not_allowed"
