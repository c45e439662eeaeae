"""Long-polling: bound to its credentials, bounded bodies, upgrade without loss."""

import asyncio

import pytest

from hearth.wire.edge import encode_event
from tests.wire.edge_stage import POLLING, SOCKETIO, Recorder, client, open_polling, request, stage, until

BOTH_LOOPS = True
ALICE = {"Cookie": "alice"}


async def enter(port: int, sid: str, headers: dict[str, str] | None = None) -> None:
    """Connect a polling session to the main namespace."""
    assert await request(port, "POST", f"{POLLING}&sid={sid}", b"40", headers) == (200, b"ok")
    _, body = await request(port, "GET", f"{POLLING}&sid={sid}", headers=headers)
    assert body.startswith(b'40{"sid":')


async def test_events_and_acknowledgements_go_by_polling() -> None:
    async with stage() as (port, recorder, _):
        sid = await open_polling(port)
        await enter(port, sid)
        await request(port, "POST", f"{POLLING}&sid={sid}", b'421["a"]\x1e422["b"]')
        assert await request(port, "GET", f"{POLLING}&sid={sid}") == (200, b"431[]\x1e432[]")
        assert recorder.events == [["a"], ["b"]]


async def test_a_poll_waits_for_what_comes() -> None:
    async with stage() as (port, recorder, _):
        sid = await open_polling(port)
        await enter(port, sid)
        waiting = asyncio.create_task(request(port, "GET", f"{POLLING}&sid={sid}"))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        recorder.sockets[0].send(encode_event("news", b"1"))
        recorder.sockets[0].send(encode_event("more", b"2"))
        assert await waiting == (200, b'42["news",1]\x1e42["more",2]')


@pytest.mark.parametrize("thief", [{}, {"Cookie": "mallory"}, {"Cookie": "nobody"}, {"Cookie": "alic"}])
async def test_a_stolen_sid_is_worth_nothing(thief: dict[str, str]) -> None:
    """W03; and the answer is that of an unknown sid."""
    async with stage() as (port, recorder, _):
        sid = await open_polling(port, ALICE)
        await enter(port, sid, ALICE)
        unknown = await request(port, "GET", f"{POLLING}&sid=unknown", headers=thief)
        assert await request(port, "GET", f"{POLLING}&sid={sid}", headers=thief) == unknown
        assert await request(port, "POST", f"{POLLING}&sid={sid}", b'42["mine"]', thief) == unknown
        assert unknown[0] == 400
        async with client(port) as socket:
            await socket.shake(f"{SOCKETIO}&sid={sid}", thief)
            socket.send("2probe")
            assert await socket.closed() == 1008
        assert recorder.events == []
        await request(port, "POST", f"{POLLING}&sid={sid}", b'421["still mine"]', ALICE)
        assert recorder.events == [["still mine"]]


async def test_without_credentials_no_session_opens() -> None:
    async with stage() as (port, _recorder, edge):
        assert (await request(port, "GET", headers={"Cookie": "nobody"}))[0] == 401
        assert edge.connection_count == 0


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_foreign_origins_are_refused(method: str) -> None:
    async with stage(Recorder(origins=frozenset({None, "https://hearth.example"}))) as (port, recorder, _):
        sid = await open_polling(port)
        status, _ = await request(
            port, method, f"{POLLING}&sid={sid}", b"40", {"Origin": "https://evil.example"}
        )
        assert status == 403
        assert len(recorder.handshakes) == 1


async def test_there_is_no_jsonp_and_no_cors() -> None:
    """W04."""
    async with stage() as (port, _, _):
        status, body = await request(port, "GET", POLLING + "&j=0")
        assert (status, body[:1]) == (200, b"0")
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET {POLLING} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        head = (await reader.read()).lower()
        writer.close()
        assert b"access-control" not in head
        assert b"cache-control: no-store" in head
        assert (await request(port, "OPTIONS"))[0] == 400


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_too_large_is_refused_while_it_is_read(chunked: bool) -> None:
    async with stage(max_payload=5000) as (port, _, edge):
        sid = await open_polling(port)
        if chunked:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            head = f"POST {POLLING}&sid={sid} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
            writer.write(head.encode() + b"1000\r\n" + b"4" * 4096 + b"\r\n1000\r\n" + b"4" * 4096 + b"\r\n")
            # The end of the body never comes.
            assert b" 413 " in await asyncio.wait_for(reader.readuntil(b"\r\n"), 3)
            writer.close()
        else:
            assert (await request(port, "POST", f"{POLLING}&sid={sid}", b"4" * 5001))[0] == 413
        assert edge.connection_count == 0


