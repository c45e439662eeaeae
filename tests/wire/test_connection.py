"""Events in order and one at a time, bounded inbox, acknowledgements both ways, namespaces."""

import asyncio
import json
from typing import Any

import pytest

from hearth.wire.edge import Binary, CodecError, Socket, encode_event
from tests.wire.edge_stage import Recorder, client, stage, until

BOTH_LOOPS = True


async def test_events_are_handled_in_order_and_one_at_a_time() -> None:
    running: list[int] = []
    order: list[int] = []

    async def on_event(socket: Socket, arguments: list[Any]) -> bytes:
        running.append(1)
        assert len(running) == 1
        await asyncio.sleep(0.01 if arguments[1] % 2 else 0)
        order.append(arguments[1])
        running.pop()
        return b"[%d]" % arguments[1]

    async with stage(Recorder(on_event=on_event)) as (port, _, _), client(port) as socket:
        await socket.connect()
        socket.raw(b"".join(socket.frame(1, f'42{n}["n",{n}]'.encode()) for n in range(20)))
        assert [await socket.receive() for _ in range(20)] == [f"43{n}[{n}]" for n in range(20)]
        assert order == list(range(20))


async def test_one_connection_that_waits_does_not_hold_up_another() -> None:
    release = asyncio.Event()

    async def on_event(socket: Socket, arguments: list[Any]) -> None:
        if arguments[0] == "wait":
            await release.wait()

    async with (
        stage(Recorder(on_event=on_event)) as (port, _, _),
        client(port) as slow,
        client(port) as quick,
    ):
        await slow.connect()
        await quick.connect()
        slow.send('421["wait"]')
        await asyncio.sleep(0.05)
        quick.send('421["go"]')
        assert await quick.receive() == "431[]"
        release.set()
        assert await slow.receive() == "431[]"


@pytest.mark.parametrize("settings", [{"inbox_packets": 10}, {"inbox_bytes": 400}])
async def test_an_inbox_that_overflows_closes_the_connection(settings: dict[str, int]) -> None:
    begun = 0

    async def on_event(socket: Socket, arguments: list[Any]) -> None:
        nonlocal begun
        begun += 1
        await asyncio.sleep(0.05)

    async with stage(Recorder(on_event=on_event), **settings) as (port, recorder, _), client(port) as socket:
        await socket.connect()
        for _ in range(20):
            socket.send(f'42["flood","{"x" * 40}"]')
        assert await socket.closed() == 1008
        await until(lambda: recorder.left == ["too many events"])
        await asyncio.sleep(0.1)
        assert begun <= 1


async def test_what_is_being_worked_on_is_finished_when_the_client_goes() -> None:
    finished = asyncio.Event()

    async def on_event(socket: Socket, arguments: list[Any]) -> bytes:
        await asyncio.sleep(0.1)
        finished.set()
        return b"[]"

    async with stage(Recorder(on_event=on_event)) as (port, recorder, _):
        async with client(port) as socket:
            await socket.connect()
            socket.send('421["commit"]')
            await until(lambda: bool(recorder.events))
        await until(lambda: recorder.left == ["transport close"])
        assert not finished.is_set()
        await asyncio.wait_for(finished.wait(), 1)


async def test_the_server_asks_and_the_client_acknowledges() -> None:
    async with stage() as (port, recorder, _), client(port) as socket:
        await socket.connect()
        answer = asyncio.create_task(recorder.sockets[0].call("are.you.there", b"1"))
        assert await socket.receive() == '421["are.you.there",1]'
        socket.send('43999["never asked"]')
        socket.send('43/other,1["not here"]')
        socket.send('431["yes"]')
        assert (await answer).payload == b'["yes"]'
        socket.send('431["twice"]')
        socket.send('427["still here"]')
        assert await socket.receive() == "437[]"


async def test_a_handler_may_wait_for_its_own_clients_acknowledgement() -> None:
    async def on_event(socket: Socket, arguments: list[Any]) -> bytes:
        return (await socket.call("which")).payload

    async with stage(Recorder(on_event=on_event)) as (port, _, _), client(port) as socket:
        await socket.connect()
        socket.send('425["ask.me"]')
        assert await socket.receive() == '421["which"]'
        socket.send('431["this"]')
        assert await socket.receive() == '435["this"]'


async def test_calls_end_by_timeout_and_with_the_socket_and_are_bounded() -> None:
    async with stage(max_open_acks=2) as (port, recorder, _), client(port) as socket:
        await socket.connect()
        server = recorder.sockets[0]
        with pytest.raises(TimeoutError):
            await server.call("silence", timeout=0.02)
        calls = [asyncio.create_task(server.call("silence")) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError):
            await server.call("one too many")
        socket.close()
        for call in calls:
            with pytest.raises(ConnectionResetError):
                await call
        with pytest.raises(ConnectionResetError):
            await server.call("nobody")


async def test_a_call_may_be_acknowledged_with_attachments() -> None:
    async with stage() as (port, recorder, _), client(port) as socket:
        await socket.connect()
        answer = asyncio.create_task(recorder.sockets[0].call("picture"))
        await socket.receive()
        socket.send('461-1[{"_placeholder":true,"num":0}]')
        socket.send(b"\x89")
        assert (await answer).attachments == (b"\x89",)


