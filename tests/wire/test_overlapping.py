"""What keeps its order by itself does not wait for its own kind; everything else waits, on both sides."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from hearth.wire.connection import MAX_OVERLAPPING
from hearth.wire.edge import Answer, Event, Pending, Socket
from tests.wire.edge_stage import Client, Recorder, client, stage, until

BOTH_LOOPS = True


class Log(Recorder):
    """`append` is pending until `commit`; `read` runs in a task and tells how many appends are committed."""

    def __init__(self) -> None:
        super().__init__()
        self.pending: list[asyncio.Future[int]] = []
        self.begun: list[str] = []
        self.committed = 0

    def overlaps(self, packet: Event) -> bool:
        return packet.payload.startswith(b'["append"')

    def event(self, socket: Socket, packet: Event) -> Pending | Coroutine[Any, Any, Answer]:  # type: ignore[override]
        if not self.overlaps(packet):
            self.begun.append("read")
            return self.read()
        self.begun.append("append")
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.pending.append(future)
        return Pending(future, lambda: b"[%d]" % future.result())

    async def read(self) -> bytes:
        await asyncio.sleep(0)
        return b"[%d]" % self.committed

    def commit(self) -> None:
        """One batch: everything that is pending, in order."""
        batch, self.pending = self.pending, []
        for future in batch:
            self.committed += 1
            future.set_result(self.committed)


def say(socket: Client, *names: str) -> None:
    socket.raw(b"".join(socket.frame(1, f'42{n}["{name}"]'.encode()) for n, name in enumerate(names, 1)))


async def test_appends_of_one_connection_share_a_batch_and_are_answered_in_order() -> None:
    log = Log()
    async with stage(log) as (port, _, _), client(port) as socket:
        await socket.connect()
        say(socket, *["append"] * 5)
        await until(lambda: len(log.pending) == 5)
        log.commit()
        assert [await socket.receive() for _ in range(5)] == [f"43{n}[{n}]" for n in range(1, 6)]


async def test_what_comes_between_waits_and_is_waited_for() -> None:
    log = Log()
    async with stage(log) as (port, _, _), client(port) as socket:
        await socket.connect()
        say(socket, "append", "append", "read", "append")
        await until(lambda: len(log.pending) == 2)
        await asyncio.sleep(0.05)
        assert log.begun == ["append", "append"], "the read waits, and the append behind it too"
        log.commit()
        assert [await socket.receive() for _ in range(3)] == ["431[1]", "432[2]", "433[2]"]
        await until(lambda: len(log.pending) == 1)
        log.commit()
        assert await socket.receive() == "434[3]"


async def test_only_so_many_are_under_way_together() -> None:
    log = Log()
    async with stage(log) as (port, _, _), client(port) as socket:
        await socket.connect()
        say(socket, *["append"] * (MAX_OVERLAPPING + 3))
        await until(lambda: len(log.pending) == MAX_OVERLAPPING)
        await asyncio.sleep(0.05)
        assert len(log.pending) == MAX_OVERLAPPING
        log.commit()
        await until(lambda: len(log.pending) == 3)
        log.commit()
        answers = [await socket.receive() for _ in range(MAX_OVERLAPPING + 3)]
        assert answers == [f"43{n}[{n}]" for n in range(1, MAX_OVERLAPPING + 4)]


async def test_what_is_given_up_leaves_nobody_waiting() -> None:
    """As when the server stops: the future is cancelled, and the next command goes on."""
    log = Log()
    async with stage(log) as (port, _, _), client(port) as socket:
        await socket.connect()
        say(socket, "append", "read")
        await until(lambda: len(log.pending) == 1)
        log.pending[0].cancel()
        assert await socket.receive() == "432[0]"
