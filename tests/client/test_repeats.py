"""What may repeat a counter is looked at until the server answers: a refusal that passes drops nothing."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from hearth.client.conversations import repeats as repeats_module
from hearth.client.conversations.repeats import Repeats
from hearth.client.device_file import DeviceFile
from hearth.client.events import DeviceCopied
from hearth.client.outbox import Outbox
from hearth.client.problems import Problem, to_error
from hearth.errors import HearthError
from hearth.messages.contract import Entry, Page, ReadHistory, SendMessage, Sent
from tests.client.entries import ID, MOMENT, make_entries
from tests.client.test_outbox import Epoch, file

__all__ = ["file"]


def refuse(code: str, *, status: int = 400, retry_after: float | None = None) -> HearthError:
    return to_error(Problem(code=code, status=status, retry_after=retry_after))


class Server:
    """Has one entry by another copy of this device, with counter 1; `faults` come before answers."""

    def __init__(self) -> None:
        self.log: list[Entry] = make_entries(1)
        self.sent: list[SendMessage] = []
        self.faults: list[HearthError] = []

    async def send(self, command: SendMessage) -> Sent:
        self.sent.append(command)
        answer = Sent(seq=len(self.log) + 1, ordinal=1, log_hash=b"h" * 32, timestamp=MOMENT)
        copied = {"seq": answer.seq, "client_id": command.client_id, "counter": command.counter}
        self.log.append(msgspec.structs.replace(self.log[0], **copied))
        return answer

    async def read(self, command: ReadHistory, _result: object) -> Page:
        if self.faults:
            raise self.faults.pop(0)
        is_before = command.direction == "before"
        found = [
            entry for entry in self.log if (entry.seq < command.seq) == is_before and entry.seq != command.seq
        ]
        return cast(Page, SimpleNamespace(entries=found[: command.limit]))


class Keeper:
    """Keys that are refused for a while (`faults`); `waited` are the seconds waited without them."""

    def __init__(self) -> None:
        self.lock, self.waited = asyncio.Lock(), list[float]()
        self.faults: list[HearthError] = []

    @contextlib.asynccontextmanager
    async def hold(self) -> AsyncIterator[None]:
        async with self.lock:
            if self.faults:
                raise self.faults.pop(0)
            yield

    async def wait_for_news(self, seconds: float) -> None:
        assert not self.lock.locked()
        self.waited.append(seconds)


@pytest.fixture(autouse=True)
def judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every entry passes."""

    async def open_page(_room: object, _key: str, page: Page) -> dict[int, Any]:
        return {entry.seq: SimpleNamespace(is_signed=True, verdict=None) for entry in page.entries}

    monkeypatch.setattr(repeats_module, "open_page", open_page)


async def deliver(file: DeviceFile, server: Server, keeper: Keeper) -> Outbox:
    async def wait() -> None:
        return None

    replica = SimpleNamespace(devices={}, conversations={})
    told = list[DeviceCopied]()
    repeats = Repeats(file, cast(Any, replica), cast(Any, keeper), server.read, told.append)
    outbox = Outbox(file, server.send, wait, Epoch(), repeats)
    async with asyncio.timeout(5):
        await outbox.deliver(outbox.put(ID, b"original"))
    assert outbox.rows == () and told == [DeviceCopied(conversation_id=ID)] * (len(server.sent) - 1)
    return outbox


@pytest.mark.parametrize(
    "refusal",
    [
        refuse("too_many_requests", retry_after=3600.0),
        refuse("busy"),
        refuse("internal"),
        refuse("generation_moved", status=409),
        refuse("error", status=502),
    ],
    ids=lambda refusal: refusal.code,
)
async def test_what_the_keys_are_refused_for_a_while_is_looked_at_again(
    file: DeviceFile, refusal: HearthError
) -> None:
    server, keeper = Server(), Keeper()
    keeper.faults = [refusal, refusal]
    await deliver(file, server, keeper)
    assert [(sent.record, sent.counter) for sent in server.sent] == [(b"original", 1), (b"original", 2)]
    assert server.sent[0].client_id != server.sent[1].client_id
    first, second = keeper.waited
    assert (first, second) == ((3600.0, 3600.0) if refusal.retry_after else (0.5, 1.0))


async def test_a_log_that_cannot_be_read_for_a_while_is_looked_at_again(file: DeviceFile) -> None:
    server, keeper = Server(), Keeper()
    server.faults = [refuse("internal")]
    await deliver(file, server, keeper)
    assert [sent.counter for sent in server.sent] == [1, 2] and keeper.waited == [0.5]


@pytest.mark.parametrize("code", ["not_found", "not_signed_in", "invalid_input"])
async def test_what_nobody_may_read_any_more_is_left_as_it_was_stored(file: DeviceFile, code: str) -> None:
    server, keeper = Server(), Keeper()
    server.faults = [refuse(code)]
    await deliver(file, server, keeper)
    assert [sent.counter for sent in server.sent] == [1] and keeper.waited == []
