"""Opposite acts at the same moment: whatever the order, the two end up in one state that both know."""

import asyncio

import pytest

from hearth.contract import Actor, Command
from hearth.errors import HearthError
from hearth.friends.contract import (
    AcceptRequest,
    BlockUser,
    CancelRequest,
    FindUser,
    RemoveFriend,
    RequestFriend,
)
from hearth.sync.contract import OpenSync, Snapshot
from tests.friends.telling import befriend
from tests.stage import Stage

ROUNDS = 6


async def at_once(stage: Stage, *acts: tuple[Actor, Command]) -> list[object]:
    """Carry commands out together and return their answers; only refusals are answers."""
    answers = await asyncio.gather(*(stage.run(*act) for act in acts), return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException) and not isinstance(answer, HearthError):
            raise answer
    return list(answers)


async def snapshots(stage: Stage, *actors: Actor) -> list[Snapshot]:
    return [(await stage.run(actor, OpenSync())).snapshot for actor in actors]


@pytest.mark.parametrize("round_", range(ROUNDS))
async def test_opposite_requests_at_once_make_a_friendship(stage: Stage, round_: int) -> None:
    alice, bob = await stage.user("alice"), await stage.user("bobby")
    acts = [(alice, RequestFriend(username="bobby")), (bob, RequestFriend(username="alice"))]
    answers = await at_once(stage, *(acts if round_ % 2 else reversed(acts)))
    assert sorted(answer.friends for answer in answers) == [False, True]  # type: ignore[attr-defined]
    for snapshot in await snapshots(stage, alice, bob):
        assert len(snapshot.friends) == 1
        assert snapshot.requests == []


async def test_the_same_request_many_times_at_once_is_one(stage: Stage) -> None:
    alice, bob = await stage.user("alice"), await stage.user("bobby")
    answers = await at_once(stage, *[(alice, RequestFriend(username="bobby"))] * 5)
    assert len({answer.request.id for answer in answers}) == 1  # type: ignore[attr-defined]
    assert [len(snapshot.requests) for snapshot in await snapshots(stage, alice, bob)] == [1, 1]


@pytest.mark.parametrize("round_", range(ROUNDS))
async def test_accepting_while_it_is_cancelled_ends_one_way(stage: Stage, round_: int) -> None:
    alice, bob = await stage.user("alice"), await stage.user("bobby")
    request_id = (await stage.run(alice, RequestFriend(username="bobby"))).request.id
    acts = [(alice, CancelRequest(request_id=request_id)), (bob, AcceptRequest(request_id=request_id))]
    answers = await at_once(stage, *(acts if round_ % 2 else reversed(acts)))
    refused = [answer for answer in answers if isinstance(answer, HearthError)]
    assert [error.code for error in refused] == ["request_not_open"]
    of_alice, of_bob = await snapshots(stage, alice, bob)
    assert len(of_alice.friends) == len(of_bob.friends) <= 1
    assert of_alice.requests == of_bob.requests == []


@pytest.mark.parametrize("round_", range(ROUNDS))
async def test_nobody_stays_a_friend_of_who_blocks_them(stage: Stage, round_: int) -> None:
    alice, bob = await stage.user("alice"), await stage.user("bobby")
    request_id = (await stage.run(alice, RequestFriend(username="bobby"))).request.id
    acts = [(alice, BlockUser(username="bobby")), (bob, AcceptRequest(request_id=request_id))]
    await at_once(stage, *(acts if round_ % 2 else reversed(acts)))
    for snapshot in await snapshots(stage, alice, bob):
        assert snapshot.friends == [] and snapshot.requests == []
    assert (await stage.run(alice, FindUser(username="bobby"))).relation == "blocked_by_you"


async def test_both_may_end_it_at_once(stage: Stage) -> None:
    alice, bob = await stage.user("alice"), await stage.user("bobby")
    await befriend(stage, alice, bob, ("alice", "bobby"))
    answers = await at_once(
        stage, (alice, RemoveFriend(user_id=bob.user_id)), (bob, RemoveFriend(user_id=alice.user_id))
    )
    assert [error.code for error in answers if isinstance(error, HearthError)] == ["not_found"]
    opened = [(await stage.run(actor, OpenSync())).items for actor in (alice, bob)]
    for items in opened:
        assert [item.conversation.open for item in items if item.conversation.kind == "direct"] == [False]


async def test_many_who_ask_in_a_ring_all_get_through(stage: Stage) -> None:
    """Overlapping pairs in every order: locks taken in one order never cross."""
    names = ["anna", "berta", "clara", "doris", "emma"]
    people = [await stage.user(name) for name in names]
    acts: list[tuple[Actor, Command]] = [
        (actor, RequestFriend(username=name))
        for index, actor in enumerate(people)
        for other, name in enumerate(names)
        if index != other
    ]
    await at_once(stage, *acts)
    for snapshot in await snapshots(stage, *people):
        assert len(snapshot.friends) == len(people) - 1
        assert snapshot.requests == []
