"""What members are told after a commit, in which order, and what happens when storage fails."""

import asyncio
import base64
from collections.abc import Sequence
from typing import Any

import pytest

from hearth.contract import Audience
from hearth.db import committer as committer_module
from hearth.db import sqlite
from hearth.db.bulk import Steps, Syntax
from hearth.errors import Busy, HearthError, StorageUnavailable
from hearth.messages import append as append_module
from hearth.messages import log as log_module
from tests.epochs.kit import make_record_of
from tests.messages.conftest import Scene


async def test_all_members_and_nobody_else_hear_of_a_message(scene: Scene) -> None:
    sent = await scene.sends(scene.alice, record=b"\xfb\xff hi")
    [(audience, payload)] = scene.told("message.sent")
    assert audience == {scene.alice.user_id, scene.bob.user_id}
    entry = payload["entry"]
    assert entry == {
        "conversation_id": scene.pair.hex(),
        "seq": 1,
        "ordinal": 1,
        "kind": 1,
        "from_user": scene.alice.user_id,
        "from_device": scene.alice.device_id.hex(),
        "client_id": entry["client_id"],
        "counter": entry["counter"],
        "epoch": 1,
        "target_seq": 0,
        "record": base64.b64encode(make_record_of(b"\xfb\xff hi")).decode(),
        "log_hash": base64.b64encode(sent.log_hash).decode(),
        "timestamp": "2026-05-01T12:00:00Z",
    }
    assert scene.heard == ["message.sent"]


async def test_who_left_hears_nothing_more(scene: Scene) -> None:
    group = await scene.make_group(scene.alice, scene.bob, scene.carol)
    await scene.leaves(scene.carol, group, 0)
    await scene.sends(scene.alice, group)
    assert scene.told("message.sent")[0][0] == {scene.alice.user_id, scene.bob.user_id}


async def test_members_are_told_in_the_order_of_the_log(scene: Scene) -> None:
    people = (scene.alice, scene.bob)
    await asyncio.gather(*(scene.sends(people[number % 2]) for number in range(200)))
    assert [payload["entry"]["seq"] for _, payload in scene.told("message.sent")] == list(range(1, 201))


@pytest.mark.sqlite
async def test_nobody_is_told_before_it_is_on_disk(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the moment of publishing, another connection sees the row already."""
    seen: list[int] = []
    publish = scene.stage.bus.publish

    def check(audience: Audience, name: str, *payloads: bytes) -> None:
        if name == "message.sent":
            seen.append(count_rows(scene))
        publish(audience, name, *payloads)

    monkeypatch.setattr(scene.stage.bus, "publish", check)
    await scene.sends(scene.alice)
    assert seen == [1]


def count_rows(scene: Scene) -> int:
    connection = sqlite.open_connection(scene.stage.services.database.path)
    found: int = connection.execute("SELECT count(*) FROM message").fetchone()[0]
    connection.close()
    return found


async def test_a_full_queue_pushes_back(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(committer_module, "QUEUE_ITEMS", 5)
    results = await asyncio.gather(*(scene.sends(scene.alice) for _ in range(20)), return_exceptions=True)
    refused = [result for result in results if isinstance(result, Busy)]
    assert refused and all(result.retry_after for result in refused)
    assert await scene.check_log(scene.pair) == 20 - len(refused)
    assert (await scene.sends(scene.alice)).seq == 21 - len(refused)


async def test_a_batch_of_fifty_costs_as_many_statements_as_one_message(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Per transaction: heads, members, known ids, entries, heads, cursors."""
    counts: list[tuple[int, int]] = []

    def counting(items: Sequence[Any], syntax: Syntax, *rest: Any) -> Steps[list[Any]]:
        steps = append_module.append(items, syntax, *rest)
        count = 0
        try:
            statement = next(steps)
            while True:
                count += 1
                statement = steps.send((yield statement))
        except StopIteration as stop:
            counts.append((len(items), count))
            outcomes: list[Any] = stop.value
            return outcomes

    await scene.sends(scene.alice)  # reads what records are judged by
    monkeypatch.setattr(log_module, "append", counting)
    await scene.sends(scene.alice)
    await asyncio.gather(*(scene.sends(scene.alice) for _ in range(64)))
    assert counts == [(1, 6), (64, 6)]


async def test_a_crash_between_commit_and_answer_is_healed_by_the_retry(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault F02 within the process: the row is there, the caller has to try again, members heard nothing."""
    lane = scene.stage.services.messages._committer._lane
    run = lane.run

    async def lose_the_answer(steps: Any) -> Any:
        await run(steps)
        raise ConnectionResetError

    command = scene.message()
    with monkeypatch.context() as faulty:
        faulty.setattr(lane, "run", lose_the_answer)
        with pytest.raises(StorageUnavailable):
            await scene.stage.run(scene.alice, command)
    assert scene.told("message.sent") == []
    sent = await scene.stage.run(scene.alice, command)
    assert sent.seq == 1
    assert await scene.check_log(scene.pair) == 1
    [(audience, payload)] = scene.told("message.sent")
    assert (audience, payload["entry"]["seq"]) == ({scene.alice.user_id, scene.bob.user_id}, 1)
    await scene.stage.run(scene.alice, command)
    assert len(scene.told("message.sent")) == 1


async def test_stopping_answers_everybody_who_was_accepted(scene: Scene) -> None:
    sends = [asyncio.create_task(scene.sends(scene.alice)) for _ in range(30)]
    await asyncio.sleep(0)
    await scene.stage.services.messages.stop()
    results = await asyncio.gather(*sends, return_exceptions=True)
    assert not [
        result
        for result in results
        if isinstance(result, BaseException) and not isinstance(result, HearthError)
    ]
    accepted = [result for result in results if not isinstance(result, BaseException)]
    assert accepted
    assert await scene.check_log(scene.pair) == len(accepted)
