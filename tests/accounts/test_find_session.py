"""Looking sessions up: many at once share queries, nobody gets somebody else's, failures reach who asked."""

import asyncio

import pytest

from hearth.accounts.find_session import SessionFinder
from hearth.errors import StorageUnavailable
from tests.accounts.conftest import House


async def test_five_hundred_at_once_cost_a_handful_of_queries(house: House) -> None:
    tokens = [(await house.registers(f"user{number}")).token or "" for number in range(12)]
    finder = SessionFinder(house.services.database, house.clock)
    house.clear()

    found = await asyncio.gather(*(finder.find(tokens[number % 12]) for number in range(500)))

    ids = [actor.user_id for actor in found if actor is not None]
    assert len(ids) == 500 and len(set(ids)) == 12
    assert all(ids[number] == ids[number % 12] for number in range(500))
    assert house.queries <= 3


async def test_unknown_tokens_lead_nowhere_beside_known_ones(house: House) -> None:
    token = (await house.registers("alice")).token or ""
    finder = SessionFinder(house.services.database, house.clock)
    known, unknown, empty, long = await asyncio.gather(
        finder.find(token), finder.find(token[:-1] + "x"), finder.find(""), finder.find("x" * 10_000)
    )
    assert known is not None and (unknown, empty, long) == (None, None, None)


async def test_a_database_that_is_away_is_said_to_all_who_wait_and_tried_anew(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = (await house.registers("alice")).token or ""
    finder = SessionFinder(house.services.database, house.clock)

    def fail(mode: str) -> None:
        raise StorageUnavailable

    with monkeypatch.context() as broken:
        broken.setattr(house.services.database, "transaction", fail)
        answers = await asyncio.gather(*(finder.find(token) for _ in range(5)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [StorageUnavailable] * 5
    assert await finder.find(token) is not None


async def test_one_who_gives_up_waiting_takes_nothing_from_the_others(house: House) -> None:
    token = (await house.registers("alice")).token or ""
    finder = SessionFinder(house.services.database, house.clock)
    impatient = asyncio.create_task(finder.find(token))
    patient = asyncio.create_task(finder.find(token))
    await asyncio.sleep(0)
    impatient.cancel()
    assert await patient is not None
