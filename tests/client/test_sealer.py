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
from hearth.client.keys.keeper import Keeper as RealKeeper
from hearth.client.problems import Problem, to_error
from hearth.errors import HearthError, Internal, TooManyRequests
from hearth.sealed.core.verdicts import Rejected, Verdict
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


async def test_a_fault_of_the_server_drops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    keeper, row = Keeper(), OutboxRow("c" * 32, ID, b"text", 1)
    faults: list[HearthError] = [Internal(), Internal()]

    async def make_ready(*_: object) -> None:
        if faults:
            raise faults.pop()

    def seal(_room: object, _live: object, sealed: OutboxRow) -> None:
        sealed.sealed = b"sealed"

    monkeypatch.setattr(sealer_module, "make_ready", make_ready)
    monkeypatch.setattr(sealer_module, "_seal", seal)
    replica = SimpleNamespace(conversations={ID: SimpleNamespace(last_seq=1, conversation=None)})
    await Sealer(cast(Any, keeper), cast(Any, replica)).seal(row)
    assert row.sealed == b"sealed" and keeper.waited == [0.5, 1.0]


async def test_after_a_restore_nothing_is_sent_or_dropped_before_the_keys_were_looked_at() -> None:
    """What the server shows of one's own chain may be what cannot be, until it shows something else."""
    faults: list[Exception] = [Internal(), Rejected(Verdict.ROLLBACK, "one's own chain is not taken back")]
    keeper = Keeper()
    held = keeper.hold
    restored = SimpleNamespace(is_due=True)

    @contextlib.asynccontextmanager
    async def hold() -> AsyncIterator[Any]:
        if faults:
            raise faults.pop()
        async with held() as room:
            restored.is_due = False
            yield room

    both = SimpleNamespace(_restored=restored, hold=hold, wait_for_news=keeper.wait_for_news)
    await RealKeeper.settle(cast(Any, both))
    assert keeper.waited == [1.0, 2.0] and not restored.is_due