async def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    async with stage(body_timeout=0.1) as (port, _, edge):
        sid = await open_polling(port)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = f"POST {POLLING}&sid={sid} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n4"
        writer.write(head.encode())
        assert b" 400 " in await asyncio.wait_for(reader.readuntil(b"\r\n"), 3)
        writer.close()
        assert edge.connection_count == 0


async def test_too_many_packets_in_one_body_close_the_session() -> None:
    async with stage(inbox_packets=16) as (port, recorder, _):
        sid = await open_polling(port)
        await enter(port, sid)
        body = b"\x1e".join([b'42["x"]'] * 17)
        assert (await request(port, "POST", f"{POLLING}&sid={sid}", body))[0] == 413
        await until(lambda: len(recorder.left) == 1)
        assert recorder.events == []


async def test_two_posts_at_a_time_close_the_session() -> None:
    async with stage() as (port, _, edge):
        sid = await open_polling(port)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = f"POST {POLLING}&sid={sid} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n4"
        writer.write(head.encode())
        await asyncio.sleep(0.05)
        assert (await request(port, "POST", f"{POLLING}&sid={sid}", b"40"))[0] == 400
        writer.write(b"0")
        await reader.readuntil(b"\r\n")
        writer.close()
        assert edge.connection_count == 0


async def test_nothing_is_lost_or_changes_places_in_an_upgrade() -> None:
    async with stage() as (port, recorder, edge):
        sid = await open_polling(port)
        await enter(port, sid)
        server = recorder.sockets[0]
        got: list[str] = []
        async with client(port) as socket:
            for n in range(5):
                server.emit("n", b"%d" % n)
            await socket.shake(f"{SOCKETIO}&sid={sid}")
            server.emit("n", b"5")
            socket.send("2probe")
            assert await socket.receive() == "3probe"
            for n in range(6, 9):
                server.emit("n", b"%d" % n)
            _, body = await request(port, "GET", f"{POLLING}&sid={sid}")
            got += body.decode().split("\x1e")
            for n in range(9, 12):
                server.emit("n", b"%d" % n)
            socket.send("5")
            server.emit("n", b"12")
            got += [str(await socket.receive()) for _ in range(13 - len(got))]
            assert got == [f'42["n",{n}]' for n in range(13)]
            assert edge.connection_count == 1
        await until(lambda: edge.connection_count == 0)


async def test_an_upgrade_that_fails_leaves_polling_as_it_was() -> None:
    async with stage(upgrade_timeout=0.1) as (port, recorder, _edge):
        sid = await open_polling(port)
        await enter(port, sid)
        async with client(port) as socket:
            await socket.shake(f"{SOCKETIO}&sid={sid}")
            socket.send("2probe")
            assert await socket.receive() == "3probe"
            assert await socket.closed() == 1008
        recorder.sockets[0].emit("here", b"1")
        assert await request(port, "GET", f"{POLLING}&sid={sid}") == (200, b'42["here",1]')
        async with client(port) as again:
            await again.shake(f"{SOCKETIO}&sid={sid}")
            again.send("2probe")
            assert await again.receive() == "3probe"


async def test_polling_sessions_count_until_they_end() -> None:
    async with stage(max_per_address=2, ping_interval=0.1, ping_timeout=0.1) as (port, _, edge):
        await open_polling(port)
        await open_polling(port)
        assert (await request(port, "GET"))[0] == 503
        await until(lambda: edge.connection_count == 0, 1)


async def test_what_a_polling_client_does_not_fetch_is_bounded() -> None:
    async with stage(out_bytes=10_000) as (port, recorder, edge):
        sid = await open_polling(port)
        await enter(port, sid)
        server = recorder.sockets[0]
        for _ in range(12):
            server.emit("x", b'"' + b"y" * 1000 + b'"')
        await until(lambda: recorder.left == ["slow consumer"])
        assert edge.queued_bytes == 0
        assert (await request(port, "GET", f"{POLLING}&sid={sid}"))[0] == 400
