"""Starting the servers that are compared, each as a process pinned to the first core."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
SERVER_CORE, LOAD_CORE = "0", "1"


@dataclass(frozen=True)
class Running:
    """A server that answers; `started_in` is seconds from spawn to the first answer."""

    port: int
    pid: int
    started_in: float

    @property
    def memory_mib(self) -> float:
        """Resident memory now, in MiB."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
        raise RuntimeError("no VmRSS")

    @property
    def cpu_seconds(self) -> float:
        """Processor time used so far, user and system."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def pin(core: str, command: list[str]) -> list[str]:
    """Return the command pinned to one core, or as it is where taskset is missing or there is one core."""
    if shutil.which("taskset") is None or (os.cpu_count() or 1) < 2:
        return command
    return ["taskset", "-c", core, *command]


@contextmanager
def run_server(command: list[str], port: int, path: str) -> Iterator[Running]:
    """Start a server, wait until `path` answers, and end it at the end."""
    begun = time.perf_counter()
    process = subprocess.Popen(pin(SERVER_CORE, command), stdout=subprocess.DEVNULL, stderr=sys.stderr)
    try:
        wait_for_answer(process, port, path)
        yield Running(port, process.pid, time.perf_counter() - begun)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for_answer(process: subprocess.Popen[bytes], port: int, path: str) -> None:
    for _ in range(1500):
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", path)
            connection.getresponse().read()
            return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError("the server did not answer within 30 s")


def hearth_command(data: Path, port: int) -> list[str]:
    """The shipped server with everything real; only its rate limits are lifted, by configuration."""
    hearth = [sys.executable, "-m", "hearth", "serve"]
    return [*hearth, "--data", str(data), "--port", str(port), "--limit-scale", "1000000"]


def flask_command(port: int) -> list[str]:
    return [sys.executable, str(FOLDER / "peers" / "flask_server.py"), str(port)]


def node_command(port: int) -> list[str]:
    return ["node", str(FOLDER / "peers" / "node_server.mjs"), str(port)]
