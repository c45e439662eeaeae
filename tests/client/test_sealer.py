"""What the server takes only later is waited for without the keys, which everything else needs."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from hearth.client.conversations import sealer as sealer_module
from hearth.client.conversations.sealer import Sealer
from hearth.client.device_file import OutboxRow
from hearth.client.keys.asking import Asker
from hearth.client.problems import Problem, to_error
from hearth.errors import HearthError, TooManyRequests
from hearth.sync.contract import HeadsPage, ReadHeads
from tests.client.entries import ID


def too_many(seconds: float) -> HearthError:
    return to_error(Problem(code="too_many_requests", retry_after=seconds))


class Http:
    def __init__(self, *answers: HearthError | str) -> None:
        self.answers = list(answers)

    async def call(self, *_: object) -> str:
        answer = self.answers.pop(0)
        if isinstance(answer, str):
            return answer
        raise answer


async def test_a_short_wait_is_waited_out_and_a_long_one_is_told() -> None:
    asker = Asker(cast(Any, Http(too_many(0.01), "after a while")))
    assert await asker(ReadHeads(after=None), HeadsPage) == "after a while"
    asker = Asker(cast(Any, Http(too_many(3600.0), "never asked")))
    with pytest.raises(TooManyRequests):
        async with asyncio.timeout(5):
            await asker(ReadHeads(after=None), HeadsPage)


class Keeper:
    """Keys that one act at a time may have; `waited` are the seconds that were waited without them."""

    def __init__(self) -> None:
        self.lock, self.waited = asyncio.Lock(), list[float]()

    @contextlib.asynccontextmanager
    async def hold(self) -> AsyncIterator[Any]:
        async with self.lock:
            yield SimpleNamespace(open=lambda key: key)

    def at_hand(self) -> None:
        return None

    async def wait_for_news(self, seconds: float) -> None:
        assert not self.lock.locked()
        self.waited.append(seconds)


async def test_a_message_whose_epoch_is_over_budget_waits_and_is_not_dropped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keeper, row = Keeper(), OutboxRow("c" * 32, ID, b"text", 1)
    faults: list[HearthError | None] = [too_many(3600.0), None, too_many(1800.0), None]

    async def make_ready(*_: object) -> None:
        if (fault := faults.pop(0)) is not None:
            raise fault

    def seal(_room: object, _live: object, sealed: OutboxRow) -> None:
        sealed.sealed = b"sealed"

    monkeypatch.setattr(sealer_module, "make_ready", make_ready)
    monkeypatch.setattr(sealer_module, "look_for_leaves", make_ready)
    monkeypatch.setattr(sealer_module, "_seal", seal)
    replica = SimpleNamespace(conversations={ID: SimpleNamespace(last_seq=1, conversation=None)})
    sealer = Sealer(cast(Any, keeper), cast(Any, replica))
    await sealer.seal(row)
    assert row.sealed == b"sealed"
    await sealer.look_again(ID)
    assert keeper.waited == [3600.0, 1800.0] and faults == []
