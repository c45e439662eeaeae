"""The ground of the official Engine.IO v4 suite (25 cases), in our words, on both loops."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

import pytest

from tests.conformance.server import make_edges
from tests.wire.edge_stage import Client, client, open_polling, request, serve

BOTH_LOOPS = True
POLLING = "/engine.io/?EIO=4&transport=polling"
WEBSOCKET = "/engine.io/?EIO=4&transport=websocket"
OPEN_KEYS = {"sid", "upgrades", "pingInterval", "pingTimeout", "maxPayload"}


@pytest.fixture
async def port() -> AsyncIterator[int]:
    async with serve(*make_edges()) as port:
        yield port


@pytest.fixture
async def sid(port: int) -> str:
    _, body = await request(port, "GET", POLLING)
    return str(json.loads(body[1:])["sid"])


@pytest.fixture
async def socket(port: int) -> AsyncIterator[Client]:
    async with client(port) as socket:
        yield await socket.shake(WEBSOCKET)


async def poll(port: int, sid: str) -> tuple[int, bytes]:
    return await request(port, "GET", f"{POLLING}&sid={sid}")


async def push(port: int, sid: str, body: bytes) -> tuple[int, bytes]:
    return await request(port, "POST", f"{POLLING}&sid={sid}", body)


async def test_polling_opens_a_session(port: int) -> None:
    status, body = await request(port, "GET", POLLING)
    opened = json.loads(body[1:])
    assert (status, body[:1]) == (200, b"0")
    assert set(opened) == OPEN_KEYS
    assert opened["upgrades"] == ["websocket"]
    assert (opened["pingInterval"], opened["pingTimeout"], opened["maxPayload"]) == (300, 200, 1_000_000)


@pytest.mark.parametrize(
    "query", ["transport=polling", "EIO=abc&transport=polling", "EIO=4", "EIO=4&transport=abc"]
)
async def test_polling_refuses_a_wrong_version_or_transport(port: int, query: str) -> None:
    assert (await request(port, "GET", f"/engine.io/?{query}"))[0] == 400


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_polling_refuses_other_methods(port: int, method: str) -> None:
    assert (await request(port, method, POLLING))[0] == 400


async def test_a_websocket_opens_a_session(socket: Client) -> None:
    message = str(await socket.receive())
    opened = json.loads(message[1:])
    assert message[0] == "0"
    assert set(opened) == OPEN_KEYS
    assert opened["upgrades"] == []


@pytest.mark.parametrize(
    "query", ["transport=websocket", "EIO=abc&transport=websocket", "EIO=4", "EIO=4&transport=abc"]
)
async def test_a_websocket_of_a_wrong_version_or_transport_is_refused(port: int, query: str) -> None:
    async with client(port) as socket:
        assert (await socket.shake(f"/engine.io/?{query}")).status == 400


@pytest.mark.parametrize("payload", [b"4hello", b"4test1\x1e4test2\x1e4test3", b"4hello\x1ebAQIDBA=="])
async def test_polling_sends_and_receives_payloads(port: int, sid: str, payload: bytes) -> None:
    assert await push(port, sid, payload) == (200, b"ok")
    assert await poll(port, sid) == (200, payload)


async def test_a_malformed_packet_closes_a_polling_session(port: int, sid: str) -> None:
    assert (await push(port, sid, b"abc"))[0] == 400
    assert (await poll(port, sid))[0] == 400


async def test_two_polls_at_a_time_close_the_session(port: int, sid: str) -> None:
    first = asyncio.create_task(poll(port, sid))
    await asyncio.sleep(0.05)
    assert (await poll(port, sid))[0] == 400
    assert await first == (200, b"1")
    assert (await poll(port, sid))[0] == 400


async def test_a_cancelled_poll_closes_the_session(port: int, sid: str) -> None:
    first = asyncio.create_task(poll(port, sid))
    await asyncio.sleep(0.05)
    first.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await first
    await asyncio.sleep(0.02)
    assert (await poll(port, sid))[0] == 400


@pytest.mark.parametrize("message", ["4hello", b"\x01\x02\x03\x04"])
async def test_a_websocket_sends_and_receives(socket: Client, message: str | bytes) -> None:
    await socket.receive()
    socket.send(message)
    assert await socket.receive() == message


async def test_a_malformed_packet_closes_a_websocket(socket: Client) -> None:
    await socket.receive()
    socket.send("abc")
    assert await socket.closed() == 1002


async def test_polling_sends_pings_and_takes_pongs(port: int, sid: str) -> None:
    for _ in range(3):
        assert await poll(port, sid) == (200, b"2")
        assert await push(port, sid, b"3") == (200, b"ok")


async def test_a_polling_session_without_pongs_is_closed(port: int, sid: str) -> None:
    await asyncio.sleep(0.5)
    assert (await poll(port, sid))[0] == 400


async def test_a_websocket_gets_pings_and_gives_pongs(socket: Client) -> None:
    await socket.receive()
    for _ in range(3):
        assert await socket.receive(pings=True) == "2"
        socket.send("3")


async def test_a_websocket_without_pongs_is_closed(socket: Client) -> None:
    assert await socket.closed() == 1001


async def test_a_polling_client_closes_its_session(port: int, sid: str) -> None:
    waiting = asyncio.create_task(poll(port, sid))
    await asyncio.sleep(0.05)
    await push(port, sid, b"1")
    assert await waiting == (200, b"6")
    assert (await poll(port, sid))[0] == 400


async def test_a_websocket_client_closes_its_session(socket: Client) -> None:
    await socket.receive()
    socket.send("1")
    assert await socket.closed() == 1000


async def test_polling_is_upgraded_to_a_websocket(port: int, sid: str) -> None:
    async with client(port) as socket:
        await socket.shake(f"{WEBSOCKET}&sid={sid}")
        socket.send("2probe")
        assert await socket.receive() == "3probe"
        assert await poll(port, sid) == (200, b"6")
        socket.send("5")
        socket.send("4hello")
        assert await socket.receive() == "4hello"


async def test_a_poll_that_waits_is_ended_by_the_probe(port: int, sid: str) -> None:
    waiting = asyncio.create_task(poll(port, sid))
    await asyncio.sleep(0.05)
    async with client(port) as socket:
        await socket.shake(f"{WEBSOCKET}&sid={sid}")
        socket.send("2probe")
        assert await socket.receive() == "3probe"
        assert await waiting == (200, b"6")


async def test_after_the_upgrade_polls_and_other_websockets_are_refused(port: int, sid: str) -> None:
    async with client(port) as socket, client(port) as other:
        await socket.shake(f"{WEBSOCKET}&sid={sid}")
        socket.send("2probe")
        await socket.receive()
        socket.send("5")
        await asyncio.sleep(0.02)
        assert (await poll(port, sid))[0] == 400
        await other.shake(f"{WEBSOCKET}&sid={sid}")
        assert await other.closed() == 1008
        socket.send("4hello")
        assert await socket.receive() == "4hello"


async def test_sids_are_long_and_differ(port: int) -> None:
    sids = {await open_polling(port) for _ in range(5)}
    assert len(sids) == 5
    assert all(len(sid) * 6 >= 128 for sid in sids)
