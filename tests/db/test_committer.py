"""Group commit: order, batches, neighbours, back-pressure, and answers only for what is on disk."""

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy import text

from hearth.db import committer as committer_module
from hearth.db.engine import Database
from hearth.errors import Busy, Conflict, HearthError, Internal
from tests.db.writer import POISON, REFUSED, Writer, gather


async def test_what_is_answered_is_on_disk(writer: Writer) -> None:
    await writer.committer.submit(5)
    assert await writer.stored() == [5]


async def test_what_waits_together_is_committed_together_in_order(writer: Writer) -> None:
    results = await gather([writer.committer.submit(n) for n in range(100)])
    assert results == list(range(1, 101))
    assert writer.batches == [list(range(100))]
    assert writer.delivered == list(range(100))


async def test_a_batch_is_bounded_in_items_and_bytes(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(committer_module, "BATCH_ITEMS", 10)
    monkeypatch.setattr(committer_module, "BATCH_BYTES", 1000)
    await gather([writer.committer.submit(n) for n in range(25)])
    assert [len(batch) for batch in writer.batches] == [10, 10, 5]
    writer.batches.clear()
    await gather([writer.committer.submit(n, weight=400) for n in range(100, 104)])
    await writer.committer.submit(200, weight=5000)
    assert [len(batch) for batch in writer.batches] == [2, 2, 1]


async def test_a_refusal_is_nobody_elses_business(writer: Writer) -> None:
    results = await gather([writer.committer.submit(n) for n in (1, REFUSED, 2)])
    assert results[0] == 1
    assert isinstance(results[1], Conflict)
    assert results[2] == 2
    assert await writer.stored() == [1, 2]


async def test_a_poisonous_item_fails_alone(writer: Writer, caplog: pytest.LogCaptureFixture) -> None:
    results = await gather([writer.committer.submit(n) for n in (1, 2, POISON, 3, 4)])
    assert isinstance(results[2], Internal)
    assert all(isinstance(result, int) for result in results[:2] + results[3:])
    assert await writer.stored() == [1, 2, 3, 4]
    assert "could not be written" in caplog.text


async def test_a_full_queue_refuses_and_takes_again_later(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(committer_module, "QUEUE_ITEMS", 10)
    accepted = [writer.committer.submit(n) for n in range(10)]
    with pytest.raises(Busy) as refused:
        await writer.committer.submit(11)
    assert refused.value.retry_after == committer_module.BUSY_RETRY_AFTER
    await gather(accepted)
    await writer.committer.submit(11)
    assert len(await writer.stored()) == 11


async def test_a_caller_who_gives_up_changes_nothing_for_others(writer: Writer) -> None:
    first, second = writer.committer.submit(1), writer.committer.submit(2)
    first.cancel()
    assert await second == 2
    assert await writer.stored() == [1, 2]


async def test_stopping_writes_what_was_accepted_and_refuses_the_rest(database: Database) -> None:
    async with database.transaction("write") as transaction:
        await transaction.execute(text("CREATE TABLE scratch (n INTEGER NOT NULL PRIMARY KEY)"))
    writer = Writer(database)
    await writer.committer.start()
    accepted = [writer.committer.submit(n) for n in range(600)]
    await writer.committer.stop()
    assert len(await gather(accepted)) == len(await writer.stored()) == 600
    with pytest.raises(Busy):
        await writer.committer.submit(1000)


async def test_failing_to_tell_others_does_not_undo_the_answer(
    writer: Writer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(items: Sequence[int], outcomes: Sequence[int | HearthError]) -> None:
        raise RuntimeError("no bus")

    monkeypatch.setattr(writer.committer, "_deliver", fail)
    assert await writer.committer.submit(1) == 1
    assert "telling others failed" in caplog.text


async def test_other_writers_get_their_turn_between_batches(writer: Writer) -> None:
    async def write_by_transaction(n: int) -> None:
        async with writer.database.transaction("write") as transaction:
            await transaction.execute(text("INSERT INTO scratch VALUES (:n)"), {"n": n})

    async def write_by_committer(n: int) -> None:
        await writer.committer.submit(n)

    await asyncio.gather(
        *(write_by_committer(n) for n in range(300)),
        *(write_by_transaction(n) for n in range(1000, 1040)),
    )
    assert len(await writer.stored()) == 340
