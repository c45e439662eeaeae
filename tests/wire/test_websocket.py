"""The WebSocket transport against friends and strangers: handshakes, origins, frames of every shape."""

import asyncio
import os
import time

import pytest

from tests.wire.edge_stage import (
    BINARY,
    CLOSE,
    PING,
    PONG,
    SOCKETIO,
    TEXT,
    Recorder,
    client,
    stage,
    until,
)

BOTH_LOOPS = True
CONTINUATION = 0
OURS = frozenset({"https://hearth.example"})


@pytest.mark.parametrize(
    "headers",
    [
        {"Connection": "Upgrade"},
        {"Connection": "upgrade"},
        {"Connection": "keep-alive, Upgrade"},
        {"Connection": "keep-alive,UPGRADE"},
        {"Connection": "Upgrade, HTTP2-Settings"},
        {"Upgrade": "WebSocket"},
        {"Upgrade": "WEBSOCKET", "Connection": " UPGRADE ,keep-alive "},
        {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"},
    ],
)
async def test_upgrade_headers_are_token_lists_in_any_case(headers: dict[str, str]) -> None:
    async with stage() as (port, _, _), client(port) as socket:
        await socket.connect(headers=headers)
        socket.send('421["hello"]')
        assert await socket.receive() == "431[]"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-WebSocket-Version": "12"}, 400),
        ({"Sec-WebSocket-Key": "short"}, 400),
        ({"Sec-WebSocket-Key": ""}, 400),
        ({"Content-Length": "5"}, 400),
        ({"X-Padding": "x" * 20_000}, None),
    ],
)
async def test_broken_handshakes_are_refused(headers: dict[str, str], status: int | None) -> None:
    async with stage() as (port, recorder, edge), client(port) as socket:
        if status is None:
            with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
                await socket.shake(headers=headers)
        else:
            assert (await socket.shake(headers=headers)).status == status
        assert recorder.handshakes == []
        assert edge.connection_count == 0


@pytest.mark.parametrize(
    "path", ["/", "/socket.io", "/other/?EIO=4&transport=websocket", "/socket.io/x?EIO=4"]
)
async def test_other_paths_are_not_found(path: str) -> None:
    async with stage() as (port, _, _), client(port) as socket:
        assert (await socket.shake(path)).status == 404


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://hearth.example", 101),
        ("https://evil.example", 403),
        ("null", 403),
        ("", 403),
        ("http://hearth.example", 403),
        ("https://hearth.example.evil.example", 403),
        ("https://nothearth.example", 403),
        ("https://hearth.exampl", 403),
        ("https://hearth.example:8443", 403),
        ("https://hearth.example\r\nOrigin: https://evil.example", 403),
        ("https://evil.example\r\nOrigin: https://hearth.example", 403),
        ("https://hearth.ex\xe4mple", 403),
    ],
)
async def test_foreign_origins_are_refused_before_the_upgrade(origin: str, status: int) -> None:
    async with stage(Recorder(origins=OURS)) as (port, recorder, _), client(port) as socket:
        assert (await socket.shake(headers={"Origin": origin, "Cookie": "alice"})).status == status
        await asyncio.sleep(0.01)
        assert bool(recorder.handshakes) is (status == 101)


async def test_without_credentials_the_socket_closes_before_any_packet() -> None:
    async with stage() as (port, recorder, _), client(port) as socket:
        await socket.shake(headers={"Cookie": "nobody"})
        socket.send("40")
        assert await socket.frame_in() == (CLOSE, (1008).to_bytes(2, "big") + b"not signed in")
        assert not recorder.sockets and not recorder.events


async def test_a_lookup_that_hangs_is_a_refusal(caplog: pytest.LogCaptureFixture) -> None:
    async with stage(Recorder(delay=9), authenticate_timeout=0.05) as (port, _, edge), client(port) as socket:
        await socket.shake()
        assert await socket.closed() == 1008
        await until(lambda: edge.connection_count == 0)


