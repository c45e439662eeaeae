"""F04 to F07: what the disk promises, fails to do, or has no room for; logs that cannot be written."""

import asyncio
import fcntl
import os
import resource
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import hearth.db.sqlite as sqlite
from tests.faults.rig.pair import Pair, open_pair
from tests.faults.rig.raw import RawSocket
from tests.faults.rig.stored import KIND_MESSAGE
from tests.faults.rig.strace import find_events, trace
from tests.faults.rig.victim import Victim, run_victim
from tests.unavailable import give_up

pytestmark = [pytest.mark.slow, pytest.mark.sqlite]
VOLUME = "16m"
RECOVERY_SECONDS = 10.0
NO_LIMIT = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


def check_file(path: Path) -> None:
    """SQLite itself finds nothing wrong with the file."""
    connection = sqlite.LIBRARY.connect(str(path))
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    finally:
        connection.close()


async def test_f04_every_answer_follows_a_flush_to_the_disk(pair: Pair, tmp_path: Path) -> None:
    """The order of the server's own system calls: no ack of a send before an fsync of its transaction."""
    raw = await pair.open()
    output = tmp_path / "trace"
    count = 20
    async with trace(pair.victim, output, "-e", "trace=fsync,fdatasync,write,writev,sendto,sendmsg"):
        for number in range(count):
            assert "ok" in await raw.call("message.send", await pair.make_send(f"message {number}"))
    raw.cut()
    events = find_events(output)
    assert events.count("ack") == count, output.read_text(errors="replace")[-3000:]
    for position, event in enumerate(events):
        if event == "ack":
            since = events[:position][::-1]
            before = since[: since.index("ack")] if "ack" in since else since
            assert "sync" in before, f"ack {events[: position + 1].count('ack')} was sent without a flush"


async def test_f05_nothing_is_acked_after_a_failed_flush(pair: Pair, tmp_path: Path) -> None:
    """fsync says EIO: sends fail, reads go on; when the disk is well again, the same sends succeed once."""
    raw = await pair.open()
    assert "ok" in await raw.call("message.send", await pair.make_send("before"))
    sends = [await pair.make_send(f"message {number}") for number in range(15)]
    flushes = ("-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:error=EIO")
    async with trace(pair.victim, tmp_path / "trace", *flushes):
        for fields in sends:
            await check_refused(raw, fields)
        await check_reads(pair, raw, messages=1)
    assert "EIO" in (tmp_path / "trace").read_text(), "no flush failed: the run proves nothing"
    await check_recovery(pair, raw, sends)
    await pair.victim.kill()
    check_file(pair.victim.data / "hearth.db")


async def check_refused(raw: RawSocket, fields: dict[str, Any]) -> None:
    """A send is refused as one that may be tried again, within five seconds."""
    begun = time.monotonic()
    answer = await raw.call("message.send", fields)
    assert answer.get("error", {}).get("code") == "storage_unavailable", answer
    assert answer["error"]["status"] in (503, 507) and answer["error"]["retry_after"] > 0
    assert time.monotonic() - begun <= 5


async def check_reads(pair: Pair, raw: RawSocket, *, messages: int) -> None:
    page = await raw.call("message.history", pair.make_read())
    assert sum(entry["kind"] == KIND_MESSAGE for entry in page["ok"]["entries"]) == messages
    assert "ok" in await raw.call("sync.open", {})
    another = await pair.open()  # who comes now can read as well
    assert "ok" in await another.call("device.list", {})
    another.cut()
    async with pair.open_http() as http:
        assert (await http.post("/api/message.history", json=pair.make_read())).status_code == 200


async def check_recovery(pair: Pair, raw: RawSocket, sends: list[dict[str, Any]]) -> None:
    """The same server, without a restart, takes what it refused, each once."""
    pid, deadline = pair.victim.pid, time.monotonic() + RECOVERY_SECONDS
    while "error" in await raw.call("message.send", sends[0]):
        assert time.monotonic() < deadline, "it does not recover"
        await asyncio.sleep(0.2)
    for fields in sends:
        assert "ok" in await raw.call("message.send", fields)
    raw.cut()
    rows = await pair.rows()
    assert [ordinal for _, ordinal in rows] == list(range(1, len(rows) + 1))
    assert sorted(row[0] for row in rows[-len(sends) :]) == sorted(fields["client_id"] for fields in sends)
    assert pair.victim.is_running and pair.victim.pid == pid


