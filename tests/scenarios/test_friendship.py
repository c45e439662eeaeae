"""Asking, answering, ending: both sides see every change on every device, nobody else sees any."""

import pytest

from hearth.errors import HearthError, NotFound
from hearth.friends.contract import (
    AcceptRequest,
    CancelRequest,
    DeclineRequest,
    FriendAdded,
    FriendRemoved,
    FriendRequested,
    RequestClosed,
    UserBlocked,
    UserUnblocked,
)
from tests.scenarios.cast import Device
from tests.scenarios.conftest import SignUp, calm


@pytest.fixture
async def erin(sign_up: SignUp, alice: Device) -> Device:
    """Somebody whom nobody knows yet; `alice` first, so that the cast is there."""
    return await sign_up("erin")


async def test_a_request_is_seen_on_all_devices_of_both(
    bob: Device, carol: Device, dave: Device, erin: Device
) -> None:
    outcome = await erin.client.request("bob")
    assert outcome.request is not None and not outcome.friends
    for device in (erin, bob, bob.phone):
        seen = await device.sees(FriendRequested)
        assert (seen.request.sender.username, seen.request.receiver.username) == ("erin", "bob")
    await carol.receives_nothing()
    await dave.receives_nothing()


async def test_accepting_makes_friends_and_one_conversation(
    bob: Device, carol: Device, dave: Device, erin: Device
) -> None:
    await erin.client.request("bob")
    await bob.phone.sees(FriendRequested)
    await bob.phone.client.accept("erin")
    for device, friend in ((erin, "bob"), (bob, "erin"), (bob.phone, "erin")):
        await device.sees(RequestClosed, lambda event: event.request.status == "accepted")
        added = await device.sees(FriendAdded)
        assert added.friend.profile.user.username == friend
    await erin.sends("hello", to=bob)
    await bob.receives("hello", from_=erin)
    await bob.phone.receives("hello", from_=erin)
    await carol.receives_nothing()
    await dave.receives_nothing()


async def test_opposite_requests_make_a_friendship(
    bob: Device, carol: Device, dave: Device, erin: Device
) -> None:
    await erin.client.request("bob")
    outcome = await bob.client.request("erin")
    assert outcome.friends
    await erin.sees(FriendAdded)
    await bob.phone.sees(FriendAdded)
    await carol.receives_nothing()
    await dave.receives_nothing()


async def test_a_declined_request_is_closed_and_may_not_be_repeated_at_once(
    bob: Device, carol: Device, dave: Device, erin: Device
) -> None:
    await erin.client.request("bob")
    await bob.sees(FriendRequested)
    await bob.client.decline("erin")
    for device in (erin, bob, bob.phone):
        await device.sees(RequestClosed)
        assert not device.client.replica.users.requests
    with pytest.raises(HearthError):
        await erin.client.request("bob")
    await carol.receives_nothing()
    await dave.receives_nothing()


async def test_a_cancelled_request_disappears_everywhere(
    bob: Device, carol: Device, dave: Device, erin: Device
) -> None:
    await erin.client.request("bob")
    await bob.sees(FriendRequested)
    await erin.sees(FriendRequested)
    await erin.client.cancel("bob")
    for device in (erin, bob, bob.phone):
        await device.sees(RequestClosed, lambda event: event.request.status == "cancelled")
    with pytest.raises(NotFound):
        await bob.client.accept("erin")
    await carol.receives_nothing()
    await dave.receives_nothing()


async def test_only_its_people_can_answer_a_request(bob: Device, carol: Device, erin: Device) -> None:
    outcome = await erin.client.request("bob")
    assert outcome.request is not None
    key = outcome.request.id
    for command in (
        AcceptRequest(request_id=key),
        DeclineRequest(request_id=key),
        CancelRequest(request_id=key),
    ):
        await carol.is_refused(command, "not_found")
    await erin.is_refused(AcceptRequest(request_id=key), "not_found")
    await bob.is_refused(CancelRequest(request_id=key), "not_found")


async def test_a_removed_friend_is_gone_on_both_sides_and_history_stays(
    alice: Device, bob: Device, carol: Device, dave: Device
) -> None:
    await alice.sends("before", to=bob)
    await bob.receives("before")
    await bob.client.remove("alice")
    for device in (alice, bob, bob.phone):
        await device.sees(FriendRemoved)
        assert not device.client.replica.users.friends
    await alice.agrees(
        lambda client: not client.find_conversation("bob").conversation.open, "a closed conversation"
    )
    with pytest.raises(HearthError) as refusal:
        await alice.sends("after", to=bob)
    assert refusal.value.status in (403, 409)
    assert refusal.value.code != "not_found", "the reason has to be told"
    for device, friend in ((alice, "bob"), (bob, "alice"), (bob.phone, "alice")):
        assert [message.text for message in await device.client.history(friend)] == ["before"]
    await carol.receives_nothing()
    await dave.receives_nothing()


async def test_friends_again_go_on_in_the_same_conversation(
    alice: Device, bob: Device, carol: Device
) -> None:
    first = await alice.sends("one", to=bob)
    await bob.receives("one")
    await alice.client.remove("bob")
    await bob.sees(FriendRemoved)
    await bob.client.request("alice")
    await alice.sees(FriendRequested)
    await alice.client.accept("bob")
    await bob.sees(FriendAdded)
    await bob.agrees(
        lambda client: client.find_conversation("alice").conversation.open, "an open conversation"
    )
    second = await bob.sends("two", to=alice)
    assert second.seq == first.seq + 1
    await alice.receives("two", from_=bob)
    await carol.receives_nothing()


async def test_blocking_looks_like_being_removed(
    alice: Device, bob: Device, carol: Device, dave: Device
) -> None:
    await alice.client.block("bob")
    await alice.sees(UserBlocked)
    for device in (bob, bob.phone):
        removed = await device.sees(FriendRemoved)
        assert removed.user_id == alice.user_id
        await calm(device)
        assert not any(isinstance(event, UserBlocked) for event in device.events)
    found = await bob.client.find("alice")
    assert found.relation == "none"
    with pytest.raises(HearthError):
        await bob.sends("please", to=alice)
    await carol.receives_nothing()
    await dave.receives_nothing()


async def test_a_blocked_persons_request_is_answered_as_usual_and_never_shown(
    alice: Device, carol: Device, dave: Device, bob: Device
) -> None:
    outcome = await dave.client.request("alice")
    assert outcome.request is not None and outcome.request.status == "pending"
    await dave.sees(FriendRequested)
    await alice.receives_nothing()
    await bob.receives_nothing()
    await carol.receives_nothing()


async def test_unblocking_is_ones_own_business(
    alice: Device, bob: Device, carol: Device, dave: Device
) -> None:
    await alice.client.unblock("dave")
    await alice.sees(UserUnblocked)
    assert not alice.client.replica.users.blocked
    for device in (bob, carol, dave):
        await device.receives_nothing()
