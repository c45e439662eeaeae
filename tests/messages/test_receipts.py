"""Receipts: they only grow, come together, are written soon, and tell only whom they concern."""

import asyncio
from typing import Any

import pytest

from hearth.contract import Actor
from hearth.db.bulk import Steps
from hearth.errors import Busy
from hearth.messages import receipts as receipts_module
from hearth.messages.append import Mark
from hearth.messages.contract import MarkReceived
from hearth.messages.receipts import ReceiptBuffer
from tests.messages.conftest import Scene


async def mark(scene: Scene, actor: Actor, conversation_id: bytes | None = None, **seqs: int) -> None:
    await scene.stage.run(actor, MarkReceived(conversation_id=(conversation_id or scene.pair).hex(), **seqs))


async def settle(scene: Scene) -> None:
    """Have everything written that waits, without waiting for the timer."""
    log = scene.stage.services.messages
    log._receipts.flush_now()
    await log._committer.submit(())


async def send(scene: Scene, count: int) -> None:
    for _ in range(count):
        await scene.sends(scene.alice)
    scene.stage.clear()


async def test_a_mark_moves_ones_own_cursors_and_tells_the_members(scene: Scene) -> None:
    await send(scene, 3)
    await mark(scene, scene.bob, delivered_seq=3, read_seq=2)
    await settle(scene)
    assert await scene.cursors(scene.bob) == (3, 2)
    assert await scene.cursors(scene.alice) == (3, 3)
    [(audience, payload)] = scene.told("receipts.advanced")
    assert audience == {scene.alice.user_id, scene.bob.user_id}
    assert payload == {
        "conversation_id": scene.pair.hex(),
        "cursors": [{"user_id": scene.bob.user_id, "delivered_seq": 3, "read_seq": 2}],
    }


async def test_what_was_read_was_delivered(scene: Scene) -> None:
    await send(scene, 3)
    await mark(scene, scene.bob, read_seq=2)
    await settle(scene)
    assert await scene.cursors(scene.bob) == (2, 2)


async def test_cursors_never_go_back_and_never_beyond_the_head(scene: Scene) -> None:
    await send(scene, 3)
    await mark(scene, scene.bob, read_seq=2)
    await mark(scene, scene.bob, read_seq=1)
    await settle(scene)
    assert await scene.cursors(scene.bob) == (2, 2)
    scene.stage.clear()
    await mark(scene, scene.bob, read_seq=1)
    await settle(scene)
    assert scene.heard == []
    await mark(scene, scene.bob, delivered_seq=2**53 - 1, read_seq=2**53 - 1)
    await settle(scene)
    assert await scene.cursors(scene.bob) == (3, 3)


async def test_many_marks_are_one_event_per_conversation(scene: Scene) -> None:
    group = await scene.make_group(scene.alice, scene.bob, scene.carol)
    await scene.sends(scene.alice, group)
    await scene.sends(scene.alice, group)
    await send(scene, 2)
    for seq in (1, 2):
        await mark(scene, scene.bob, group, read_seq=seq)
        await mark(scene, scene.carol, group, delivered_seq=seq)
        await mark(scene, scene.bob, read_seq=seq)
    await settle(scene)
    events = {
        payload["conversation_id"]: (audience, payload["cursors"])
        for audience, payload in scene.told("receipts.advanced")
    }
    assert len(scene.told("receipts.advanced")) == 2
    assert events[scene.pair.hex()] == (
        {scene.alice.user_id, scene.bob.user_id},
        [{"user_id": scene.bob.user_id, "delivered_seq": 2, "read_seq": 2}],
    )
    assert events[group.hex()] == (
        {scene.alice.user_id, scene.bob.user_id, scene.carol.user_id},
        [
            {"user_id": scene.bob.user_id, "delivered_seq": 2, "read_seq": 2},
            {"user_id": scene.carol.user_id, "delivered_seq": 2, "read_seq": 0},
        ],
    )


async def test_marks_are_written_within_a_second_without_anything_else(scene: Scene) -> None:
    await send(scene, 1)
    await mark(scene, scene.bob, read_seq=1)
    for _ in range(100):
        await asyncio.sleep(0.01)
    assert await scene.cursors(scene.bob) == (1, 1)


async def test_a_stranger_moves_nothing_and_learns_nothing(scene: Scene) -> None:
    await send(scene, 1)
    await mark(scene, scene.carol, read_seq=1)
    await mark(scene, scene.carol, b"\xee" * 16, read_seq=1)
    await settle(scene)
    assert scene.heard == []
    assert await scene.cursors(scene.bob) == (0, 0)


async def test_after_the_friendship_only_ones_own_devices_hear_of_reading(scene: Scene) -> None:
    await send(scene, 2)
    await scene.unfriend()
    await mark(scene, scene.bob, read_seq=2)
    await settle(scene)
    assert await scene.cursors(scene.bob) == (2, 2)
    assert [audience for audience, _ in scene.told("receipts.advanced")] == [{scene.bob.user_id}]


async def test_marks_survive_a_database_that_is_away_for_a_moment(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    await send(scene, 1)
    log = scene.stage.services.messages
    monkeypatch.setattr(receipts_module, "FIRST_SECONDS", 0.0)
    monkeypatch.setattr(receipts_module, "FLUSH_SECONDS", 0.02)
    with monkeypatch.context() as faulty:

        async def fail(steps: Any) -> Steps[Any]:
            raise ConnectionResetError

        faulty.setattr(log._committer._lane, "run", fail)
        await mark(scene, scene.bob, read_seq=1)
        await asyncio.sleep(0.05)
        assert await scene.cursors(scene.bob) == (0, 0)
    await asyncio.sleep(0.1)
    assert await scene.cursors(scene.bob) == (1, 1)


async def test_far_too_many_marks_are_refused_and_none_of_the_accepted_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(receipts_module, "MAX_WAITING", 10)
    monkeypatch.setattr(receipts_module, "MARKS_PER_ITEM", 4)
    flushed: list[tuple[Mark, ...]] = []
    buffer = ReceiptBuffer(flushed.append)
    marks = [Mark(b"c", user_id, 1, 1) for user_id in range(10)]
    for each in marks:
        buffer.add(each)
    buffer.add(Mark(b"c", 3, 5, 2))
    with pytest.raises(Busy):
        buffer.add(Mark(b"c", 11, 1, 1))
    buffer.flush_now()
    assert [len(part) for part in flushed] == [4, 4, 2]
    merged = [mark for part in flushed for mark in part]
    assert merged == [*marks[:3], Mark(b"c", 3, 5, 2), *marks[4:]]
    buffer.flush_now()
    assert len(flushed) == 3


async def test_what_a_full_queue_refuses_waits_for_the_next_flush(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receipts_module, "MARKS_PER_ITEM", 2)
    flushed: list[tuple[Mark, ...]] = []

    def take_one(part: tuple[Mark, ...]) -> None:
        if flushed:
            raise Busy
        flushed.append(part)

    buffer = ReceiptBuffer(take_one)
    marks = [Mark(b"c", user_id, 1, 1) for user_id in range(5)]
    for each in marks:
        buffer.add(each)
    buffer.flush_now()
    assert flushed == [tuple(marks[:2])]
    flushed.clear()
    buffer.flush_now()
    assert flushed == [tuple(marks[2:4])]
    flushed.clear()
    buffer.close()
    assert flushed == [tuple(marks[4:])]
    with pytest.raises(Busy):
        buffer.add(marks[0])
