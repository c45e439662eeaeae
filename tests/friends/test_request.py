"""Asking, and becoming friends by asking."""

import pytest

from hearth.errors import InvalidInput, LimitReached, NotFound
from hearth.friends import rules
from hearth.friends.contract import (
    CancelRequest,
    DeclineRequest,
    FindUser,
    FriendAdded,
    FriendRequested,
    RequestFriend,
)
from tests.friends.telling import list_told
from tests.stage import Stage


async def test_both_sides_and_nobody_else_hear_of_a_request(stage: Stage) -> None:
    alice, bob = await stage.user("alice"), await stage.user("bobby")
    await stage.user("carol")
    outcome = await stage.run(alice, RequestFriend(username="bobby"))
    assert not outcome.friends
    assert (outcome.request.sender.username, outcome.request.receiver.username) == ("alice", "bobby")
    assert outcome.request.status == "pending" and outcome.request.timestamp == stage.clock.now()
    assert list_told(stage) == {("friend.requested", alice.user_id), ("friend.requested", bob.user_id)}
    assert stage.published[0][0] == FriendRequested(request=outcome.request)


async def test_a_request_costs_a_fixed_number_of_queries(stage: Stage) -> None:
    alice, _ = await stage.user("alice"), await stage.user("bobby")
    await stage.run(alice, RequestFriend(username="bobby"))
    # find, lock, standing (3), counts, insert, cards; then the logs: raise, heads, entries
    assert stage.queries == 11, stage.statements


async def test_asking_again_changes_nothing(stage: Stage) -> None:
    alice, _ = await stage.user("alice"), await stage.user("bobby")
    first = await stage.run(alice, RequestFriend(username="bobby"))
    stage.clear()
    stage.clock.advance(60)
    assert await stage.run(alice, RequestFriend(username="bobby")) == first
    assert stage.published == []


async def test_opposite_requests_make_a_friendship(stage: Stage) -> None:
    alice, bob = await stage.user("alice"), await stage.user("bobby")
    await stage.user("carol")
    await stage.run(alice, RequestFriend(username="bobby"))
    stage.clear()
    outcome = await stage.run(bob, RequestFriend(username="alice"))
    assert outcome.friends and outcome.request.status == "accepted"
    both = {alice.user_id, bob.user_id}
    assert list_told(stage) == {
        (name, user_id)
        for name in ("friend.request_closed", "friend.added", "conversation.changed")
        for user_id in both
    }
    added = {
        audience.ids: event.friend.profile.user.id
        for event, audience in stage.published
        if isinstance(event, FriendAdded)
    }
    assert added == {(alice.user_id,): bob.user_id, (bob.user_id,): alice.user_id}


async def test_asking_a_friend_says_that_they_are_one(stage: Stage) -> None:
    alice, bob = await stage.user("alice"), await stage.user("bobby")
    await stage.run(alice, RequestFriend(username="bobby"))
    await stage.run(bob, RequestFriend(username="alice"))
    stage.clear()
    outcome = await stage.run(alice, RequestFriend(username="bobby"))
    assert outcome.friends and outcome.request is None
    assert stage.published == []


@pytest.mark.parametrize("name", ["nobody-here", "BOBBY", "bоbby", "x", "..", "a" * 64])
async def test_only_an_exact_name_finds_somebody(stage: Stage, name: str) -> None:
    alice, bob = await stage.user("alice"), await stage.user("bobby")
    if name == "BOBBY":
        assert (await stage.run(alice, FindUser(username=name))).user.id == bob.user_id
        return
    for command in (RequestFriend(username=name), FindUser(username=name)):
        with pytest.raises(NotFound):
            await stage.run(alice, command)
    assert stage.published == []


async def test_nobody_asks_themselves(stage: Stage) -> None:
    alice = await stage.user("alice")
    with pytest.raises(InvalidInput):
        await stage.run(alice, RequestFriend(username="alice"))
    assert (await stage.run(alice, FindUser(username="alice"))).relation == "self"


async def test_after_a_decline_one_waits_seven_days(stage: Stage) -> None:
    alice, bob = await stage.user("alice"), await stage.user("bobby")
    asked = await stage.run(alice, RequestFriend(username="bobby"))
    stage.clock.advance(3600)
    await stage.run(bob, DeclineRequest(request_id=asked.request.id))
    stage.clock.advance(86400)
    stage.clear()
    with pytest.raises(rules.AskedTooSoon) as refused:
        await stage.run(alice, RequestFriend(username="bobby"))
    assert refused.value.to_problem()["retry_after"] == 6 * 86400
    assert stage.published == []
    stage.clock.advance(6 * 86400)
    again = await stage.run(alice, RequestFriend(username="bobby"))
    assert again.request.status == "pending" and again.request.id == asked.request.id


async def test_a_hundred_open_requests_are_enough(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MAX_PENDING_SENT", 2)
    alice = await stage.user("alice")
    for name in ("bobby", "carol", "dave"):
        await stage.user(name)
    first = await stage.run(alice, RequestFriend(username="bobby"))
    await stage.run(alice, RequestFriend(username="carol"))
    stage.clear()
    with pytest.raises(LimitReached):
        await stage.run(alice, RequestFriend(username="dave"))
    assert stage.published == []
    await stage.run(alice, CancelRequest(request_id=first.request.id))
    assert not (await stage.run(alice, RequestFriend(username="dave"))).friends


async def test_nobody_is_buried_under_requests(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MAX_PENDING_RECEIVED", 1)
    alice, carol = await stage.user("alice"), await stage.user("carol")
    await stage.user("bobby")
    await stage.run(alice, RequestFriend(username="bobby"))
    with pytest.raises(LimitReached):
        await stage.run(carol, RequestFriend(username="bobby"))
