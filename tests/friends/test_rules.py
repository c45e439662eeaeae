"""How two people stand and what follows from it."""

from datetime import UTC, datetime, timedelta

import pytest

from hearth.errors import InvalidInput, LimitReached, NotFound
from hearth.friends import rules
from hearth.friends.rules import Counts, Request, Standing

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
ME, OTHER = 1, 2


def sent(status: rules.Status = "pending", *, suppressed: bool = False, at: datetime = NOW) -> Request:
    return Request(10, ME, OTHER, status, suppressed, at)


def received(status: rules.Status = "pending", *, suppressed: bool = False) -> Request:
    return Request(11, OTHER, ME, status, suppressed, NOW)


@pytest.mark.parametrize(
    ("standing", "relation"),
    [
        (Standing(), "none"),
        (Standing(are_friends=True), "friend"),
        (Standing(sent=sent()), "request_sent"),
        (Standing(sent=sent("declined")), "none"),
        (Standing(sent=sent("cancelled")), "none"),
        (Standing(received=received()), "request_received"),
        (Standing(received=received(suppressed=True)), "none"),
        (Standing(received=received("declined")), "none"),
        (Standing(blocks=True), "blocked_by_you"),
        (Standing(blocks=True, received=received(suppressed=True)), "blocked_by_you"),
        (Standing(is_blocked=True), "none"),
        (Standing(is_blocked=True, sent=sent(suppressed=True)), "request_sent"),
    ],
)
def test_a_relation_never_shows_that_one_is_blocked(standing: Standing, relation: str) -> None:
    assert rules.name_relation(standing) == relation


@pytest.mark.parametrize(
    ("standing", "step"),
    [
        (Standing(), "ask"),
        (Standing(are_friends=True), "are_friends"),
        (Standing(received=received()), "befriend"),
        (Standing(received=received(suppressed=True)), "befriend"),
        (Standing(received=received("declined")), "ask"),
        (Standing(sent=sent()), "repeat"),
        (Standing(sent=sent("cancelled")), "ask"),
        (Standing(sent=sent("accepted")), "ask"),
        (Standing(sent=sent(suppressed=True), is_blocked=True), "repeat"),
        (Standing(sent=sent(suppressed=True)), "show"),
        (Standing(is_blocked=True), "ask"),
    ],
)
def test_what_asking_comes_to(standing: Standing, step: str) -> None:
    assert rules.decide_request(standing, NOW) == step


def test_who_blocks_somebody_cannot_ask_them() -> None:
    with pytest.raises(rules.BlockedByYou):
        rules.decide_request(Standing(blocks=True, received=received(suppressed=True)), NOW)


@pytest.mark.parametrize("is_blocked", [False, True])
def test_after_a_decline_one_may_ask_again_in_seven_days(is_blocked: bool) -> None:
    declined = Standing(sent=sent("declined"), is_blocked=is_blocked)
    with pytest.raises(rules.AskedTooSoon) as refused:
        rules.decide_request(declined, NOW + timedelta(days=6))
    assert refused.value.retry_after == timedelta(days=1).total_seconds()
    assert rules.decide_request(declined, NOW + timedelta(days=7)) == "ask"


def test_the_one_who_declined_may_ask_at_once() -> None:
    assert rules.decide_request(Standing(received=received("declined")), NOW) == "ask"


@pytest.mark.parametrize(
    "counts",
    [
        Counts(friends=rules.MAX_FRIENDS),
        Counts(pending_sent=rules.MAX_PENDING_SENT),
        Counts(other_pending_received=rules.MAX_PENDING_RECEIVED),
    ],
)
def test_asking_is_capped(counts: Counts) -> None:
    with pytest.raises(LimitReached):
        rules.require_room_to_ask(counts)


def test_one_below_every_cap_is_room_enough() -> None:
    rules.require_room_to_ask(Counts(1999, 99, 5000, 999))
    rules.require_room_to_befriend(Counts(1999, 100, 1999, 1000))


@pytest.mark.parametrize("counts", [Counts(friends=2000), Counts(other_friends=2000)])
def test_a_friendship_needs_room_on_both_sides(counts: Counts) -> None:
    with pytest.raises(LimitReached):
        rules.require_room_to_befriend(counts)


@pytest.mark.parametrize("request_", [None, sent(), received(suppressed=True)])
def test_only_who_was_asked_and_knows_it_may_answer(request_: Request | None) -> None:
    with pytest.raises(NotFound):
        rules.require_receiver(request_, ME)


@pytest.mark.parametrize("request_", [None, received()])
def test_only_who_asked_may_cancel(request_: Request | None) -> None:
    with pytest.raises(NotFound):
        rules.require_sender(request_, ME)
    assert rules.require_sender(sent(suppressed=True), ME).id == 10


def test_closing_twice_is_nothing_new_and_closing_otherwise_is_refused() -> None:
    assert rules.may_close(sent(), "cancelled")
    assert not rules.may_close(sent("cancelled"), "cancelled")
    with pytest.raises(rules.RequestNotOpen):
        rules.may_close(sent("accepted"), "cancelled")


def test_a_hidden_request_is_held_by_its_sender_alone() -> None:
    assert sent().holders == (ME, OTHER)
    assert sent(suppressed=True).holders == (ME,)


def test_nobody_befriends_themselves() -> None:
    with pytest.raises(InvalidInput):
        rules.require_another(ME, ME)
