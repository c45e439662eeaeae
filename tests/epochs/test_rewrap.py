"""Seeds that are asked for again: who may ask and answer, who hears of it, and when a request is gone."""

import secrets
from dataclasses import replace
from typing import Any

import pytest

from hearth.contract import Actor, Members
from hearth.epochs.contract import (
    AnswerRewrap,
    AskRewrap,
    DropWraps,
    ListRewraps,
    RewrapAnswered,
    RewrapAsked,
    Rewraps,
    WrapName,
)
from hearth.epochs.rules import EpochMoved
from hearth.errors import NotFound
from hearth.vault.rules import NotAccepted
from tests.directory.conftest import Home
from tests.directory.kit import NOW
from tests.epochs.conftest import Cast
from tests.epochs.kit import Room, sign_request

ANSWER = b"a" * 1168


async def asks(room: Room, home: Home, device: Actor | None = None, **changes: Any) -> AskRewrap:
    command = sign_request(room, home, device, **changes)
    await home.stage.run(device or home.phone, command)
    return command


def answer(room: Room, asker: Home, **changes: Any) -> AnswerRewrap:
    values: dict[str, Any] = {
        "conversation_id": room.id,
        "n": room.n,
        "user_id": asker.owner.user,
        "receive_hash": asker.owner.receive_hash,
        "answer": ANSWER,
        **changes,
    }
    return AnswerRewrap(**values)


async def lists(home: Home, device: Actor | None = None) -> Rewraps:
    found: Rewraps = await home.stage.run(device or home.phone, ListRewraps())
    return found


async def rejects(room: Room, home: Home, verdict: str, **changes: Any) -> None:
    with pytest.raises(NotAccepted) as caught:
        await asks(room, home, **changes)
    assert caught.value.fields == {"verdict": verdict}


def told(cast: Cast, kind: type[Any]) -> list[set[int]]:
    events = cast.stage.published
    return [{*to.ids} for event, to in events if isinstance(event, kind) and isinstance(to, Members)]


async def test_a_request_reaches_the_others_and_its_answer_the_asker(cast: Cast) -> None:
    room = await cast.group()
    command = await asks(room, cast.bob)
    alice, bob, carol = (home.owner.user for home in (cast.alice, cast.bob, cast.carol))
    assert told(cast, RewrapAsked) == [{alice, carol}]
    for home in (cast.alice, cast.carol):
        found = await lists(home)
        assert [one.request for one in found.requests] == [command.request] and found.answers == []
    assert (await lists(cast.bob)).requests == []
    assert (await lists(cast.erin)).requests == []
    await cast.stage.run(cast.carol.phone, answer(room, cast.bob))
    assert told(cast, RewrapAnswered) == [{alice, bob, carol}]
    assert (await lists(cast.alice)).requests == []
    (got,) = (await lists(cast.bob)).answers
    assert (got.conversation_id, got.n, got.answer) == (room.id, 1, ANSWER)
    assert got.receive_hash == cast.bob.owner.receive_hash


async def test_the_first_answer_stays_until_the_asker_asks_anew_or_has_the_seed(cast: Cast) -> None:
    room = await cast.group()
    command = await asks(room, cast.bob)
    await cast.stage.run(cast.carol.phone, answer(room, cast.bob))
    await cast.stage.run(cast.alice.phone, answer(room, cast.bob, answer=b"b" * 1168))
    await cast.stage.run(cast.bob.phone, command)
    assert [one.answer for one in (await lists(cast.bob)).answers] == [ANSWER]
    await asks(room, cast.bob, time=NOW + 1)
    assert (await lists(cast.bob)).answers == []
    await cast.stage.run(cast.alice.phone, answer(room, cast.bob, answer=b"b" * 1168))
    await cast.stage.run(cast.bob.phone, DropWraps(wraps=[WrapName(conversation_id=room.id, n=1)]))
    assert (await lists(cast.bob)).answers == []
    with pytest.raises(NotFound):
        await cast.stage.run(cast.alice.phone, answer(room, cast.bob))


