"""When a client seals, when it first makes another epoch, and when it waits (section 7.6)."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from hearth.client.crypto.conversation import Conversation
from hearth.sealed.core.verdicts import Verdict
from hearth.sealed.group.reasons import DAY, HOUR, Age, Reason
from hearth.sealed.group.sealing import Sealing, State, Step, View
from hearth.sealed.person.keyring import How
from hearth.sealed.person.pins import Pins
from tests.client.crypto.cast import NOW, Person, catch_up
from tests.client.crypto.room import OPEN, Room, make_cast

FRESH = Age(now=NOW, stored_at=NOW, entries=0)
HASH = b"h" * 32
GOOD = View(5, HASH, has_key=True)


def begin(timer: int = 0) -> tuple[Room, Conversation, Pins]:
    room = Room(make_cast("alice", "bob", "carol"))
    room.create(settings=replace(OPEN, timer=timer))
    conversation = room.open(2)
    pins = Pins({})
    for person in room.cast.values():
        pins = pins.meet(person.chain, How.REQUEST, by=0, time=NOW)
    return room, conversation, pins


def after(act: Callable[[Person], object], pins: Pins | None = None) -> View:
    """Return how a conversation looks after carol has done something."""
    room, conversation, known = begin()
    act(room.cast[3])
    catch_up(conversation.epochs.people, room.cast[3])
    return conversation.view(pins or known, FRESH)


def test_a_fresh_epoch_with_the_newest_heads_may_be_sealed_under() -> None:
    _, conversation, pins = begin()
    view = conversation.view(pins, FRESH)
    assert (view.n, view.has_key, view.reasons, view.held) == (1, True, frozenset(), frozenset())


def test_what_others_change_asks_for_the_next_epoch_or_does_not() -> None:
    assert after(lambda carol: carol.set_name("C", "carol phone")).reasons == set()
    assert after(lambda carol: carol.set_devices("carol phone", "carol laptop", "carol new")).reasons == set()
    assert after(lambda carol: carol.retire("carol laptop")).reasons == {Reason.DEVICE_REMOVED}
    assert after(lambda carol: carol.renew_identity("carol 2")).reasons == {Reason.IDENTITY_RENEWED}
    assert after(lambda carol: carol.renew_receive(time=NOW + DAY)).reasons == set()
    assert after(lambda carol: carol.renew_receive(time=NOW + DAY + 1)).reasons == {Reason.RECEIVE_KEY_OLD}


def test_a_reset_holds_sealing_and_is_no_reason_to_rotate() -> None:
    view = after(lambda carol: carol.reset("carol 2", "carol new"))
    assert not view.reasons and view.held == {3}


def test_a_reset_that_was_accepted_still_waits_for_reidentify() -> None:
    room, conversation, pins = begin()
    room.cast[3].reset("carol 2", "carol new")
    catch_up(conversation.epochs.people, room.cast[3])
    assert conversation.view(pins.accept(room.cast[3].chain, NOW), FRESH).held == {3}


def test_a_leave_asks_for_remove() -> None:
    room, conversation, pins = begin()
    room.leave(3)
    room.show(conversation)
    view = conversation.view(pins, FRESH)
    assert view.reasons == {Reason.LEFT}
    assert Sealing(State.READY).look_again(view) is Step.MAKE_REMOVE


@pytest.mark.parametrize(
    ("timer", "age", "entries", "reasons"),
    [
        (0, 7 * DAY - 1, 999, set()),
        (0, 7 * DAY, 0, {Reason.OLD}),
        (0, 0, 1000, {Reason.LONG}),
        (60, HOUR - 1, 0, set()),
        (60, HOUR, 0, {Reason.OLD}),
        (8 * 3600, 2 * HOUR - 1, 0, set()),
        (8 * 3600, 2 * HOUR, 0, {Reason.OLD}),
        (3600 * 24 * 30, DAY - 1, 0, set()),
        (3600 * 24 * 30, DAY, 0, {Reason.OLD}),
    ],
)
def test_an_epoch_ages(timer: int, age: int, entries: int, reasons: set[Reason]) -> None:
    _, conversation, pins = begin(timer)
    found = conversation.view(pins, Age(now=NOW + age, stored_at=NOW, entries=entries))
    assert found.reasons == reasons


def test_only_a_confirmed_epoch_is_sealed_under() -> None:
    sealing = Sealing()
    found = [sealing.may_seal]
    for act in (
        lambda: sealing.look_again(GOOD),
        lambda: sealing.confirm(5, HASH, GOOD),
        sealing.disconnect,
    ):
        act()
        found.append(sealing.may_seal)
    assert found == [False, False, True, False]


def test_a_higher_epoch_is_fetched_and_a_lower_or_another_one_stops() -> None:
    sealing = Sealing()
    assert sealing.confirm(6, HASH, GOOD) is Step.FETCH and not sealing.may_seal
    assert sealing.confirm(4, HASH, GOOD) is Step.TELL_PERSON
    assert (sealing.state, sealing.evidence) == (State.STOPPED, [Verdict.ROLLBACK])
    sealing = Sealing()
    assert sealing.confirm(5, b"x" * 32, GOOD) is Step.TELL_PERSON
    assert (sealing.state, sealing.evidence) == (State.STOPPED, [Verdict.FORK])


def test_what_is_stopped_for_a_fork_stays_so() -> None:
    sealing = Sealing(State.READY)
    sealing.stop(Verdict.FORK)
    sealing.disconnect()
    assert sealing.confirm(5, HASH, GOOD) is Step.TELL_PERSON
    assert sealing.look_again(GOOD) is Step.TELL_PERSON and sealing.state is State.STOPPED
    assert not sealing.may_seal and sealing.evidence == [Verdict.FORK]


@pytest.mark.parametrize("verdict", [Verdict.UNSUPPORTED, Verdict.MALFORMED, Verdict.BAD_SIGNATURE])
def test_what_the_server_may_show_otherwise_is_judged_anew_in_the_next_connection(verdict: Verdict) -> None:
    sealing = Sealing(State.READY)
    sealing.stop(verdict)
    assert sealing.confirm(5, HASH, GOOD) is Step.TELL_PERSON
    assert (sealing.state, sealing.stopped) == (State.STOPPED, verdict)
    sealing.disconnect()
    assert sealing.confirm(5, HASH, GOOD) is Step.NOTHING
    assert sealing.may_seal and (sealing.stopped, sealing.evidence) == (None, [verdict])


def test_what_lasts_is_not_let_go_of_over_something_that_does_not() -> None:
    for first, then, stays in (
        (Verdict.ROLLBACK, Verdict.MALFORMED, Verdict.ROLLBACK),
        (Verdict.MALFORMED, Verdict.ROLLBACK, Verdict.ROLLBACK),
        (Verdict.ROLLBACK, Verdict.FORK, Verdict.FORK),
        (Verdict.FORK, Verdict.ROLLBACK, Verdict.FORK),
    ):
        sealing = Sealing()
        sealing.stop(first)
        sealing.stop(then)
        sealing.disconnect()
        assert (sealing.state, sealing.stopped) == (State.STOPPED, stays)


def test_held_weighs_more_than_no_key_and_no_key_more_than_a_reason() -> None:
    old = replace(GOOD, reasons=frozenset({Reason.OLD}))
    for view, step, state in (
        (old, Step.MAKE_ROTATE, State.ROTATING),
        (replace(old, has_key=False), Step.ASK_FOR_SEED, State.KEYLESS),
        (replace(old, has_key=False, held=frozenset({3})), Step.TELL_PERSON, State.HELD),
    ):
        sealing = Sealing(State.READY)
        assert (sealing.look_again(view), sealing.state) == (step, state)
        assert sealing.look_again(GOOD) is Step.NOTHING and sealing.may_seal


def test_an_epoch_without_an_answer_goes_out_again_as_it_was() -> None:
    sealing = Sealing(State.READY)
    sealing.send(b"request")
    assert not sealing.may_seal
    sealing.disconnect()
    assert sealing.confirm(5, HASH, GOOD) is Step.SEND_AGAIN
    assert (sealing.pending, sealing.state) == (b"request", State.ROTATING)
    assert sealing.taken(replace(GOOD, n=6)) is Step.NOTHING
    assert (sealing.pending, sealing.state) == (None, State.READY)


def test_who_loses_the_race_fetches_and_looks_whether_a_reason_is_left() -> None:
    sealing = Sealing(State.READY)
    sealing.send(b"request")
    assert sealing.moved() is Step.FETCH and not sealing.may_seal
    assert sealing.confirm(6, HASH, replace(GOOD, n=6)) is Step.NOTHING and sealing.may_seal


def test_an_epoch_that_another_client_made_meanwhile_is_no_rollback_of_the_pending_one() -> None:
    sealing = Sealing(State.READY)
    sealing.send(b"request")
    sealing.disconnect()
    assert sealing.confirm(6, HASH, GOOD) is Step.FETCH
    assert sealing.pending == b"request"
