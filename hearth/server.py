"""Runs the application in uvicorn until a signal comes: one process, HTTP and WebSocket on the same port.

Stopping: no new connections, then the application drains its sockets, then open requests may finish.
"""

import asyncio
import contextlib
import gc
import signal
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import Protocol

import uvicorn
from quart import Quart

from hearth.config import Config, EventLoop
from hearth.wire.heads import MAX_PER_PEER, bound_http

KEEP_ALIVE_SECONDS = 75
REQUEST_GRACE_SECONDS = 5
BACKLOG = 4096


class Application(Protocol):
    """What hearth.app makes."""

    @property
    def asgi(self) -> Quart: ...

    @property
    def websocket_class(self) -> type[asyncio.Protocol]: ...

    async def start(self) -> list[str]:
        """Open everything and return lines to print."""
        ...

    async def stop(self) -> None:
        """Close all sockets cleanly and finish what is under way."""
        ...


class Server(uvicorn.Server):
    """uvicorn's server, with the application's start and stop at the right moments."""

    def __init__(
        self, settings: uvicorn.Config, application: Application, announce: Callable[[list[str]], None]
    ) -> None:
        super().__init__(settings)
        self.application = application
        self.announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        lines = await self.application.start()
        await super().startup(sockets)
        self.announce(lines)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        await self.application.stop()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Let SIGINT and SIGTERM (Windows: Ctrl+C, Ctrl+Break) end the server, with exit code 0."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        signals = [signal.SIGINT, signal.SIGTERM]
        if hasattr(signal, "SIGBREAK"):
            signals.append(signal.SIGBREAK)
        before = {number: signal.signal(number, self.handle_exit) for number in signals}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def run_server(
    create_app: Callable[[Config], Awaitable[Application]],
    config: Config,
    sockets: list[socket.socket],
    announce: Callable[[list[str]], None],
) -> None:
    """Serve on bound sockets until a signal comes; `announce` gets the app's lines once it answers."""

    async def serve() -> None:
        application = await create_app(config)
        spare_collector()
        await Server(make_settings(application, config), application, announce).serve(sockets)

    with asyncio.Runner(loop_factory=choose_loop(config.loop)) as runner:
        runner.run(serve())


def spare_collector() -> None:
    """Let the garbage collector leave alone what stays for ever, and come less often: a busy server makes
    thousands of short-lived objects a second, none of them in cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def make_settings(application: Application, config: Config) -> uvicorn.Config:
    return uvicorn.Config(
        application.asgi,
        http=bound_http(
            round(MAX_PER_PEER * config.limit_scale), config.trusted_proxy, is_https=config.is_https
        ),
        ws=application.websocket_class,
        lifespan="off",
        loop="none",
        log_config=None,
        access_log=False,
        server_header=False,
        # Forwarded headers are judged by hearth.wire, for sockets and requests alike.
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=REQUEST_GRACE_SECONDS,
        backlog=BACKLOG,
        ssl_certfile=config.tls_cert,
        ssl_keyfile=config.tls_key,
    )


def choose_loop(choice: EventLoop) -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's factory where it is installed and wanted, else None for the standard loop."""
    if choice == "asyncio":
        return None
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
