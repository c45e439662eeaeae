"""A shipped `hearth serve` as a process of its own, on a free port, as people run it."""

import atexit
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile

ROOT = Path(__file__).parents[1]

START_SECONDS = 90.0
STOP_SECONDS = 20.0


class Fork:
    """A server forked off a process that has imported everything already; a Popen as far as it is used."""

    def __init__(self, arguments: Sequence[str], log: Path) -> None:
        self._forker = start_forker()
        self.pid = int(self._forker.tell({"arguments": list(arguments), "log": str(log)}))
        self._code: int | None = None

    def poll(self) -> int | None:
        if self._code is None:
            answer = json.loads(self._forker.tell(self.pid))
            self._code = None if answer is None else int(answer)
        return self._code

    def wait(self, timeout: float | None = None) -> int:
        begun = time.monotonic()
        while (code := self.poll()) is None:
            if timeout is not None and time.monotonic() - begun > timeout:
                raise subprocess.TimeoutExpired("hearth serve", timeout)
            time.sleep(0.01)
        return code

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


class Forker:
    """A process that forks servers. `environment` is theirs, besides this process's own."""

    def __init__(
        self,
        module: str = "tests.faults.rig.forker",
        *,
        options: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._output = TemporaryFile()
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *options],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._output,
            env=clean_environment() | dict(environment or {}),
            text=True,
        )

    def tell(self, order: object) -> str:
        """Return the answer to an order. Raises AssertionError with what a dead one printed."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        with suppress(BrokenPipeError):
            stdin.write(json.dumps(order) + "\n")
            stdin.flush()
        if answer := stdout.readline():
            return answer
        code = self._process.wait(STOP_SECONDS)
        self._output.seek(0)
        output = self._output.read().decode("utf-8", "replace")
        raise AssertionError(f"what forks the servers has ended with {code}:\n{output}")

    def end(self) -> None:
        self._process.communicate(timeout=STOP_SECONDS)
        self._output.close()


@cache
def start_forker() -> Forker:
    """Return what forks this process's servers. It ends with it."""
    forker = Forker(options=("--mourn",))
    atexit.register(forker.end)
    return forker


def clean_environment() -> dict[str, str]:
    """This process's variables without anybody's settings of a server."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HEARTH_")}
    return kept | {"PYTHONUTF8": "1"}


@dataclass
class Served:
    """A running server: where it answers, its process, and the file with all it printed."""

    url: str
    process: subprocess.Popen[bytes] | Fork
    log: Path
    start_seconds: float

    @property
    def output(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def stop(self) -> int:
        """End it as a supervisor would and return its exit code."""
        self.process.terminate()
        return self.process.wait(STOP_SECONDS)


@contextmanager
def serve(
    data: Path,
    *options: str,
    command: Sequence[str | Path] = (sys.executable, "-m", "hearth"),
    is_forked: bool = False,
) -> Iterator[Served]:
    """Start a server and wait until it says where it answers. Raises AssertionError with its output.

    `is_forked`: instead of by `command`, which spends a second of the processor on imports; for tests that
    are not about how it starts.
    """
    log = data.parent / f"{data.name}.log"
    begun = time.monotonic()
    arguments = ["serve", "--port", "0", "--data", str(data), *options]
    log.touch()
    process = Fork(arguments, log) if is_forked else launch([*command, *arguments], log)
    try:
        url = wait_for_address(log, process, begun + START_SECONDS)
        yield Served(url, process, log, time.monotonic() - begun)
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def launch(command: Sequence[str | Path], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(command, stdout=output, stderr=output, env=clean_environment())


def wait_for_address(log: Path, process: subprocess.Popen[bytes] | Fork, deadline: float) -> str:
    """Return the address that a starting server prints last."""
    seen = len(re.findall(r"^Hearth has stopped", log.read_text(encoding="utf-8"), re.MULTILINE))
    while time.monotonic() < deadline and process.poll() is None:
        found = re.findall(r"(?:On this machine|Public address):\s+(\S+)", log.read_text(encoding="utf-8"))
        if len(found) > seen:
            return str(found[-1])
        time.sleep(0.02)
    raise AssertionError(f"the server did not start:\n{log.read_text(encoding='utf-8')}")