async def test_what_a_co_member_would_not_answer_is_not_taken(cast: Cast) -> None:
    room = await cast.group()
    await rejects(room, cast.bob, "wrong_place", server=b"x" * 16)
    await rejects(room, cast.bob, "wrong_place", record_hash=b"x" * 32)
    await rejects(room, cast.bob, "not_allowed", user=cast.carol.owner.user)
    laptop = await cast.bob.adds()
    with pytest.raises(NotAccepted):
        await cast.stage.run(cast.bob.phone, sign_request(room, cast.bob, laptop))
    await rejects(room, cast.bob, "rollback", receive_version=9)
    await rejects(room, cast.bob, "rollback", receive_hash=b"x" * 32)
    with pytest.raises(EpochMoved):
        await asks(replace(room, records=[replace(room.records[0], n=7)]), cast.bob)
    cast.bob.owner.seeds[cast.bob.id] = secrets.token_bytes(32)
    await rejects(room, cast.bob, "bad_signature")


async def test_only_a_device_that_is_listed_asks_answers_and_lists(cast: Cast) -> None:
    room = await cast.group()
    session = await cast.bob.signs_in()
    cast.bob.owner.seeds[session.device_id] = b"s" * 32
    await rejects(room, cast.bob, "not_listed", device=session)
    await asks(room, cast.carol)
    for command in (answer(room, cast.carol), ListRewraps()):
        with pytest.raises(NotFound):
            await cast.stage.run(session, command)
    assert len((await lists(cast.bob)).requests) == 1


async def test_who_has_reset_or_renewed_asks_for_what_they_may(cast: Cast) -> None:
    room = await cast.group()
    old = sign_request(room, cast.bob)
    await cast.bob.run(cast.bob.owner.renew(cast.bob.id))
    with pytest.raises(NotAccepted):
        await cast.stage.run(cast.bob.phone, old)
    await asks(room, cast.bob)
    link = await cast.bob.gets_link()
    await cast.bob.run(cast.bob.owner.reset(cast.bob.id, link, b"n" * 32))
    await rejects(room, cast.bob, "changed_identity", time=NOW + 1)


async def test_strangers_and_who_is_gone_hear_what_there_is_to_hear_of_nothing(cast: Cast) -> None:
    room = await cast.group()
    await asks(room, cast.bob)
    for home in (cast.erin, cast.bob):
        with pytest.raises(NotFound):
            await cast.stage.run(home.phone, answer(room, cast.bob))
    for changes in ({"n": 2}, {"user_id": cast.carol.owner.user}, {"receive_hash": b"x" * 32}):
        with pytest.raises(NotFound):
            await cast.stage.run(cast.alice.phone, answer(room, cast.bob, **changes))
    with pytest.raises(NotFound):
        await asks(room, cast.erin)
    with pytest.raises(NotFound):
        await asks(replace(room, conversation=b"n" * 16), cast.erin)
    await asks(room, cast.carol)
    await room.run(cast.alice, room.remove(cast.alice, cast.carol))
    assert (await lists(cast.carol)).requests == []
    left = [one.request for one in (await lists(cast.alice)).requests]
    assert left == [sign_request(room, cast.bob, n=1).request]
    with pytest.raises(NotFound):
        await asks(room, cast.carol, n=1)


async def test_a_newcomer_is_not_shown_requests_for_epochs_before_their_stay(cast: Cast) -> None:
    room = await cast.group()
    await asks(room, cast.bob)
    await room.run(cast.alice, room.add(cast.alice, cast.dave))
    assert (await lists(cast.dave)).requests == []
    with pytest.raises(NotFound):
        await cast.stage.run(cast.dave.phone, answer(room, cast.bob, n=1))
    await asks(room, cast.bob)
    assert len((await lists(cast.dave)).requests) == 1
    await rejects(room, cast.dave, "not_listed", n=1)
