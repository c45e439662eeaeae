"""The bare edge with the handlers and timings that the official conformance suites expect.

`python -m tests.conformance.server --port N` serves both: Engine.IO under /engine.io/, where every message
comes back, and Socket.IO under /socket.io/ with the namespaces / and /custom.
"""

import argparse
import asyncio
import dataclasses
import socket
from typing import Any

import msgspec
import uvicorn
from quart import Quart

from hearth.wire.edge import (
    Application,
    Binary,
    CodecError,
    Credentials,
    Edge,
    EdgeSettings,
    Event,
    Handshake,
    Socket,
    websocket_protocol,
)
from hearth.wire.engineio import encode_binary, encode_text
from hearth.wire.session import Session

SUITE = EdgeSettings(
    namespaces=frozenset({"/", "/custom"}), ping_interval=0.3, ping_timeout=0.2, max_payload=1_000_000
)
NAME_AND_REST = msgspec.json.Decoder(list[msgspec.Raw])


class Suite(Application):
    """Everybody may connect; `message` comes back as `message-back`, `message-with-ack` in its ack."""

    def check_origin(self, request: Handshake) -> bool:
        return True

    async def authenticate(self, request: Handshake) -> Credentials | None:
        return Credentials(None, b"anybody")

    async def connect(self, socket: Socket, auth: bytes | None) -> bytes | None:
        socket.emit("auth", auth or b"{}")
        return None

    async def event(self, socket: Socket, packet: Event) -> bytes | Binary | None:
        try:
            name, *arguments = (bytes(raw) for raw in NAME_AND_REST.decode(packet.payload))
        except msgspec.DecodeError:
            raise CodecError("broken JSON", 1007) from None
        if name == b'"message"':
            socket.emit("message-back", *arguments, attachments=packet.attachments)
        elif name == b'"message-with-ack"':
            payload = b"[" + b",".join(arguments) + b"]"
            return Binary(payload, packet.attachments) if packet.attachments else payload
        return None

    def overlaps(self, packet: Event) -> bool:
        return False

    def disconnected(self, socket: Socket, reason: str) -> None:
        pass


class Echo:
    """A receiver that returns every Engine.IO message."""

    is_established = True
    is_busy = False

    def __init__(self, edge: Edge, session: Session) -> None:
        self.is_deaf = False
        self._session = session

    def receive(self, content: bytes, is_binary: bool) -> None:
        self._session.send(encode_binary(content) if is_binary else encode_text(b"4" + content))

    def closed(self, reason: str) -> None:
        pass


def make_edges() -> tuple[Edge, Edge]:
    """The edges of both suites."""
    engineio = dataclasses.replace(SUITE, path="/engine.io/")
    return Edge(engineio, Suite(), make_receiver=Echo), Edge(SUITE, Suite())


class Server(uvicorn.Server):
    """uvicorn that drains the edges first."""

    def __init__(self, config: uvicorn.Config, edges: tuple[Edge, ...]) -> None:
        super().__init__(config)
        self._edges = edges

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await asyncio.gather(*(edge.drain(1.0) for edge in self._edges))
        await super().shutdown(sockets)


def make_server(edges: tuple[Edge, ...], **options: Any) -> Server:
    """A server of nothing but these edges; `options` are uvicorn's."""
    app = Quart(__name__)
    for edge in edges:
        app.register_blueprint(edge.make_blueprint())
    options |= {
        "ws": websocket_protocol(*edges),
        "log_level": "warning",
        "lifespan": "off",
        "access_log": False,
    }
    return Server(uvicorn.Config(app, **options), edges)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=3000)
    port: int = parser.parse_args().port
    make_server(make_edges(), port=port, loop="auto").run()


if __name__ == "__main__":
    main()
