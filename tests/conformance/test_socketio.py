"""The ground of the official Socket.IO v5 suite beyond Engine.IO (16 cases), in our words, on both loops."""

import json
from collections.abc import AsyncIterator

import pytest

from tests.conformance.server import make_edges
from tests.wire.edge_stage import Client, client, serve

BOTH_LOOPS = True
PLACEHOLDERS = '{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}'


@pytest.fixture
async def fresh() -> AsyncIterator[Client]:
    """A WebSocket that has read its open packet."""
    async with serve(*make_edges()) as port, client(port) as socket:
        await socket.shake()
        await socket.receive()
        yield socket


@pytest.fixture
async def socket(fresh: Client) -> Client:
    """One that is in the main namespace."""
    fresh.send("40")
    await fresh.receive()
    await fresh.receive()
    return fresh


@pytest.mark.parametrize("namespace", ["", "/custom,"])
@pytest.mark.parametrize("auth", ["", '{"token":"123"}'])
async def test_a_client_connects_to_a_namespace(fresh: Client, namespace: str, auth: str) -> None:
    fresh.send(f"40{namespace}{auth}")
    answer = str(await fresh.receive())
    assert answer.startswith(f"40{namespace}")
    assert set(json.loads(answer.removeprefix(f"40{namespace}"))) == {"sid"}
    assert await fresh.receive() == f'42{namespace}["auth",{auth or "{}"}]'


async def test_an_unknown_namespace_is_refused(fresh: Client) -> None:
    fresh.send("40/random")
    assert await fresh.receive() == '44/random,{"message":"Invalid namespace"}'


async def test_a_malformed_handshake_closes(fresh: Client) -> None:
    fresh.send("4abc")
    assert await fresh.closed() == 1002


async def test_no_handshake_closes(fresh: Client) -> None:
    assert await fresh.closed() == 1001


async def test_an_event_before_connecting_closes(fresh: Client) -> None:
    fresh.send('42["message",1]')
    assert await fresh.closed() == 1002


async def test_after_leaving_the_main_namespace_the_session_lives(socket: Client) -> None:
    socket.send("41")
    assert await socket.receive(pings=True) == "2"


async def test_leaving_one_namespace_leaves_the_other_alone(socket: Client) -> None:
    socket.send("40/custom")
    await socket.receive()
    await socket.receive()
    socket.send("41/custom")
    socket.send('42["message","to the main namespace"]')
    assert await socket.receive() == '42["message-back","to the main namespace"]'


async def test_an_event_comes_back(socket: Client) -> None:
    socket.send('42["message",1,"2",{"3":[true]}]')
    assert await socket.receive() == '42["message-back",1,"2",{"3":[true]}]'


async def test_an_event_with_attachments_comes_back(socket: Client) -> None:
    for part in (f'452-["message",{PLACEHOLDERS}]', b"\x01\x02\x03", b"\x04\x05\x06"):
        socket.send(part)
    assert await socket.receive() == f'452-["message-back",{PLACEHOLDERS}]'
    assert [await socket.receive(), await socket.receive()] == [b"\x01\x02\x03", b"\x04\x05\x06"]


async def test_an_event_is_acknowledged(socket: Client) -> None:
    socket.send('42456["message-with-ack",1,"2",{"3":[false]}]')
    assert await socket.receive() == '43456[1,"2",{"3":[false]}]'


async def test_an_event_with_attachments_is_acknowledged(socket: Client) -> None:
    for part in (f'452-789["message-with-ack",{PLACEHOLDERS}]', b"\x01\x02\x03", b"\x04\x05\x06"):
        socket.send(part)
    assert await socket.receive() == f"462-789[{PLACEHOLDERS}]"
    assert [await socket.receive(), await socket.receive()] == [b"\x01\x02\x03", b"\x04\x05\x06"]


@pytest.mark.parametrize(
    "text", ["4abc", "42{}", "42[]", "42", '42abc["message-with-ack",1]', '42["message",', "43[1]"]
)
async def test_a_malformed_packet_closes(socket: Client, text: str) -> None:
    socket.send(text)
    assert await socket.closed() == 1002
