"""A shipped `hearth serve` as a process of its own, on a free port, as people run it."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

START_SECONDS = 90.0
STOP_SECONDS = 20.0


@dataclass
class Served:
    """A running server: where it answers, its process, and the file with all it printed."""

    url: str
    process: subprocess.Popen[bytes]
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
    data: Path, *options: str, command: Sequence[str | Path] = (sys.executable, "-m", "hearth")
) -> Iterator[Served]:
    """Start a server and wait until it says where it answers. Raises AssertionError with its output."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HEARTH_")}
    log = data.parent / f"{data.name}.log"
    begun = time.monotonic()
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*command, "serve", "--port", "0", "--data", str(data), *options],
            stdout=output,
            stderr=output,
            env=environment | {"PYTHONUTF8": "1"},
        )
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


def wait_for_address(log: Path, process: subprocess.Popen[bytes], deadline: float) -> str:
    """Return the address that a starting server prints last."""
    seen = len(re.findall(r"^Hearth has stopped", log.read_text(encoding="utf-8"), re.MULTILINE))
    while time.monotonic() < deadline and process.poll() is None:
        found = re.findall(r"(?:On this machine|Public address):\s+(\S+)", log.read_text(encoding="utf-8"))
        if len(found) > seen:
            return str(found[-1])
        time.sleep(0.02)
    raise AssertionError(f"the server did not start:\n{log.read_text(encoding='utf-8')}")
