"""Accepting, declining, cancelling."""

import pytest

from hearth.contract import Actor, Command
from hearth.errors import LimitReached, NotFound
from hearth.friends import rules
from hearth.friends.contract import (
    AcceptRequest,
    CancelRequest,
    DeclineRequest,
    FindUser,
    RequestFriend,
)
from hearth.sync.contract import OpenSync
from tests.friends.telling import list_told
from tests.stage import Stage

COMMANDS = (AcceptRequest, DeclineRequest, CancelRequest)


async def ask(stage: Stage) -> tuple[Actor, Actor, int]:
    alice, bob = await stage.user("alice"), await stage.user("bobby")
    asked = await stage.run(alice, RequestFriend(username="bobby"))
    stage.clear()
    return alice, bob, asked.request.id


async def test_accepting_makes_friends_and_tells_both(stage: Stage) -> None:
    alice, bob, request_id = await ask(stage)
    await stage.user("carol")
    await stage.run(bob, AcceptRequest(request_id=request_id))
    assert list_told(stage) == {
        (name, user_id)
        for name in ("friend.request_closed", "friend.added", "conversation.changed")
        for user_id in (alice.user_id, bob.user_id)
    }
    assert (await stage.run(alice, FindUser(username="bobby"))).relation == "friend"
    assert (await stage.run(bob, FindUser(username="alice"))).relation == "friend"


@pytest.mark.parametrize(("command", "by"), [(DeclineRequest, "bobby"), (CancelRequest, "alice")])
async def test_declining_and_cancelling_tell_both(stage: Stage, command: type, by: str) -> None:
    alice, bob, request_id = await ask(stage)
    await stage.run({"alice": alice, "bobby": bob}[by], command(request_id=request_id))
    assert list_told(stage) == {
        ("friend.request_closed", alice.user_id),
        ("friend.request_closed", bob.user_id),
    }
    for actor in (alice, bob):
        assert (await stage.run(actor, OpenSync())).snapshot.requests == []


@pytest.mark.parametrize("command", COMMANDS)
async def test_a_stranger_cannot_tell_a_request_from_none(stage: Stage, command: type) -> None:
    _, _, request_id = await ask(stage)
    carol = await stage.user("carol")
    problems = []
    for asked_for in (request_id, request_id + 1000):
        with pytest.raises(NotFound) as refused:
            await stage.run(carol, command(request_id=asked_for))
        problems.append(refused.value.to_problem())
    assert problems[0] == problems[1]
    assert stage.published == []


@pytest.mark.parametrize(
    ("command", "by"), [(AcceptRequest, "alice"), (DeclineRequest, "alice"), (CancelRequest, "bobby")]
)
async def test_each_side_has_its_own_answers(stage: Stage, command: type, by: str) -> None:
    alice, bob, request_id = await ask(stage)
    with pytest.raises(NotFound):
        await stage.run({"alice": alice, "bobby": bob}[by], command(request_id=request_id))
    assert stage.published == []


@pytest.mark.parametrize(
    ("command", "by"), [(AcceptRequest, "bobby"), (DeclineRequest, "bobby"), (CancelRequest, "alice")]
)
async def test_doing_it_twice_is_answered_as_done(stage: Stage, command: type, by: str) -> None:
    alice, bob, request_id = await ask(stage)
    actor = {"alice": alice, "bobby": bob}[by]
    first = await stage.run(actor, command(request_id=request_id))
    stage.clear()
    assert await stage.run(actor, command(request_id=request_id)) == first
    assert stage.published == []


async def test_what_was_cancelled_cannot_be_accepted(stage: Stage) -> None:
    alice, bob, request_id = await ask(stage)
    await stage.run(alice, CancelRequest(request_id=request_id))
    stage.clear()
    late: list[Command] = [AcceptRequest(request_id=request_id), DeclineRequest(request_id=request_id)]
    for command in late:
        with pytest.raises(rules.RequestNotOpen):
            await stage.run(bob, command)
    assert stage.published == []


async def test_nobody_has_more_friends_than_there_can_be(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob, request_id = await ask(stage)
    monkeypatch.setattr(rules, "MAX_FRIENDS", 0)
    with pytest.raises(LimitReached):
        await stage.run(bob, AcceptRequest(request_id=request_id))
    assert stage.published == []
    assert (await stage.run(alice, FindUser(username="bobby"))).relation == "request_sent"
