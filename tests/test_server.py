"""The server runner, as a process of its own: order of start and stop, signals, TLS, both event loops."""

import http.client
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from hearth.authority import renew_certificate

SERVER = """
import asyncio, sys
from pathlib import Path
from quart import Quart
from hearth.config import Config
from hearth.network import open_sockets
from hearth.server import run_server

class Application:
    websocket_class = asyncio.Protocol
    def __init__(self, config):
        self.asgi = Quart("t")
        self.finished = []

        @self.asgi.get("/")
        async def home():
            return type(asyncio.get_running_loop()).__module__

        @self.asgi.get("/slow")
        async def slow():
            print("slow begins", flush=True)
            await asyncio.sleep(0.5)
            return "finished"

    async def start(self):
        print("started", flush=True)
        return ["a line"]

    async def stop(self):
        print("stopped", flush=True)

async def create_app(config):
    print("created", flush=True)
    return Application(config)

loop, data = sys.argv[1:]
tls = Path(data, "tls")
files = {"tls_cert": tls / "server.crt", "tls_key": tls / "server.key"} if tls.is_dir() else {}
config = Config(host="127.0.0.1", port=0, loop=loop, data=Path(data), **files)
sockets = open_sockets(config.host, config.port)
port = sockets[0].getsockname()[1]
run_server(create_app, config, sockets, lambda lines: print(*lines, port, flush=True))
print("left", flush=True)
"""


@contextmanager
def running(data: Path, loop: str = "auto") -> Iterator[tuple[subprocess.Popen[str], int]]:
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, loop, str(data)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert read_lines(process, 3)[:2] == ["created", "started"]
        yield process, int(announced[process.pid].rsplit(" ", 1)[1])
    finally:
        process.kill()
        process.communicate()


announced: dict[int, str] = {}


def read_lines(process: subprocess.Popen[str], count: int) -> list[str]:
    assert process.stdout is not None
    lines = [process.stdout.readline().strip() for _ in range(count)]
    announced[process.pid] = lines[-1]
    return lines


@pytest.mark.parametrize(("loop", "module"), [("auto", "uvloop"), ("asyncio", "asyncio.unix_events")])
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has one loop and no SIGTERM")
def test_it_answers_on_either_loop_and_leaves_with_zero_at_sigterm(
    tmp_path: Path, loop: str, module: str
) -> None:
    with running(tmp_path, loop) as (process, port):
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
            connection.request("GET", "/")
            response = connection.getresponse()
            assert response.read().decode() == module
            assert response.getheader("server") is None
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=10)
        assert output.split() == ["stopped", "left"]
        assert process.returncode == 0


def test_ctrl_c_lets_an_open_request_finish(tmp_path: Path) -> None:
    with running(tmp_path) as (process, port):
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
            connection.request("GET", "/slow")
            assert read_lines(process, 1) == ["slow begins"]
            process.send_signal(signal.SIGINT)
            assert connection.getresponse().read() == b"finished"
        process.communicate(timeout=10)
        assert process.returncode == 0


def test_it_speaks_https_with_our_own_certificate(tmp_path: Path) -> None:
    files = renew_certificate(tmp_path, ["127.0.0.1"])
    with running(tmp_path) as (_, port):
        context = ssl.create_default_context(cafile=str(files.authority))
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=5, context=context)
        connection.request("GET", "/")
        assert connection.getresponse().status == 200
        connection.close()
