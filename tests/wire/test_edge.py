"""Slow consumers, drain, TLS, memory: what holds for all sockets of a process together."""

import asyncio
import gc
import os
import socket as sockets
import ssl
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from hearth.wire.edge import Edge, EdgeSettings, Frame, encode_event
from hearth.wire.websocket import WebSocket
from tests.wire.edge_stage import (
    SOCKETIO,
    Client,
    Recorder,
    client,
    open_polling,
    request,
    serve,
    stage,
    until,
)

BOTH_LOOPS = True
BIG = encode_event("big", b'"' + b"x" * 20_000 + b'"')


async def connect_lazy(port: int) -> Client:
    """A client whose system buffers are small and who stops reading."""
    raw = sockets.socket()
    raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    raw.setblocking(False)
    await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", port))
    reader, writer = await asyncio.open_connection(sock=raw, limit=1024)
    lazy = await Client(reader, writer).connect()
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    return lazy


async def test_a_slow_consumer_is_cut_and_the_others_get_everything() -> None:
    """F13."""
    async with stage(out_bytes=200_000) as (port, recorder, edge), client(port) as quick:
        await quick.connect()
        lazy = await connect_lazy(port)
        got = 0

        async def read() -> None:
            nonlocal got
            while True:
                await quick.receive()
                got += 1

        reading = asyncio.create_task(read())
        sent = 0
        while len(recorder.sockets) == 2 and sent < 2000:
            for server in tuple(recorder.sockets):
                server.send(BIG)
                assert server.queued_bytes <= 200_000 + 2 * len(BIG)
            sent += 1
            await asyncio.sleep(0)
        assert recorder.left == ["slow consumer"]
        await until(lambda: got == sent)
        await until(lambda: edge.queued_bytes == 0 and edge.connection_count == 1)
        reading.cancel()
        lazy.close()


async def test_a_consumer_that_was_slow_and_reads_on_gets_everything_in_order() -> None:
    async with stage(out_bytes=50_000_000) as (port, recorder, edge):
        lazy = await connect_lazy(port)
        [session] = edge._sessions.values()
        assert session.websocket is not None
        held = session.websocket._transport.get_write_buffer_size
        for n in range(500):
            recorder.sockets[0].emit("n", b'%d,"%b"' % (n, b"x" * 20_000))
            await asyncio.sleep(0)
            assert edge.queued_bytes >= held()
        assert held() > 0
        assert recorder.sockets[0].queued_bytes == edge.queued_bytes
        lazy.writer.transport.resume_reading()  # type: ignore[attr-defined]
        for n in range(500):
            assert str(await lazy.receive()).startswith(f'42["n",{n},')
        await until(lambda: edge.queued_bytes == 0)
        lazy.close()


async def test_an_answer_behind_another_that_is_on_its_way_arrives_and_what_follows_is_bounded() -> None:
    """On a slow line two answers in a row, each as large as there can be, must not cut it for ever."""
    answer = encode_event("answer", b'"' + b"x" * 190_000 + b'"')
    async with stage(out_bytes=200_000) as (port, recorder, edge):
        lazy, stuck = await connect_lazy(port), await connect_lazy(port)
        sent = 1
        for server in tuple(recorder.sockets):
            while not server.queued_bytes:  # until the system takes no more
                server.send(answer)
                sent += server is recorder.sockets[0]
                await asyncio.sleep(0)
            server.send(answer)
            await asyncio.sleep(0)
        assert recorder.left == []
        lazy.writer.transport.resume_reading()  # type: ignore[attr-defined]
        for _ in range(sent):
            assert len(str(await lazy.receive())) > 190_000
        recorder.sockets[1].send(answer)
        await until(lambda: recorder.left == ["slow consumer"] and edge.queued_bytes == 0)
        lazy.close()
        stuck.close()


async def test_all_queues_together_are_bounded_and_the_worst_goes_first() -> None:
    async with stage(out_bytes=50_000_000, total_out_bytes=4_000_000) as (port, recorder, edge):
        lazy = [await connect_lazy(port) for _ in range(3)]
        first = recorder.sockets[0]
        for _step in range(1000):
            for server in tuple(recorder.sockets):
                for _ in range(2 if server is first else 1):
                    server.send(BIG)
            assert edge.queued_bytes <= 4_000_000
            await asyncio.sleep(0)
            if recorder.left:
                break
        assert recorder.left
        assert first not in recorder.sockets
        for one in lazy:
            one.close()


async def test_what_one_turn_sends_to_a_socket_leaves_in_one_write(monkeypatch: pytest.MonkeyPatch) -> None:
    writes: list[bytes] = []
    write = WebSocket.write

    def count(self: WebSocket, data: bytes) -> bool:
        writes.append(data)
        return write(self, data)

    monkeypatch.setattr(WebSocket, "write", count)
    async with stage() as (port, recorder, _), client(port) as socket:
        await socket.connect()
        writes.clear()
        frames = [encode_event("n", b"%d" % n) for n in range(20)]
        for frame in frames:
            recorder.sockets[0].send(frame)
        for n in range(20):
            assert await socket.receive() == f'42["n",{n}]'
        assert writes == [b"".join(frames)]
        recorder.sockets[0].send(frames[0])
        await socket.receive()
        assert writes[1] is frames[0]


