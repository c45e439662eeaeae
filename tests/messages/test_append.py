"""Appending to logs: places, the hash chain, idempotency, and who may not."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import update

from hearth.conversations.rules import ConversationClosed
from hearth.conversations.tables import CONVERSATION
from hearth.errors import Conflict, HearthError, InvalidInput, NotFound
from tests.epochs.kit import make_record_of
from tests.epochs.written import begin_epochs
from tests.messages.conftest import Scene


async def test_places_are_given_in_order_and_answered(scene: Scene) -> None:
    first = await scene.sends(scene.alice, record=b"one")
    second = await scene.sends(scene.bob, record=b"two")
    void = await scene.sends(scene.bob, kind=0, record=b"x")
    assert [(sent.seq, sent.ordinal) for sent in (first, second, void)] == [(1, 1), (2, 2), (3, 2)]
    assert first.timestamp == scene.stage.clock.now()
    assert await scene.check_log(scene.pair) == 3


async def test_a_row_holds_what_was_sent(scene: Scene) -> None:
    await scene.sends(scene.alice, record=b"first")
    record = bytes(range(256)) * 248
    command = scene.message(record=record, counter=2**53 - 1, target_seq=1)
    sent = await scene.stage.run(scene.alice, command)
    row = (await scene.rows())[1]
    assert row.message == command.record == make_record_of(record)
    assert row.client_id.hex() == command.client_id
    assert (row.from_user, row.from_device) == (scene.alice.user_id, scene.alice.device_id)
    assert (row.counter, row.kind, row.target_seq, row.epoch) == (2**53 - 1, 1, 1, 1)
    assert (row.log_hash, row.timestamp) == (sent.log_hash, sent.timestamp)


async def test_fifty_senders_at_once_leave_no_gap(scene: Scene) -> None:
    group = await scene.make_group(scene.alice, scene.bob, scene.carol)
    people = (scene.alice, scene.bob, scene.carol)

    async def send_ten(number: int) -> list[int]:
        actor = people[number % 3]
        where = group if number % 2 or actor == scene.carol else scene.pair
        return [(await scene.sends(actor, where)).seq for _ in range(10)]

    answers = await asyncio.gather(*(send_ten(number) for number in range(50)))
    assert all(seqs == sorted(seqs) for seqs in answers)
    assert await scene.check_log(group) + await scene.check_log(scene.pair) == 500


async def test_a_hundred_equal_sends_are_one_message(scene: Scene) -> None:
    """Fault F09."""
    command = scene.message()
    answers = await asyncio.gather(*(scene.stage.run(scene.alice, command) for _ in range(100)))
    assert len({(answer.seq, answer.log_hash, answer.timestamp) for answer in answers}) == 1
    assert await scene.check_log(scene.pair) == 1
    assert len(scene.told("message.sent")) == 1


async def test_a_retry_long_after_gets_the_first_answer(scene: Scene) -> None:
    """Fault F02: the ack was lost, the device asks again, others have written meanwhile."""
    command = scene.message()
    first = await scene.stage.run(scene.alice, command)
    await scene.sends(scene.bob)
    scene.stage.clock.advance(3600)
    scene.stage.clear()
    assert await scene.stage.run(scene.alice, command) == first
    assert scene.told("message.sent") == []
    assert await scene.check_log(scene.pair) == 2


async def test_a_known_client_id_is_answered_before_every_other_check(scene: Scene) -> None:
    command = scene.message()
    first = await scene.stage.run(scene.alice, command)
    await scene.unfriend()
    assert await scene.stage.run(scene.alice, command) == first


@pytest.mark.parametrize("is_parallel", [False, True])
async def test_the_same_client_id_never_carries_another_record(scene: Scene, is_parallel: bool) -> None:
    """Fault F10, within one batch and across batches."""
    command = scene.message(record=b"first")
    other = scene.message(record=b"second", client_id=command.client_id)
    if is_parallel:
        results = await asyncio.gather(
            scene.stage.run(scene.alice, command),
            scene.stage.run(scene.alice, other),
            return_exceptions=True,
        )
        assert isinstance(results[1], Conflict)
    else:
        await scene.stage.run(scene.alice, command)
        with pytest.raises(Conflict):
            await scene.stage.run(scene.alice, other)
    assert [row.message for row in await scene.rows()] == [command.record]


async def test_sealed_again_for_another_epoch_it_is_still_the_same_message(scene: Scene) -> None:
    command = scene.message(record=b"epoch 1")
    first = await scene.stage.run(scene.alice, command)
    async with scene.stage.services.database.transaction("write") as transaction:
        await transaction.execute(update(CONVERSATION).values(epoch=2))
    again = scene.message(record=b"epoch 2", client_id=command.client_id, epoch=2)
    assert await scene.stage.run(scene.alice, again) == first
    assert [row.message for row in await scene.rows()] == [command.record]


async def test_client_ids_of_different_people_and_conversations_do_not_meet(scene: Scene) -> None:
    group = await scene.make_group(scene.alice, scene.bob)
    same = scene.message().client_id
    seqs = [
        (await scene.sends(actor, where, client_id=same, record=record)).seq
        for actor, where, record in (
            (scene.alice, scene.pair, b"1"),
            (scene.bob, scene.pair, b"2"),
            (scene.alice, group, b"3"),
        )
    ]
    assert seqs == [1, 2, 1]


async def test_a_stranger_gets_the_answer_of_a_conversation_that_is_not_there(scene: Scene) -> None:
    problems = []
    for where in (scene.pair, b"\xee" * 16):
        with pytest.raises(NotFound) as refused:
            await scene.sends(scene.carol, where)
        problems.append(refused.value.to_problem())
    assert problems[0] == problems[1]
    assert await scene.rows() == []
    assert scene.heard == []


async def test_who_left_cannot_write_any_more(scene: Scene) -> None:
    group = await scene.make_group(scene.alice, scene.bob)
    await scene.leaves(scene.bob, group, 0)
    with pytest.raises(NotFound):
        await scene.sends(scene.bob, group)


async def test_former_friends_are_told_why_they_cannot_write(scene: Scene) -> None:
    await scene.sends(scene.alice)
    await scene.unfriend()
    for actor in (scene.alice, scene.bob):
        with pytest.raises(ConversationClosed) as refused:
            await scene.sends(actor)
        assert refused.value.code == "not_friends"
    assert len(await scene.rows()) == 1
    assert scene.heard == []
    await scene.befriend()
    assert (await scene.sends(scene.bob)).seq == 2
    assert await scene.check_log(scene.pair) == 2


@pytest.mark.parametrize("wrong", [{"epoch": 2}, {"target_seq": 1}, {"target_seq": 2**53 - 1}])
async def test_what_does_not_exist_cannot_be_pointed_at(scene: Scene, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        await scene.sends(scene.alice, **wrong)


async def test_refusals_in_a_batch_touch_nobody_else(scene: Scene) -> None:
    group = await scene.make_group(scene.alice, scene.bob)
    results = await asyncio.gather(
        scene.sends(scene.alice),
        scene.sends(scene.carol),
        scene.sends(scene.bob, group),
        scene.sends(scene.alice, epoch=9),
        scene.sends(scene.bob),
        return_exceptions=True,
    )
    assert [result.seq for result in results if not isinstance(result, BaseException)] == [1, 1, 2]
    assert [type(result) for result in results if isinstance(result, HearthError)] == [NotFound, InvalidInput]
    assert await scene.check_log(scene.pair) == 2


async def test_counters_are_stored_as_they_come(scene: Scene) -> None:
    """Order and gaps are for clients to judge: the server is whom the counters are there to check."""
    for counter in (5, 5, 1):
        await scene.sends(scene.alice, counter=counter)
    assert [row.counter for row in await scene.rows()] == [5, 5, 1]


async def test_ones_own_send_is_delivered_and_read_by_oneself(scene: Scene) -> None:
    await scene.sends(scene.bob)
    await scene.sends(scene.alice)
    assert await scene.cursors(scene.alice) == (2, 2)
    assert await scene.cursors(scene.bob) == (1, 1)


async def test_notes_to_oneself_work_alike(scene: Scene) -> None:
    found = next(row for row in await scene.rows(CONVERSATION) if row.kind == "self")
    notes, people = found.id, (scene.alice, scene.bob, scene.carol)
    owner = next(actor for actor in people if actor.user_id == found.created_by)
    await begin_epochs(scene.stage.services, notes)
    assert (await scene.sends(owner, notes)).seq == 1
    assert scene.told("message.sent")[0][0] == {owner.user_id}
