"""Which epoch records a client accepts: steps 3 and 7 to 9 of section 7.5, anchors, and walking back."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from hearth.sealed.core.verdicts import Rejected, Verdict
from hearth.sealed.group.check import Where
from hearth.sealed.group.epoch import Action, Role, Target
from hearth.sealed.group.epochs import Epochs
from tests.client.crypto.cast import SERVER, catch_up, meet
from tests.client.crypto.room import GROUP, NO_HASH, Room, make_cast


def refused(act: Callable[[], object], verdict: Verdict) -> None:
    with pytest.raises(Rejected) as caught:
        act()
    assert caught.value.verdict is verdict


def begin() -> Room:
    room = Room(make_cast("alice", "bob", "carol"))
    room.create()
    return room


def members_of(room: Room, **changes: dict[str, Any]) -> list[Any]:
    """Return the roster lines of now, with changes by name of the person."""
    names = {person.name: user for user, person in room.cast.items()}
    lines = {one.user: room.member(one.user, one.role) for one in room.rosters[-1].members}
    for name, change in changes.items():
        lines[names[name]] = replace(lines[names[name]], **change)
    return list(lines.values())


def test_a_chain_of_epochs_is_accepted_and_seeds_open_their_keys() -> None:
    room = begin()
    room.rotate(actor=3)
    room.remove(3)
    epochs = room.open(2).epochs
    assert [known.epoch.record.n for known in epochs.known.values()] == [1, 2, 3]
    assert epochs.take(*room.epochs[0][:2]) is epochs.known[1].epoch
    refused(lambda: epochs.take_seed(3, b"x" * 32), Verdict.BAD_COMMITMENT)


def test_the_roster_travels_only_when_it_changes() -> None:
    room = begin()
    epochs = room.open(2).epochs
    room.rotate()
    assert epochs.take(room.epochs[1][0], None).roster == room.rosters[0]
    room.remove(3)
    refused(lambda: epochs.take(room.epochs[2][0], None), Verdict.BAD_ROSTER)


def test_a_second_record_of_an_epoch_is_a_fork_only_if_it_passes() -> None:
    room, twin = begin(), begin()
    room.rotate()
    epochs = room.open(2).epochs
    twin.rotate(actor=3)
    refused(lambda: epochs.take(*twin.epochs[1][:2]), Verdict.FORK)
    forged = twin.epochs[1][0][:-1] + bytes([twin.epochs[1][0][-1] ^ 1])
    refused(lambda: epochs.take(forged, twin.epochs[1][1]), Verdict.BAD_SIGNATURE)


def test_an_epoch_of_another_conversation_is_in_the_wrong_place() -> None:
    room, other = begin(), Room(make_cast("alice", "bob", "carol"), conversation=b"o" * 16)
    other.create()
    refused(lambda: room.open(2).epochs.take(*other.epochs[0][:2]), Verdict.WRONG_PLACE)


def test_the_actors_device_is_listed_at_the_head_that_the_record_states_for_it() -> None:
    room = begin()
    room.make(Action.ROTATE, 2, members_of(room), by="bob tablet")
    epochs = Epochs(Where(SERVER, GROUP, 1), meet(*room.cast.values()), lambda n, user: None)
    epochs.take(*room.epochs[0][:2])
    refused(lambda: epochs.take(*room.epochs[1][:2]), Verdict.NOT_LISTED)


def test_a_device_that_was_removed_before_the_stated_head_makes_no_epoch() -> None:
    room = begin()
    room.cast[2].set_devices("bob phone")
    room.make(Action.ROTATE, 2, members_of(room), by="bob laptop")
    epochs = Epochs(Where(SERVER, GROUP, 1), meet(*room.cast.values()), lambda n, user: None)
    epochs.take(*room.epochs[0][:2])
    refused(lambda: epochs.take(*room.epochs[1][:2]), Verdict.NOT_LISTED)


def test_it_is_unproven_while_a_chain_or_a_receive_statement_is_not_there() -> None:
    room = begin()
    carol = room.cast[3]
    people = meet(*room.cast.values())
    epochs = Epochs(Where(SERVER, GROUP, 2), people, lambda n, user: None)
    epochs.take(*room.epochs[0][:2])
    carol.set_name("Carol", "carol phone")
    carol.renew_receive()
    room.rotate()
    refused(lambda: epochs.take(*room.epochs[1][:2]), Verdict.UNPROVEN)
    people.chain(3).finish(carol.statements)
    refused(lambda: epochs.take(*room.epochs[1][:2]), Verdict.UNPROVEN)
    catch_up(people, carol)
    assert epochs.take(*room.epochs[1][:2]).record.n == 2


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({"chain_hash": b"x" * 32}, Verdict.FORK),
        ({"receive_version": 9, "receive_hash": b"x" * 32}, Verdict.UNPROVEN),
        ({"receive_version": 0, "receive_hash": NO_HASH}, Verdict.NOT_ALLOWED),
    ],
)
def test_what_is_stated_of_a_member_must_be_so(change: dict[str, Any], verdict: Verdict) -> None:
    room = begin()
    room.cast[3].set_name("Carol", "carol phone")
    if "chain_hash" in change:
        change = {"chain": replace(room.cast[3].head, hash=change["chain_hash"])}
    room.make(Action.ROTATE, 1, members_of(room, carol=change))
    epochs = Epochs(Where(SERVER, GROUP, 2), meet(*room.cast.values()), lambda n, user: None)
    epochs.take(*room.epochs[0][:2])
    refused(lambda: epochs.take(*room.epochs[1][:2]), verdict)


def test_a_linked_identity_must_be_the_one_at_the_stated_head() -> None:
    room = begin()
    epochs = room.open(2).epochs
    old_head = room.cast[3].head
    room.cast[3].renew_identity("carol 2")
    catch_up(epochs.people, room.cast[3])
    room.make(Action.ROTATE, 1, members_of(room, carol={"chain": old_head}))
    refused(lambda: epochs.take(*room.epochs[1][:2]), Verdict.NOT_ALLOWED)
    room.epochs.pop(), room.records.pop(), room.rosters.pop()
    room.rotate()
    assert epochs.take(*room.epochs[1][:2]).members[3].identity_key == room.cast[3].now.identity_key


def test_a_receive_key_of_a_removed_device_does_not_count_and_may_give_way_to_none() -> None:
    room = begin()
    carol = room.cast[3]
    carol.set_devices("carol laptop")
    people = meet(*room.cast.values())
    epochs = Epochs(Where(SERVER, GROUP, 2), people, lambda n, user: None)
    epochs.take(*room.epochs[0][:2])
    room.make(Action.ROTATE, 1, members_of(room))
    refused(lambda: epochs.take(*room.epochs[1][:2]), Verdict.NOT_ALLOWED)
    room.epochs.pop(), room.records.pop(), room.rosters.pop()
    none = {"receive_version": 0, "receive_hash": NO_HASH}
    room.make(Action.ROTATE, 1, members_of(room, carol=none))
    carol.renew_receive("carol laptop")
    catch_up(people, carol)
    assert epochs.take(*room.epochs[1][:2]).record.n == 2, "a later statement makes no good record bad"


def test_somebody_who_has_reset_is_let_in_again_by_reidentify_only() -> None:
    room = begin()
    carol = room.cast[3]
    carol.reset("carol 2", "carol new")
    people = meet(*room.cast.values())
    epochs = Epochs(Where(SERVER, GROUP, 2), people, lambda n, user: None)
    epochs.take(*room.epochs[0][:2])
    room.make(Action.ROTATE, 1, members_of(room))
    refused(lambda: epochs.take(*room.epochs[1][:2]), Verdict.NOT_ALLOWED)
    room.epochs.pop(), room.records.pop(), room.rosters.pop()
    room.make(Action.REIDENTIFY, 1, members_of(room), Target(3, Role.MEMBER, NO_HASH))
    assert epochs.take(*room.epochs[1][:2]).record.n == 2


def test_a_head_row_anchors_and_records_before_it_are_vouched_for_by_their_hashes() -> None:
    room = begin()
    room.rotate()
    room.rotate()
    epochs = Epochs(Where(SERVER, GROUP, 2), meet(*room.cast.values()), lambda n, user: None)
    second = room.epochs[1]
    refused(lambda: epochs.anchor(second[0], second[1], b"x" * 32), Verdict.FORK)
    epochs.anchor(second[0], second[1], room.records[1].hash())
    epochs.take(*room.epochs[2][:2])
    refused(lambda: epochs.take(*room.epochs[0][:2]), Verdict.ROLLBACK)
    refused(lambda: epochs.take_before(*room.epochs[2][:2]), Verdict.WRONG_LINK)
    other = Room(room.cast)
    other.create(minimum_format=0)
    refused(lambda: epochs.take_before(*other.epochs[0][:2]), Verdict.WRONG_LINK)
    epochs.take_before(*room.epochs[0][:2])
    assert (epochs.oldest.record.n, epochs.newest and epochs.newest.record.n) == (1, 3)


def test_another_record_in_place_of_the_anchor_is_a_fork() -> None:
    room, twin = begin(), begin()
    room.rotate()
    twin.rotate(actor=3)
    epochs = Epochs(Where(SERVER, GROUP, 2), meet(*room.cast.values()), lambda n, user: None)
    epochs.anchor(room.epochs[1][0], room.epochs[1][1], room.records[1].hash())
    refused(lambda: epochs.take(*twin.epochs[1][:2]), Verdict.FORK)


def test_a_newcomer_begins_where_they_were_added_and_nowhere_else() -> None:
    cast = make_cast("alice", "bob", "carol")
    room = Room({1: cast[1], 2: cast[2]})
    room.create()
    room.cast = cast
    lines = [*members_of(room), room.member(3, Role.MEMBER)]
    room.make(Action.ADD, 1, lines, Target(3, Role.MEMBER, NO_HASH))
    room.rotate()
    people = meet(*cast.values())
    newcomer = Epochs(Where(SERVER, GROUP, 3), people, lambda n, user: None)
    refused(
        lambda: newcomer.join(room.epochs[1][:2], *room.epochs[2][:2]),
        Verdict.NOT_ALLOWED,
    )
    newcomer.join(room.epochs[0][:2], *room.epochs[1][:2])
    assert newcomer.take(*room.epochs[2][:2]).record.n == 3
