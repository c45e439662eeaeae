"""What many tests begin with: alike for all of them, and nobody meets what another did with theirs."""

from pathlib import Path

from hearth.epochs.tables import EPOCH
from tests.messages.talk import Talk, make_pair
from tests.prepared import prepare, read_rows
from tests.stage import Stage, open_stage


async def act(talk: Talk) -> None:
    await talk.room.run(talk.alice, talk.room.create(talk.alice))
    await talk.alice.adds()


async def test_each_gets_a_copy_of_its_own(stage: Stage, empty_database_url: str, tmp_path: Path) -> None:
    first = await prepare(stage, make_pair)
    before, moment = await read_rows(stage.services), stage.clock.now()
    await act(first)
    assert EPOCH in await read_rows(stage.services)
    async with open_stage(empty_database_url, tmp_path / "other") as other:
        second = await prepare(other, make_pair)
        assert await read_rows(other.services) == before
        assert other.clock.now() == moment
        assert second.alice.stage is second.stage is other
        assert (first.room.n, second.room.n) == (1, 0)
        assert (len(first.alice.devices), len(second.alice.devices)) == (2, 1)


async def test_whether_made_or_copied_the_server_has_just_started(stage: Stage) -> None:
    talk = await prepare(stage, make_pair)
    assert talk.stage is stage
    assert stage.queries == 0 and not stage.published and not stage.bus.sent
    await act(talk)
    assert stage.queries > 0 and stage.published