@contextmanager
def mounted(folder: Path) -> Iterator[Path]:
    """A small volume in memory. Needs root: the variant with a limit does without."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        give_up("mounting needs root; the variant 'limit' covers it")
    folder.mkdir()
    options = ["mount", "-t", "tmpfs", "-o", f"size={VOLUME}", "hearth-test", str(folder)]
    done = subprocess.run(options, capture_output=True, check=False)
    if done.returncode:
        give_up(f"cannot mount: {done.stderr.decode().strip()}; the variant 'limit' covers it")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


class FullVolume:
    """Fills a volume to the last byte with a file of its own."""

    def __init__(self, folder: Path) -> None:
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        with self._ballast.open("wb", buffering=0) as file:
            for size in (65536, 4096, 1):
                while self._write(file, size):
                    pass

    def clear(self) -> None:
        self._ballast.unlink()

    def _write(self, file: Any, size: int) -> bool:
        try:
            return bool(file.write(bytes(size)))
        except OSError:
            return False


class SizeLimit:
    """Lets the process write no file beyond its first byte: database, journal and log alike."""

    def __init__(self, pid: int) -> None:
        self._pid = pid

    def fill(self) -> None:
        resource.prlimit(self._pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))

    def clear(self) -> None:
        resource.prlimit(self._pid, resource.RLIMIT_FSIZE, NO_LIMIT)


@pytest.fixture(params=["volume", "limit"])
async def shortage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Any]:
    """A pair on a server whose disk can be made full, and what makes it so."""
    with mounted(tmp_path / "volume") if request.param == "volume" else no_volume(tmp_path) as folder:
        async with run_victim(folder / "data") as victim, open_pair(victim, tmp_path) as pair:
            place: Any = FullVolume(folder) if request.param == "volume" else SizeLimit(victim.pid)
            yield pair, place


@contextmanager
def no_volume(folder: Path) -> Iterator[Path]:
    yield folder


async def test_f06_a_full_disk_stops_sends_and_nothing_else(
    shortage: tuple[Pair, FullVolume | SizeLimit],
) -> None:
    pair, place = shortage
    raw = await pair.open()
    assert "ok" in await raw.call("message.send", await pair.make_send("before"))
    sends = [await pair.make_send("x" * 10_000) for _ in range(10)]
    place.fill()
    refused = 0
    for fields in sends * 3:  # what a log still has room for may be taken
        refused += "error" in await raw.call("message.send", fields)
    assert refused >= len(sends)
    stored = len(await pair.rows())
    for fields in sends[-3:]:
        await check_refused(raw, fields)
    await check_reads(pair, raw, messages=stored)
    place.clear()
    await check_recovery(pair, raw, sends)
    await pair.victim.kill()
    check_file(pair.victim.data / "hearth.db")


@pytest.mark.parametrize("kind", ["pipe", "full"])
async def test_f07_a_blocked_or_full_log_stops_nobody(kind: str, tmp_path: Path) -> None:
    """Standard error is a pipe nobody reads, or a full disk: the server loses lines, not messages."""
    async with open_blocked(kind, tmp_path) as victim, open_pair(victim, tmp_path) as pair:
        raw = await pair.open()
        limit = SizeLimit(victim.pid)
        limit.fill()  # each refused send is worth a line in the log
        for number in range(80):
            async with asyncio.timeout(10):
                assert "error" in await raw.call("message.send", await pair.make_send(f"refused {number}"))
        limit.clear()
        async with asyncio.timeout(10):
            await check_recovery(pair, raw, [await pair.make_send("after")])
        begun = time.monotonic()
        await victim.stop()
        assert time.monotonic() - begun < 15, "it hangs at its end"


class open_blocked:  # noqa: N801 - used as a function
    """A server whose standard error cannot be written to."""

    def __init__(self, kind: str, folder: Path) -> None:
        if kind == "pipe":
            self._ends = list(os.pipe())
            fcntl.fcntl(self._ends[1], fcntl.F_SETPIPE_SZ, 4096)
        else:
            self._ends = [os.open("/dev/full", os.O_WRONLY)]
        self._running = run_victim(folder / "data", stderr=self._ends[-1])

    async def __aenter__(self) -> Victim:
        return await self._running.__aenter__()

    async def __aexit__(self, *error: Any) -> None:
        await self._running.__aexit__(*error)
        for end in self._ends:
            os.close(end)
