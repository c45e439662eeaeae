"""The outbox sends the same bytes until it is answered, in order, with dense counters, over restarts."""

import asyncio
from pathlib import Path

import pytest

from hearth.client import outbox as outbox_module
from hearth.client.device_file import DeviceFile, DeviceState, OutboxRow
from hearth.client.outbox import Outbox, OutboxFull
from hearth.client.problems import Disconnected, Problem, to_error
from hearth.errors import Busy, HearthError, NotFound
from hearth.messages.contract import SendMessage, Sent
from tests.client.entries import ID, MOMENT


class Server:
    """Answers sends like the real one: a known client_id gets its first answer."""

    def __init__(self) -> None:
        self.seen: list[SendMessage] = []
        self.stored: dict[str, Sent] = {}
        self.faults: list[Exception | None] = []
        self.asked = asyncio.Event()

    async def __call__(self, command: SendMessage) -> Sent:
        self.seen.append(command)
        self.asked.set()
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None and not isinstance(fault, Disconnected):
            raise fault
        seq = len(self.stored) + 1
        answer = Sent(seq=seq, ordinal=seq, log_hash=b"h" * 32, timestamp=MOMENT)
        answer = self.stored.setdefault(command.client_id, answer)
        if fault is not None:  # it was stored, but the answer was lost
            raise fault
        return answer


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "MIN_PAUSE", 0.0)


@pytest.fixture
def file(tmp_path: Path) -> DeviceFile:
    state = DeviceState(url="http://localhost", username="a", user_id=1, device_id="d0" * 16, token="t")
    return DeviceFile(state, tmp_path / "device.json")


class Epoch:
    """Seals nothing: tests find again what was written."""

    async def seal(self, row: OutboxRow) -> None:
        row.sealed, row.epoch = row.record, 1

    async def look_again(self, key: str) -> None:
        raise AssertionError("the epoch is not over")


class Alone:
    """There is no other copy of this device."""

    async def find_used(self, row: OutboxRow, sent: Sent) -> int:
        return 0


def open_outbox(file: DeviceFile, server: Server) -> Outbox:
    async def wait() -> None:
        await asyncio.sleep(0)

    return Outbox(file, server, wait, Epoch(), Alone())


async def test_a_lost_answer_is_asked_for_with_the_same_bytes(file: DeviceFile) -> None:
    server = Server()
    server.faults = [Disconnected(), Busy(retry_after=0.0), None]
    outbox = open_outbox(file, server)
    sent = await outbox.deliver(outbox.put(ID, b"one"))
    assert sent.seq == 1
    assert len(server.seen) == 3
    assert server.seen[0] == server.seen[1] == server.seen[2]
    assert outbox.rows == ()


@pytest.mark.parametrize("code", ["internal", "a_new_one"])
async def test_a_fault_of_the_server_drops_nothing(file: DeviceFile, code: str) -> None:
    server = Server()
    server.faults = [to_error(Problem(code=code, status=503)), None]
    outbox = open_outbox(file, server)
    assert (await outbox.deliver(outbox.put(ID, b"one"))).seq == 1
    assert server.seen[0] == server.seen[1]


async def test_a_restart_sends_what_was_left_first_and_in_order(file: DeviceFile) -> None:
    outbox = open_outbox(file, Server())
    for record in (b"one", b"two", b"three"):
        outbox.put(ID, record)
    assert file.path is not None
    server = Server()
    restarted = open_outbox(DeviceFile.load(file.path), server)
    await restarted.deliver_all()
    assert [command.record for command in server.seen] == [b"one", b"two", b"three"]
    assert [command.counter for command in server.seen] == [1, 2, 3]
    assert DeviceFile.load(file.path).state.outbox == []


async def test_a_restart_after_a_lost_answer_repeats_the_row_as_it_was(file: DeviceFile) -> None:
    server = Server()
    server.faults = [Disconnected(), NotFound()]
    outbox = open_outbox(file, server)
    row = outbox.put(ID, b"one")
    task = asyncio.create_task(outbox.deliver(row))
    await server.asked.wait()
    task.cancel()
    assert file.path is not None
    server.faults = []
    await open_outbox(DeviceFile.load(file.path), server).deliver_all()
    assert server.seen[-1] == server.seen[0]
    assert len(server.stored) == 1


async def test_concurrent_sends_keep_their_order(file: DeviceFile) -> None:
    server = Server()
    outbox = open_outbox(file, server)
    rows = [outbox.put(ID, bytes([65 + number])) for number in range(20)]
    await asyncio.gather(*(outbox.deliver(row) for row in rows))
    assert [command.counter for command in server.seen] == list(range(1, 21))
    assert [command.record for command in server.seen] == [row.record for row in rows]


async def test_a_refused_message_leaves_no_hole_in_the_counters(file: DeviceFile) -> None:
    server = Server()
    server.faults = [NotFound()]
    outbox = open_outbox(file, server)
    refused, kept = outbox.put(ID, b"refused"), outbox.put(ID, b"kept")
    with pytest.raises(HearthError):
        await outbox.deliver(refused)
    await outbox.deliver(kept)
    assert [(command.record, command.counter) for command in server.seen] == [(b"refused", 1), (b"kept", 1)]


async def test_what_may_have_left_goes_before_anything_new_of_its_conversation(file: DeviceFile) -> None:
    """After a restart a new message may be quicker than the leftovers; it must not take their number."""
    server = Server()
    server.faults = [Disconnected()]
    outbox = open_outbox(file, server)
    task = asyncio.create_task(outbox.deliver(outbox.put(ID, b"in doubt")))
    await server.asked.wait()
    task.cancel()
    assert file.path is not None
    restarted = open_outbox(DeviceFile.load(file.path), server)
    await restarted.deliver(restarted.put(ID, b"new"))
    await restarted.deliver_all()
    assert [(command.record, command.counter) for command in server.seen] == [
        (b"in doubt", 1),
        (b"in doubt", 1),
        (b"new", 2),
    ]
    assert restarted.rows == ()


async def test_the_same_client_id_is_sent_once_even_after_a_restart(file: DeviceFile) -> None:
    server = Server()
    outbox = open_outbox(file, server)
    first = await outbox.deliver(outbox.put(ID, b"echo", client_id="ee" * 16))
    assert file.path is not None
    restarted = open_outbox(DeviceFile.load(file.path), server)
    again = await restarted.deliver(restarted.put(ID, b"echo", client_id="ee" * 16))
    assert (again, len(server.seen)) == (first, 1)


async def test_a_full_outbox_says_so(file: DeviceFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "MAX_ROWS", 2)
    outbox = open_outbox(file, Server())
    outbox.put(ID, b"one")
    outbox.put(ID, b"two")
    with pytest.raises(OutboxFull):
        outbox.put(ID, b"three")


async def test_an_empty_client_id_is_none(file: DeviceFile) -> None:
    outbox = open_outbox(file, Server())
    rows = [outbox.put(ID, record, client_id="") for record in (b"one", b"two")]
    assert [row.record for row in rows] == [b"one", b"two"] and len(outbox.rows) == 2
    assert len({row.client_id for row in rows} - {""}) == 2
