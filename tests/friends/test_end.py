"""Removing, blocking, unblocking: what the one who does it sees and hears."""

import pytest

from hearth.errors import InvalidInput, LimitReached, NotFound
from hearth.friends import rules
from hearth.friends.contract import (
    AcceptRequest,
    BlockUser,
    DeclineRequest,
    FindUser,
    RemoveFriend,
    RequestFriend,
    UnblockUser,
)
from hearth.sync.contract import OpenSync, Snapshot
from tests.friends.telling import befriend, list_told, names_of
from tests.stage import Stage

NAMES = ("alice", "bobby")


async def snapshot_of(stage: Stage, actor: object) -> Snapshot:
    snapshot = (await stage.run(actor, OpenSync())).snapshot  # type: ignore[arg-type]
    assert isinstance(snapshot, Snapshot)
    return snapshot


async def test_removing_tells_both_and_closes_the_conversation(stage: Stage) -> None:
    alice, bob = await stage.user("alice"), await stage.user("bobby")
    await stage.user("carol")
    await befriend(stage, alice, bob, NAMES)
    await stage.run(alice, RemoveFriend(user_id=bob.user_id))
    assert list_told(stage) == {
        (name, user_id)
        for name in ("friend.removed", "conversation.changed")
        for user_id in (alice.user_id, bob.user_id)
    }
    assert (await stage.run(alice, FindUser(username="bobby"))).relation == "none"


async def test_who_is_no_friend_cannot_be_removed(stage: Stage) -> None:
    alice, bob = await stage.user("alice"), await stage.user("bobby")
    problems = []
    for user_id in (bob.user_id, bob.user_id + 1000):
        with pytest.raises(NotFound) as refused:
            await stage.run(alice, RemoveFriend(user_id=user_id))
        problems.append(refused.value.to_problem())
    assert problems[0] == problems[1]
    with pytest.raises(InvalidInput):
        await stage.run(alice, RemoveFriend(user_id=alice.user_id))
    assert stage.published == []


async def test_only_the_blocker_hears_of_the_block(stage: Stage) -> None:
    alice, bob = await stage.user("alice"), await stage.user("bobby")
    await stage.user("carol")
    await befriend(stage, alice, bob, NAMES)
    await stage.run(alice, BlockUser(username="bobby"))
    told = list_told(stage)
    assert names_of(told, alice) == {"friend.removed", "friend.blocked", "conversation.changed"}
    assert names_of(told, bob) == {"friend.removed", "conversation.changed"}
    assert {user_id for _, user_id in told} == {alice.user_id, bob.user_id}
    assert [card.id for card in (await snapshot_of(stage, alice)).blocked] == [bob.user_id]
    assert (await snapshot_of(stage, bob)).blocked == []


async def test_a_stranger_who_is_blocked_hears_nothing(stage: Stage) -> None:
    alice, _ = await stage.user("alice"), await stage.user("bobby")
    await stage.run(alice, BlockUser(username="bobby"))
    assert list_told(stage) == {("friend.blocked", alice.user_id)}
    stage.clear()
    await stage.run(alice, BlockUser(username="bobby"))
    assert stage.published == []


async def test_a_blocker_is_told_clearly_why_asking_fails(stage: Stage) -> None:
    alice, bob = await stage.user("alice"), await stage.user("bobby")
    await stage.run(alice, BlockUser(username="bobby"))
    assert (await stage.run(alice, FindUser(username="bobby"))).relation == "blocked_by_you"
    with pytest.raises(rules.BlockedByYou):
        await stage.run(alice, RequestFriend(username="bobby"))
    await stage.run(alice, UnblockUser(user_id=bob.user_id))
    assert (await stage.run(alice, RequestFriend(username="bobby"))).request.status == "pending"


async def test_blocking_withdraws_ones_own_request(stage: Stage) -> None:
    alice, bob = await stage.user("alice"), await stage.user("bobby")
    await stage.run(alice, RequestFriend(username="bobby"))
    stage.clear()
    await stage.run(alice, BlockUser(username="bobby"))
    told = list_told(stage)
    assert names_of(told, alice) == {"friend.request_closed", "friend.blocked"}
    assert names_of(told, bob) == {"friend.request_closed"}
    assert (await snapshot_of(stage, bob)).requests == []


