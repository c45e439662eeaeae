"""A real server on a free port, in this process and loop, that can be stopped and started again."""

import asyncio
import contextlib
import socket
from pathlib import Path

from hearth.app import App, create_app
from hearth.config import Config
from hearth.server import Server, make_settings


class RunningServer:
    """One server. After `stop`, `start` brings it back on the same port with the same database."""

    def __init__(self, database_url: str, data: Path, *, limit_scale: float) -> None:
        self._listener = bind(0)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.config = Config(
            host="127.0.0.1",
            port=self.port,
            data=data,
            database=database_url,
            insecure_test_kdf=True,
            limit_scale=limit_scale,
        )
        self._server: Server | None = None
        self._task: asyncio.Task[None] | None = None
        self.app: App

    async def start(self) -> None:
        """Return once it answers."""
        if self._listener.fileno() < 0:
            self._listener = bind(self.port)
        self.app = await create_app(self.config)
        ready = asyncio.Event()
        self._server = Server(make_settings(self.app, self.config), self.app, lambda lines: ready.set())
        self._server.capture_signals = contextlib.nullcontext  # type: ignore[assignment,method-assign]  # pytest has them
        self._task = asyncio.create_task(self._server.serve([self._listener]))
        waiting = asyncio.ensure_future(ready.wait())
        await asyncio.wait({waiting, self._task}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if self._task.done():
            self._task.result()
            raise AssertionError("the server ended while starting")

    async def stop(self) -> None:
        """Drain and end, as after SIGTERM."""
        assert self._server is not None and self._task is not None
        self._server.should_exit = True
        await self._task
        self._listener.close()


def bind(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(128)
    listener.setblocking(False)
    return listener