async def test_what_comes_before_the_credentials_is_kept_but_bounded() -> None:
    async with stage(Recorder(delay=0.05), early_bytes=1000) as (port, _, _):
        async with client(port) as socket:
            await socket.shake()
            socket.send("40")
            assert str(await socket.receive()).startswith("0")
            assert str(await socket.receive()).startswith("40")
        async with client(port) as socket:
            await socket.shake()
            for _ in range(20):
                socket.send("4" + "x" * 100)
            assert await socket.closed() == 1008


async def test_tokens_in_the_query_are_not_looked_at() -> None:
    async with stage() as (port, recorder, _), client(port) as socket:
        await socket.connect(SOCKETIO + "&token=secret&cookie=alice")
        assert recorder.sockets[0].credentials.value == "anybody"


@pytest.mark.parametrize("bound", ["max_per_address", "max_sockets"])
async def test_connections_per_address_and_altogether_are_bounded(bound: str) -> None:
    async with stage(**{bound: 2}) as (port, _, edge), client(port) as first, client(port) as second:
        await first.connect()
        await second.connect()
        async with client(port) as third:
            assert (await third.shake()).status == 503
        first.close()
        await until(lambda: edge.connection_count == 1)
        async with client(port) as fourth:
            await fourth.connect()


# Frames


async def test_a_message_of_the_largest_size_passes_and_one_byte_more_closes() -> None:
    async with stage(max_payload=70_000) as (port, recorder, _):
        async with client(port) as socket:
            await socket.connect()
            text = '42["x","' + "y" * (70_000 - 10) + '"]'
            assert len(text) == 70_000
            socket.send(text)
            await until(lambda: len(recorder.events) == 1)
            socket.send(text + " ")
            assert await socket.closed() == 1009
        assert len(recorder.events) == 1


async def test_a_gigabyte_announced_closes_at_once() -> None:
    async with stage() as (port, _, _), client(port) as socket:
        await socket.connect()
        socket.raw(b"\x81\xff" + (1 << 30).to_bytes(8, "big") + os.urandom(4))
        assert await socket.closed() == 1009


async def test_fragments_are_joined_and_pings_may_come_between() -> None:
    async with stage() as (port, recorder, _), client(port) as socket:
        await socket.connect()
        socket.raw(socket.frame(TEXT, b'421["', fin=False))
        socket.raw(socket.frame(CONTINUATION, b"fragm", fin=False))
        socket.raw(socket.frame(PING, b"hi"))
        socket.raw(socket.frame(CONTINUATION, b'ented"]'))
        assert await socket.frame_in() == (PONG, b"hi")
        assert await socket.receive() == "431[]"
        assert recorder.events == [["fragmented"]]


async def test_fragments_together_are_bounded() -> None:
    async with stage(max_payload=1000) as (port, _, _), client(port) as socket:
        await socket.connect()
        socket.raw(socket.frame(TEXT, b"4", fin=False))
        for _ in range(1100):
            socket.raw(socket.frame(CONTINUATION, b"x", fin=False))
        assert await socket.closed() == 1009


@pytest.mark.parametrize(
    "build",
    [
        pytest.param([(CONTINUATION, b"x", {})], id="continuation of nothing"),
        pytest.param([(TEXT, b"4", {"fin": False}), (TEXT, b"4x", {})], id="message inside a message"),
        pytest.param([(TEXT, b"", {"fin": False})], id="empty fragment"),
        pytest.param(
            [(TEXT, b"4", {"fin": False}), (CONTINUATION, b"", {"fin": False})], id="empty continuation"
        ),
        pytest.param([(TEXT, b"2", {"mask": False})], id="unmasked"),
        pytest.param([(TEXT, b"2", {"rsv": 4})], id="compressed"),
        pytest.param([(TEXT, b"2", {"rsv": 1})], id="reserved bit"),
        pytest.param([(3, b"x", {})], id="reserved opcode"),
        pytest.param([(PING, b"x", {"fin": False})], id="fragmented ping"),
        pytest.param([(PING, b"x" * 126, {})], id="long ping"),
        pytest.param([(TEXT, b"", {})], id="no packet"),
        pytest.param([(TEXT, b"9", {})], id="unknown packet type"),
        pytest.param([(TEXT, b"0{}", {})], id="open from a client"),
        pytest.param([(TEXT, b"5", {})], id="upgrade of nothing"),
        pytest.param([(BINARY, b"x", {})], id="attachment of nothing"),
    ],
)
async def test_malformed_frames_close_with_a_protocol_error(
    build: list[tuple[int, bytes, dict[str, int]]],
) -> None:
    async with stage() as (port, recorder, edge), client(port) as socket:
        await socket.connect()
        for opcode, content, options in build:
            socket.raw(socket.frame(opcode, content, **options))  # type: ignore[arg-type]
        assert await socket.closed() == 1002
        await until(lambda: edge.connection_count == 0 and len(recorder.left) == 1)