async def test_a_blocked_persons_request_is_never_shown(stage: Stage) -> None:
    alice, bob = await stage.user("alice"), await stage.user("bobby")
    await stage.run(alice, BlockUser(username="bobby"))
    stage.clear()
    asked = await stage.run(bob, RequestFriend(username="alice"))
    assert asked.request.status == "pending"
    assert list_told(stage) == {("friend.requested", bob.user_id)}
    assert (await snapshot_of(stage, alice)).requests == []
    for command in (AcceptRequest, DeclineRequest):
        with pytest.raises(NotFound):
            await stage.run(alice, command(request_id=asked.request.id))
    stage.clear()
    await stage.run(alice, UnblockUser(user_id=bob.user_id))
    assert list_told(stage) == {("friend.unblocked", alice.user_id)}
    assert (await snapshot_of(stage, alice)).requests == []
    assert (await stage.run(alice, FindUser(username="bobby"))).relation == "none"
    with pytest.raises(NotFound):
        await stage.run(alice, AcceptRequest(request_id=asked.request.id))


async def test_an_open_request_disappears_for_the_blocker_only(stage: Stage) -> None:
    alice, bob = await stage.user("alice"), await stage.user("bobby")
    await stage.run(bob, RequestFriend(username="alice"))
    stage.clear()
    await stage.run(alice, BlockUser(username="bobby"))
    told = list_told(stage)
    assert names_of(told, alice) == {"friend.request_closed", "friend.blocked"}
    assert names_of(told, bob) == set()
    assert (await snapshot_of(stage, alice)).requests == []
    assert [request.status for request in (await snapshot_of(stage, bob)).requests] == ["pending"]


async def test_asking_again_after_the_block_ended_is_seen(stage: Stage) -> None:
    alice, bob = await stage.user("alice"), await stage.user("bobby")
    await stage.run(alice, BlockUser(username="bobby"))
    first = await stage.run(bob, RequestFriend(username="alice"))
    await stage.run(alice, UnblockUser(user_id=bob.user_id))
    stage.clear()
    assert await stage.run(bob, RequestFriend(username="alice")) == first
    assert list_told(stage) == {("friend.requested", alice.user_id)}
    await stage.run(alice, AcceptRequest(request_id=first.request.id))
    assert (await stage.run(bob, FindUser(username="alice"))).relation == "friend"


async def test_asking_somebody_whose_hidden_request_is_open_makes_friends(stage: Stage) -> None:
    alice, bob = await stage.user("alice"), await stage.user("bobby")
    await stage.run(alice, BlockUser(username="bobby"))
    await stage.run(bob, RequestFriend(username="alice"))
    await stage.run(alice, UnblockUser(user_id=bob.user_id))
    stage.clear()
    assert (await stage.run(alice, RequestFriend(username="bobby"))).friends
    told = list_told(stage)
    assert names_of(told, alice) == {"friend.added", "conversation.changed"}
    assert names_of(told, bob) == {"friend.request_closed", "friend.added", "conversation.changed"}
    for actor in (alice, bob):
        assert (await snapshot_of(stage, actor)).requests == []


async def test_unblocking_whom_one_does_not_block_is_not_found(stage: Stage) -> None:
    alice, bob = await stage.user("alice"), await stage.user("bobby")
    await stage.run(bob, BlockUser(username="alice"))
    stage.clear()
    for user_id in (bob.user_id, alice.user_id, 10**9):
        with pytest.raises(NotFound):
            await stage.run(alice, UnblockUser(user_id=user_id))
    assert stage.published == []


async def test_blocks_are_capped(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MAX_BLOCKED", 1)
    alice = await stage.user("alice")
    for name in ("bobby", "carol"):
        await stage.user(name)
    await stage.run(alice, BlockUser(username="bobby"))
    with pytest.raises(LimitReached):
        await stage.run(alice, BlockUser(username="carol"))


async def test_nobody_blocks_themselves_or_nobody(stage: Stage) -> None:
    alice = await stage.user("alice")
    with pytest.raises(InvalidInput):
        await stage.run(alice, BlockUser(username="alice"))
    with pytest.raises(NotFound):
        await stage.run(alice, BlockUser(username="nobody-here"))
    assert stage.published == []
