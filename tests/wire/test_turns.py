"""Turns for heavy commands: few at a time, in order, a bounded line, and nobody's failure keeps a turn."""

import asyncio

import pytest

from hearth.errors import Busy
from hearth.wire.turns import RETRY_SECONDS, Turns

ALICE, BOB, CAROL = 1, 2, 3


async def test_few_are_worked_on_at_a_time_in_the_order_they_came() -> None:
    turns, at_work, most, order = Turns(2, 10), 0, 0, []

    async def work(number: int) -> None:
        nonlocal at_work, most
        async with turns.take(ALICE):
            order.append(number)
            at_work += 1
            most = max(most, at_work)
            await asyncio.sleep(0)
            at_work -= 1

    await asyncio.gather(*(work(number) for number in range(8)))
    assert most == 2
    assert order == list(range(8))


async def test_a_long_line_sends_people_away_at_different_times() -> None:
    turns = Turns(1, 3)
    async with turns.take(ALICE):
        line = [asyncio.create_task(hold(turns)) for _ in range(3)]
        await asyncio.sleep(0)
        pauses = set()
        for _ in range(5):
            with pytest.raises(Busy) as refusal:
                await hold(turns)
            assert refusal.value.retry_after is not None
            pauses.add(refusal.value.retry_after)
        assert len(pauses) == 5
        assert all(RETRY_SECONDS[0] <= pause <= RETRY_SECONDS[1] for pause in pauses)
    await asyncio.gather(*line)
    await hold(turns)


async def test_whoever_asks_for_much_waits_behind_themselves() -> None:
    turns, order = Turns(1, 100), list[int]()

    async def work(user_id: int) -> None:
        async with turns.take(user_id):
            order.append(user_id)
            await asyncio.sleep(0)

    asked = [ALICE] * 20 + [BOB, CAROL, BOB]
    await asyncio.gather(*(work(user_id) for user_id in asked))
    assert order[:7] == [ALICE, ALICE, BOB, CAROL, ALICE, BOB, ALICE]
    assert sorted(order) == sorted(asked)


async def test_a_turn_given_to_who_has_just_gone_is_passed_on() -> None:
    turns = Turns(1, 2)
    async with turns.take(ALICE):
        gone, next_one = asyncio.create_task(hold(turns)), asyncio.create_task(hold(turns, BOB))
        await asyncio.sleep(0)
    gone.cancel()
    await asyncio.wait_for(next_one, 1)
    with pytest.raises(asyncio.CancelledError):
        await gone
    await asyncio.wait_for(hold(turns), 1)


async def test_who_fails_or_gives_up_gives_the_turn_back() -> None:
    turns = Turns(1, 2)
    with pytest.raises(ZeroDivisionError):
        async with turns.take(ALICE):
            raise ZeroDivisionError
    async with turns.take(ALICE):
        waiting = asyncio.create_task(hold(turns))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    await asyncio.wait_for(asyncio.gather(hold(turns), hold(turns)), 1)


async def hold(turns: Turns, user_id: int = ALICE) -> None:
    async with turns.take(user_id):
        await asyncio.sleep(0)