async def test_text_that_is_not_utf8_closes() -> None:
    async with stage() as (port, recorder, _), client(port) as socket:
        await socket.connect()
        socket.raw(socket.frame(TEXT, b'42["\xff\xfe"]'))
        assert await socket.closed() == 1007
        assert recorder.events == []


async def test_bytes_one_at_a_time_are_a_message_too() -> None:
    async with stage() as (port, _, _), client(port) as socket:
        await socket.connect()
        for byte in socket.frame(TEXT, b'421["slowly"]'):
            socket.raw(bytes((byte,)))
            await socket.writer.drain()
            await asyncio.sleep(0)
        assert await socket.receive() == "431[]"


async def test_a_send_cut_at_any_byte_is_not_an_event() -> None:
    """F24: what did not arrive whole did not happen."""
    async with stage() as (port, recorder, edge):
        whole = b""
        for cut in range(1, 20):
            async with client(port) as socket:
                await socket.connect()
                whole = socket.frame(TEXT, b'421["torn"]')
                socket.raw(whole[:cut])
                await socket.writer.drain()
                if cut >= len(whole):
                    assert await socket.receive() == "431[]"
                    break
        await until(lambda: edge.connection_count == 0)
        assert recorder.events == [["torn"]]


async def test_an_unfinished_frame_ends_with_the_heartbeat() -> None:
    async with stage(ping_interval=0.1, ping_timeout=0.1) as (port, recorder, edge), client(port) as socket:
        await socket.connect()
        socket.raw(socket.frame(TEXT, b"x" * 1000)[:500])
        await until(lambda: recorder.left == ["ping timeout"], 1)
        await until(lambda: edge.connection_count == 0, 2)


async def test_a_client_that_vanishes_is_noticed_by_the_heartbeat() -> None:
    """F14: no FIN, no RST, no pong."""
    async with stage(ping_interval=0.1, ping_timeout=0.1) as (port, recorder, edge), client(port) as socket:
        await socket.connect()
        began = asyncio.get_running_loop().time()
        await until(lambda: recorder.left == ["ping timeout"], 1)
        assert asyncio.get_running_loop().time() - began < 0.4
        await until(lambda: edge.connection_count == 0, 2)


async def test_pongs_keep_a_connection() -> None:
    async with stage(ping_interval=0.05, ping_timeout=0.1) as (port, recorder, _), client(port) as socket:
        await socket.connect()
        for _ in range(6):
            assert await socket.receive(pings=True) == "2"
            socket.send("3")
        assert recorder.left == []


async def test_a_server_that_slept_itself_reads_the_pongs_before_it_judges() -> None:
    async with stage(ping_interval=0.1, ping_timeout=0.2) as (port, recorder, _), client(port) as socket:
        await socket.connect()
        assert await socket.receive(pings=True) == "2"
        socket.send("3")
        await socket.writer.drain()
        time.sleep(1.5)  # noqa: ASYNC251 - the point of it
        socket.send('421["here"]')
        assert await socket.receive() == "431[]"
        assert recorder.left == []


async def test_a_closing_frame_is_answered() -> None:
    async with stage() as (port, recorder, edge), client(port) as socket:
        await socket.connect()
        socket.raw(socket.frame(CLOSE, (1000).to_bytes(2, "big")))
        assert await socket.closed() == 1000
        await until(lambda: recorder.left == ["transport close"] and edge.connection_count == 0)