async def test_a_peer_that_pings_and_does_not_read_makes_no_queue() -> None:
    async with stage() as (port, _recorder, edge):
        lazy = await connect_lazy(port)
        ping = lazy.frame(9, b"p" * 125)
        for _ in range(300):
            lazy.raw(ping * 100)
            await asyncio.sleep(0)
        await asyncio.sleep(0.1)
        [session] = edge._sessions.values()
        assert session.websocket is not None
        assert session.websocket._transport.get_write_buffer_size() <= 131 * 100
        lazy.close()


async def test_draining_finishes_work_flushes_and_closes_with_restart() -> None:
    async def on_event(socket: object, arguments: list[object]) -> bytes:
        await asyncio.sleep(0.1)
        return b'["done"]'

    async with stage(Recorder(on_event=on_event)) as (port, recorder, edge), client(port) as socket:
        await socket.connect()
        sid = await open_polling(port)
        waiting = asyncio.create_task(request(port, "GET", f"/socket.io/?EIO=4&transport=polling&sid={sid}"))
        await asyncio.sleep(0.02)
        socket.send('421["work"]')
        await until(lambda: bool(recorder.events))
        draining = asyncio.create_task(edge.drain(2.0))
        await asyncio.sleep(0.01)
        socket.send('422["late"]')
        recorder.sockets[0].emit("last", b"1")
        assert await socket.receive() == '42["last",1]'
        assert await socket.receive() == '431["done"]'
        async with client(port) as newcomer:
            assert (await newcomer.shake()).status == 503
        assert (await request(port, "GET"))[0] == 503
        assert await socket.closed() == 1012
        socket.close()
        assert await waiting == (200, b"1")
        await draining
        assert edge.connection_count == 0
        assert recorder.events == [["work"]]
        assert recorder.left == ["restart"]


async def test_draining_does_not_wait_for_who_is_stuck() -> None:
    async with stage(close_timeout=30.0) as (port, recorder, edge):
        lazy = await connect_lazy(port)
        for _ in range(40):
            recorder.sockets[0].send(BIG)
        began = asyncio.get_running_loop().time()
        await edge.drain(0.3)
        assert asyncio.get_running_loop().time() - began < 1
        await until(lambda: edge.connection_count == 0)
        lazy.close()


def make_certificate(folder: Path) -> tuple[str, str]:
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return str(folder / "cert.pem"), str(folder / "key.pem")


async def test_over_tls_events_go_and_slow_consumers_are_cut(tmp_path: Path) -> None:
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(*make_certificate(tmp_path))
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    theirs.check_hostname = False
    theirs.verify_mode = ssl.CERT_NONE
    recorder = Recorder()
    edge = Edge(EdgeSettings(out_bytes=200_000, close_timeout=0.3), recorder)
    async with serve(edge, tls=ours) as port, client(port, theirs) as quick, client(port, theirs) as lazy:
        await quick.connect()
        assert recorder.handshakes[0].scheme == "https"
        quick.send('421["x","' + "y" * 100_000 + '"]')
        assert await quick.receive() == "431[]"
        await lazy.connect()
        lazy.writer.transport.pause_reading()  # type: ignore[attr-defined]
        slow = recorder.sockets[1]
        for _ in range(3000):
            slow.send(BIG)
            await asyncio.sleep(0)
            if recorder.left:
                break
        assert recorder.left == ["slow consumer"]
        quick.send('422["still"]')
        assert await quick.receive() == "432[]"


async def test_an_idle_connection_costs_little_memory_and_no_task() -> None:
    """The bar is 14 KiB of the process for each (measured by scripts/bench); here, what Python allocates."""
    async with stage(max_per_address=1000) as (port, recorder, _):
        streams = []

        async def add() -> None:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            streams.append(await Client(reader, writer).connect())

        for _ in range(20):
            await add()
        tasks = len(asyncio.all_tasks())
        gc.collect()
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(100):
            await add()
        gc.collect()
        ours = tracemalloc.take_snapshot().filter_traces(
            [tracemalloc.Filter(True, "*/hearth/wire/*"), tracemalloc.Filter(True, "*/uvicorn/*")]
        )
        total = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()
        assert len(asyncio.all_tasks()) == tasks
        assert len(recorder.sockets) == 120
        assert sum(trace.size for trace in ours.traces) / 100 < 8 * 1024, total
        for stream in streams:
            stream.close()
        await until(lambda: not recorder.sockets)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM")
async def test_sigterm_closes_sockets_with_restart_and_ends_the_server() -> None:
    with sockets.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "PYTHONPATH": "."}
    command = [sys.executable, "-m", "tests.conformance.server", "--port", str(port)]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)  # noqa: ASYNC220
    try:
        await asyncio.to_thread(wait_for_port, port)
        async with client(port) as socket:
            await socket.connect(SOCKETIO)
            process.terminate()
            assert await socket.closed() == 1012
        await asyncio.to_thread(process.wait, 10)
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()
    finally:
        process.kill()
        process.wait()
        if process.stderr is not None:
            process.stderr.close()


def wait_for_port(port: int) -> None:
    import time

    for _ in range(200):
        try:
            sockets.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError("the server did not start")


def test_an_event_is_one_frame_of_bytes() -> None:
    frame: Frame = encode_event("message.sent", b'{"a":1}')
    assert frame == b'\x81\x1a42["message.sent",{"a":1}]'
