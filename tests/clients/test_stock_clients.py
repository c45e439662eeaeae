"""Stock clients with default settings: polling first, then the upgrade; acks and bytes both ways."""

import asyncio
from typing import Any

import pytest
import socketio

from hearth.wire.edge import Binary, Socket, decode_arguments, encode_arguments
from tests.clients.node import run_node
from tests.wire.edge_stage import Recorder, stage, until


def answer_with(*values: Any) -> bytes | Binary:
    payload, attachments = encode_arguments(values)
    return Binary(payload, attachments) if attachments else payload


async def handle(socket: Socket, arguments: list[Any]) -> bytes | Binary | None:
    name, *values = arguments
    if name == "echo":
        return answer_with(*values)
    if name == "give.back":
        payload, attachments = encode_arguments(values)
        socket.emit("back", payload[1:-1], attachments=attachments)
    if name == "ask.me":
        answered = decode_arguments(await socket.call("question", b"%d" % values[0]))
        return answer_with({"they said": answered})
    if name == "go.away":
        socket.disconnect()
    return None


async def test_the_npm_client_with_defaults() -> None:
    async with stage(Recorder(on_event=handle)) as (port, recorder, edge):
        report = await run_node("stock.mjs", None, f"http://127.0.0.1:{port}")
        assert (report["began"], report["upgraded"]) == ("polling", "websocket")
        assert report["echo"] == 1  # emitWithAck resolves to the first value
        assert report["binary"] == {"deep": {"type": "Buffer", "data": [1, 2, 3]}}
        assert report["back"] == ["text", {"type": "Buffer", "data": [4, 5]}]
        assert report["answer"] == {"they said": [42, {"type": "Buffer", "data": [7]}]}
        assert report["many"] == list(range(50))
        assert report["left"] == "io server disconnect"
        assert recorder.events[0] == ["echo", 1, "zwei", {"three": [True, None, "✓"]}]
        await until(lambda: edge.connection_count == 0)


async def test_the_python_client_with_defaults() -> None:
    async with stage(Recorder(on_event=handle)) as (port, recorder, edge):
        client = socketio.AsyncClient(reconnection=False)
        back: asyncio.Future[tuple[Any, ...]] = asyncio.get_running_loop().create_future()
        client.on("back", lambda *values: back.set_result(values))
        client.on("question", lambda number: (number * 2, b"\x07"))
        await client.connect(f"http://127.0.0.1:{port}", auth={"contract": 1})
        assert client.transport() == "websocket"
        values = (1, "zwei", {"three": [True, None, "✓"]})
        assert await client.call("echo", values) == values
        assert await client.call("echo", {"deep": b"\x01\x02\x03"}) == {"deep": b"\x01\x02\x03"}
        await client.emit("give.back", ("text", b"\x04\x05"))
        assert await asyncio.wait_for(back, 3) == ("text", b"\x04\x05")
        assert await client.call("ask.me", 21) == {"they said": [42, b"\x07"]}
        assert await asyncio.gather(*(client.call("echo", n) for n in range(50))) == list(range(50))
        await client.disconnect()
        await until(lambda: edge.connection_count == 0 and len(recorder.left) == 1)


@pytest.mark.parametrize("transport", ["polling", "websocket"])
async def test_the_python_client_on_one_transport(transport: str) -> None:
    async with stage(Recorder(on_event=handle), ping_interval=0.2, ping_timeout=0.5) as (port, _, edge):
        client = socketio.AsyncClient(reconnection=False)
        await client.connect(f"http://127.0.0.1:{port}", transports=[transport])
        assert client.transport() == transport
        await asyncio.sleep(0.7)
        assert await client.call("echo", "after three heartbeats") == "after three heartbeats"
        await client.disconnect()
        await until(lambda: edge.connection_count == 0)
