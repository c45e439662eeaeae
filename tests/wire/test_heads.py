"""Requests that never finish asking, or ask too much (W13)."""

import asyncio
from collections import Counter
from contextlib import suppress
from ipaddress import ip_network

import pytest

from hearth.wire.heads import BoundedHttpProtocol
from tests.wire.edge_stage import Client, client, request, stage, until

BOTH_LOOPS = True


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BoundedHttpProtocol, "head_seconds", 0.2)


def is_gone(socket: Client) -> bool:
    return socket.reader.at_eof() or socket.reader.exception() is not None


@pytest.mark.parametrize("beginning", [b"", b"G", b"GET / HTTP/1.1\r\nHost: x\r\n"])
async def test_a_request_that_does_not_come_is_not_waited_for(beginning: bytes) -> None:
    async with stage() as (port, _, _), client(port) as socket:
        socket.raw(beginning)
        assert await asyncio.wait_for(socket.reader.read(), 1) == b""


async def test_a_head_that_trickles_does_not_buy_time() -> None:
    async with stage() as (port, _, _), client(port) as socket:
        for byte in b"GET / HTTP/1.1":
            socket.raw(bytes((byte,)))
            await asyncio.sleep(0.03)
            if is_gone(socket):
                break
        assert is_gone(socket)


async def test_a_second_request_must_come_in_time_too() -> None:
    async with stage() as (port, _, _), client(port) as socket:
        socket.raw(b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b" 404 " in await socket.reader.readuntil(b"\r\n")
        socket.raw(b"GET /nothing HTTP/1.1\r\n")
        await asyncio.wait_for(socket.reader.read(), 1)


@pytest.mark.parametrize("header", [b"X-A: " + b"a" * 70_000, b"X-A: a\r\n" * 9000])
async def test_a_head_without_end_is_refused(header: bytes) -> None:
    async with stage() as (port, _, _), client(port) as socket:
        socket.raw(b"GET / HTTP/1.1\r\nHost: x\r\n" + header)
        assert b" 431 " in await asyncio.wait_for(socket.reader.readuntil(b"\r\n"), 1)


async def test_a_long_body_and_a_long_poll_are_not_heads() -> None:
    async with stage() as (port, _, _):
        body = b"x" * 100_000
        assert (await request(port, "POST", "/nothing", body))[0] == 404
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n" + b"x" * 50)
        await asyncio.sleep(0.4)
        writer.write(b"x" * 50)
        assert b" 404 " in await reader.readuntil(b"\r\n")
        writer.close()


async def test_a_websocket_outlives_the_time_for_its_head() -> None:
    async with stage() as (port, _, _), client(port) as socket:
        await socket.connect()
        await asyncio.sleep(0.3)
        socket.send('421["here"]')
        assert await socket.receive() == "431[]"


async def test_one_address_has_so_many_connections_and_gets_them_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(BoundedHttpProtocol, "max_per_peer", 3)
    monkeypatch.setattr(BoundedHttpProtocol, "peers", Counter())
    async with stage() as (port, _, _):
        async with client(port) as first, client(port), client(port), client(port) as surplus:
            surplus.raw(b"GET /socket.io/ HTTP/1.1\r\nHost: x\r\n\r\n")
            with suppress(ConnectionResetError):
                assert await asyncio.wait_for(surplus.reader.read(), 1) == b""
            await first.connect()
            async with client(port) as another:
                await another.connect()
                assert BoundedHttpProtocol.peers["127.0.0.1"] == 2, "what became a socket counts no more"
        await until(lambda: not BoundedHttpProtocol.peers)


async def test_a_trusted_proxy_brings_everybodys_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BoundedHttpProtocol, "max_per_peer", 0)
    monkeypatch.setattr(BoundedHttpProtocol, "trusted", (ip_network("127.0.0.0/8"),))
    async with stage() as (port, _, _), client(port) as proxied:
        await proxied.connect()