async def test_events_and_acknowledgements_carry_bytes_both_ways() -> None:
    async def on_event(socket: Socket, arguments: list[Any]) -> Binary:
        assert arguments == ["up", {"deep": [b"\x00\x01"]}]
        return Binary(b'[{"_placeholder":true,"num":0}]', (b"\x02",))

    async with stage(Recorder(on_event=on_event)) as (port, recorder, _), client(port) as socket:
        await socket.connect()
        socket.send('451-3["up",{"deep":[{"_placeholder":true,"num":0}]}]')
        socket.send(b"\x00\x01")
        assert await socket.receive() == '461-3[{"_placeholder":true,"num":0}]'
        assert await socket.receive() == b"\x02"
        recorder.sockets[0].emit("down", b'{"_placeholder":true,"num":0}', attachments=(b"\x03",))
        assert await socket.receive() == '451-["down",{"_placeholder":true,"num":0}]'
        assert await socket.receive() == b"\x03"


async def test_what_is_sent_while_connecting_follows_the_answer() -> None:
    async def on_connect(socket: Socket) -> bytes:
        socket.send(encode_event("early", b"1"))
        await asyncio.sleep(0.01)
        return b'{"contract":3}'

    async with stage(Recorder(on_connect=on_connect)) as (port, _, _), client(port) as socket:
        await socket.shake()
        await socket.receive()
        socket.send("40")
        answer = json.loads(str(await socket.receive())[2:])
        assert set(answer) == {"sid", "contract"}
        assert await socket.receive() == '42["early",1]'


async def test_a_refused_client_gets_the_reason_and_no_handler_runs() -> None:
    async with stage(ping_interval=0.1, connect_timeout=0.1) as (port, recorder, _), client(port) as socket:
        await socket.shake()
        await socket.receive()
        socket.send('40{"refuse":true}')
        assert await socket.receive() == '44{"message":"refused","data":{"why":1}}'
        socket.send('42["anyway"]')
        assert await socket.closed() == 1002
        assert not (recorder.events or recorder.sockets or recorder.left)


@pytest.mark.parametrize("failure", [RuntimeError("a bug"), TimeoutError()])
async def test_a_connect_that_fails_is_a_refusal(
    failure: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    async def on_connect(socket: Socket) -> bytes:
        raise failure

    async with stage(Recorder(on_connect=on_connect)) as (port, recorder, _), client(port) as socket:
        await socket.shake()
        await socket.receive()
        socket.send("40")
        assert await socket.receive() == '44{"message":"unavailable"}'
        assert recorder.left == []


async def test_connecting_twice_closes() -> None:
    async with stage() as (port, recorder, _), client(port) as socket:
        await socket.connect()
        socket.send("40")
        assert await socket.closed() == 1002
        await until(lambda: len(recorder.left) == 1)


async def test_a_handler_that_fails_is_logged_and_the_next_event_is_handled(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def on_event(socket: Socket, arguments: list[Any]) -> bytes:
        if arguments[0] == "bad":
            raise RuntimeError("a bug")
        return b"[1]"

    async with stage(Recorder(on_event=on_event)) as (port, _, _), client(port) as socket:
        await socket.connect()
        socket.send('421["bad"]')
        socket.send('422["good"]')
        assert await socket.receive() == "432[1]"
        assert "an event's handler failed" in caplog.text


async def test_the_application_may_refuse_what_it_cannot_decode() -> None:
    async def on_event(socket: Socket, arguments: list[Any]) -> bytes:
        raise CodecError("no")

    async with stage(Recorder(on_event=on_event)) as (port, _, _), client(port) as socket:
        await socket.connect()
        socket.send('421["x"]')
        assert await socket.closed() == 1002


async def test_closing_sends_what_was_sent_before_and_tells_the_application_later() -> None:
    async with stage() as (port, recorder, _), client(port) as socket:
        await socket.connect()
        server = recorder.sockets[0]
        server.emit("last", b"1")
        server.close(1000, "session ended")
        server.emit("too late", b"2")
        assert recorder.left == []
        assert await socket.receive() == '42["last",1]'
        assert await socket.closed() == 1000
        await until(lambda: recorder.left == ["session ended"])


async def test_after_closing_nothing_that_waits_is_begun() -> None:
    """A revoked session's commands end with it."""

    async def on_event(socket: Socket, arguments: list[Any]) -> None:
        socket.close(1008, "session ended")

    async with stage(Recorder(on_event=on_event)) as (port, recorder, _), client(port) as socket:
        await socket.connect()
        socket.raw(b"".join(socket.frame(1, b'42["x"]') for _ in range(5)))
        assert await socket.closed() == 1008
        assert recorder.events == [["x"]]


async def test_disconnecting_ends_the_namespace_only() -> None:
    async with stage(ping_interval=0.1) as (port, recorder, _), client(port) as socket:
        await socket.connect()
        recorder.sockets[0].disconnect()
        assert await socket.receive() == "41"
        await until(lambda: recorder.left == ["server namespace disconnect"])
        assert await socket.receive(pings=True) == "2"


@pytest.mark.parametrize("name", ["__proto__", "constructor", "connect", "disconnect", "nothing"])
async def test_strange_event_names_are_names_like_any_other(name: str) -> None:
    async with stage() as (port, recorder, _), client(port) as socket:
        await socket.connect()
        socket.send(f'421["{name}",{{"__proto__":1}}]')
        assert await socket.receive() == "431[]"
        assert recorder.events == [[name, {"__proto__": 1}]]
        assert len(recorder.sockets) == 1
