"""The outbox seals what is next in line once, keeps those bytes, and seals again only when it has to."""

import pytest

from hearth.client import outbox as outbox_module
from hearth.client.device_file import DeviceFile, OutboxRow
from hearth.client.outbox import MOST_SEALINGS, Outbox
from hearth.client.problems import Disconnected, NoKeys, Problem, Refused
from hearth.errors import Busy
from tests.client.entries import ID
from tests.client.test_outbox import Alone, Server, file, no_pauses

__all__ = ["file", "no_pauses"]


class Epochs:
    """Seals under an epoch that moves on when it is looked at again."""

    def __init__(self, refusal: Exception | None = None) -> None:
        self.epoch, self.sealed, self.refusal = 1, 0, refusal

    async def seal(self, row: OutboxRow) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.sealed += 1
        row.sealed, row.epoch = f"sealed {self.sealed}".encode(), self.epoch

    async def look_again(self, key: str) -> None:
        assert key == ID
        self.epoch += 1


def refuse(code: str) -> Refused:
    return Refused(Problem(code=code, status=409))


def open_outbox(file: DeviceFile, server: Server, epochs: Epochs) -> Outbox:
    async def wait() -> None:
        return None

    return Outbox(file, server, wait, epochs, Alone())


async def test_what_is_sealed_once_is_sent_again_as_it_is(file: DeviceFile) -> None:
    server, epochs = Server(), Epochs()
    server.faults = [Disconnected(), Busy(retry_after=0.0), None]
    outbox = open_outbox(file, server, epochs)
    await outbox.deliver(outbox.put(ID, b"plain"))
    assert [(sent.record, sent.epoch) for sent in server.seen] == [(b"sealed 1", 1)] * 3


async def test_after_a_restart_the_same_bytes_go_out(file: DeviceFile) -> None:
    epochs = Epochs()
    outbox = open_outbox(file, Server(), epochs)
    row = outbox.put(ID, b"plain")
    await outbox._seal(row)
    assert file.path is not None
    server = Server()
    again = open_outbox(DeviceFile.load(file.path), server, Epochs())
    await again.deliver_all()
    assert [(sent.record, sent.counter) for sent in server.seen] == [(b"sealed 1", 1)]


async def test_under_an_epoch_that_is_over_it_is_sealed_again_as_the_same_message(file: DeviceFile) -> None:
    server, epochs = Server(), Epochs()
    server.faults = [refuse("epoch_too_old")]
    outbox = open_outbox(file, server, epochs)
    row = outbox.put(ID, b"plain")
    await outbox.deliver(row)
    first, second = server.seen
    assert (first.client_id, first.counter) == (second.client_id, second.counter)
    assert (first.epoch, second.epoch) == (1, 2) and first.record != second.record


async def test_a_server_that_takes_no_epoch_is_not_asked_for_ever(file: DeviceFile) -> None:
    server, epochs = Server(), Epochs()
    server.faults = [refuse("epoch_too_old") for _ in range(MOST_SEALINGS)]
    outbox = open_outbox(file, server, epochs)
    with pytest.raises(Refused):
        await outbox.deliver(outbox.put(ID, b"plain"))
    assert epochs.sealed == MOST_SEALINGS and not outbox.rows


async def test_what_can_never_be_sealed_is_dropped_and_its_number_is_free(file: DeviceFile) -> None:
    server = Server()
    outbox = open_outbox(file, server, Epochs(NoKeys()))
    with pytest.raises(NoKeys):
        await outbox.deliver(outbox.put(ID, b"plain"))
    assert not server.seen and not outbox.rows
    outbox = open_outbox(file, server, Epochs())
    await outbox.deliver(outbox.put(ID, b"plain"))
    assert server.seen[0].counter == 1


async def test_no_other_conversation_waits_for_what_cannot_be_sealed_yet(
    file: DeviceFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Left over from an earlier run: one waits for somebody's keys, the other is sent."""
    import asyncio

    monkeypatch.setattr(outbox_module, "MIN_PAUSE", 0.0)
    other = "cc" * 16

    class Waits(Epochs):
        async def seal(self, row: OutboxRow) -> None:
            if row.conversation_id == ID:
                await asyncio.Event().wait()
            await super().seal(row)

    server = Server()
    outbox = open_outbox(file, server, Waits())
    outbox.put(ID, b"for who has no keys")
    outbox.put(other, b"for who has some")
    delivering = asyncio.create_task(outbox.deliver_all())
    async with asyncio.timeout(5):
        await server.asked.wait()
    assert [sent.conversation_id for sent in server.seen] == [other]
    delivering.cancel()
