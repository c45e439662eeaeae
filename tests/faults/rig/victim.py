"""The server that is hurt: a shipped `hearth serve` as a process of its own, on the same port and data.

Only processes started here are ever signalled.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.faults.rig.patience import wait_until
from tests.mariadb import find_free_port
from tests.served import Forker, clean_environment

ROOT = Path(__file__).resolve().parents[3]
START_SECONDS = 60.0
STOP_SECONDS = 20.0
OPTIONS = ("--insecure-test-kdf", "--limit-scale", "1000", "--registration", "open")


@dataclass(frozen=True, slots=True)
class Sample:
    """What the process holds: memory in bytes, open descriptors, threads."""

    rss: int
    descriptors: int
    threads: int


class Victim:
    """One server. `database` is its address, or None for SQLite in `data`.

    `is_forked`: started by a process that has imported everything already, for tests of many restarts.
    """

    def __init__(
        self,
        data: Path,
        *,
        database: str | None = None,
        environment: Mapping[str, str] | None = None,
        options: Sequence[str] = (),
        stderr: Any = None,
        is_forked: bool = False,
    ) -> None:
        self.data, self.database = data, database
        self.port = find_free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = data.parent / f"{data.name}.log"
        self.kills = 0
        self.pid = 0
        self.started_at = 0.0
        self._environment = dict(environment or {})
        self._options = options
        self._stderr = stderr
        self._forker = Forker(environment=self._environment) if is_forked else None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def database_url(self) -> str:
        return self.database or f"sqlite+aiosqlite:///{(self.data / 'hearth.db').as_posix()}"

    @property
    def is_running(self) -> bool:
        if self._process is not None:
            return self._process.poll() is None
        return self.pid != 0 and Path(f"/proc/{self.pid}").exists()

    @property
    def output(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""

    async def start(self) -> float:
        """Start it and return after how many seconds it answers. Raises AssertionError with its output."""
        begun = time.monotonic()
        await asyncio.to_thread(self._launch)
        while not await self._answers():
            if not self.is_running or time.monotonic() - begun > START_SECONDS:
                raise AssertionError(f"the server did not start:\n{self.output[-4000:]}")
            await asyncio.sleep(0.02)
        self.started_at = time.monotonic()
        return self.started_at - begun

    async def kill(self) -> None:
        """kill -9."""
        self.kills += 1
        self.signal(signal.SIGKILL)
        await self.wait_for_end()

    async def stop(self) -> None:
        """End it as a supervisor would, by force if it does not go; and whoever forked it."""
        with contextlib.suppress(ProcessLookupError):
            self.signal(signal.SIGCONT)
            self.signal(signal.SIGTERM)
            await self.wait_for_end()
            if self.is_running:
                await self.kill()

    def close(self) -> None:
        """End whoever forks for it."""
        if self._forker is not None:
            self._forker.end()
            self._forker = None

    def signal(self, number: signal.Signals) -> None:
        """Raises ProcessLookupError when it is not running."""
        if not self.is_running:
            raise ProcessLookupError(self.pid)
        os.kill(self.pid, number)

    def sample(self) -> Sample:
        """Measure the process. Linux only."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        values = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
        return Sample(
            rss=int(values["VmRSS"].split()[0]) * 1024,
            descriptors=len(os.listdir(f"/proc/{self.pid}/fd")),
            threads=int(values["Threads"]),
        )

    def _launch(self) -> None:
        database = () if self.database is None else ("--database", self.database)
        arguments = [
            *("serve", "--port", str(self.port), "--data", str(self.data)),
            *(*OPTIONS, *database, *self._options),
        ]
        if self._forker is not None:
            self.pid = int(self._forker.tell({"arguments": arguments, "log": str(self.log)}))
            return
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "hearth", *arguments],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output if self._stderr is None else self._stderr,
                env=clean_environment() | self._environment,
            )
        self.pid = self._process.pid

    async def wait_for_end(self, seconds: float = STOP_SECONDS) -> None:
        """Wait until the process is gone, or until then."""
        with contextlib.suppress(TimeoutError):
            await wait_until(lambda: not self.is_running, seconds, every=0.005)

    async def _answers(self) -> bool:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        try:
            writer.write(b"GET /api/registration HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return b" 200 " in await asyncio.wait_for(reader.readline(), 10)
        except (OSError, TimeoutError):
            return False
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


@asynccontextmanager
async def run_victim(data: Path, **settings: Any) -> AsyncIterator[Victim]:
    """Start a server and end it afterwards, whatever was done to it."""
    victim = Victim(data, **settings)
    try:
        await victim.start()
        yield victim
    finally:
        await victim.stop()
        await asyncio.to_thread(victim.close)
