"""Hostile sockets against the real server: not signed in, signed out, in floods, in fragments."""

import asyncio
import base64
import contextlib
import json
import os
import time
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from sqlalchemy import update

import hearth.app
from hearth.accounts.tables import DEVICE, USER
from hearth.app import HANDLERS
from hearth.contract import Actor
from hearth.wire.dispatch import Dispatcher
from tests.scenarios.server import RunningServer
from tests.security.bodies import kdf
from tests.security.conftest import ask_by_http, read_ack
from tests.security.people import People, gather_people
from tests.wire.edge_stage import POLLING, SOCKETIO, client, open_polling, request, until


@pytest.fixture
async def server(database_url: str, tmp_path: Path) -> AsyncIterator[RunningServer]:
    """A server with the limits that people get."""
    running = RunningServer(database_url, tmp_path, limit_scale=1.0)
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def people(server: RunningServer) -> People:
    return await gather_people(server.app.services)


@pytest.fixture
def run_names() -> Iterator[list[str]]:
    """The names of all commands that any handler was run for, by whichever face."""
    names: list[str] = []
    original = Dispatcher._begin

    def begin(self: Dispatcher, actor: Actor, name: str, raw: bytes) -> object:
        names.append(name)
        return original(self, actor, name, raw)

    with patch.object(Dispatcher, "_begin", begin):
        yield names


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_A09_nobody_runs_a_handler(server: RunningServer, people: People, run_names: list[str]) -> None:
    """Without a token, with a dead or broken one, before CONNECT and in a foreign namespace."""
    run_names.clear()
    dead = people.by_role["revoked"].token
    for token in (None, dead, "", "x", "x" * 5000, dead[:-1], dead.upper()):
        headers = {} if token is None else bearer(token)
        async with client(server.port) as asker:
            await asker.shake(headers=headers)
            asker.send("40")
            for number, name in enumerate(HANDLERS):
                asker.send(f'42{number}["{name}",{{}}]')
            assert await asker.closed() == 1008
    for first in ("", "40/admin,", "40/,"):
        async with client(server.port) as early:
            await early.shake(headers=bearer(people.alice.token))
            if first:
                early.send(first)
            for name in HANDLERS:
                early.send(f'42/admin,1["{name}",{{}}]' if first else f'421["{name}",{{}}]')
            assert await early.closed() in (1002, 1008)
    assert run_names == []


async def test_S02_a_polling_session_dies_with_the_sign_out(server: RunningServer, people: People) -> None:
    headers = bearer(people.alice.token)
    sid = await open_polling(server.port, headers)
    address = f"{POLLING}&sid={sid}"
    assert (await request(server.port, "POST", address, b"40", headers))[0] == 200
    status, _ = await request(server.port, "POST", "/api/sign-out", headers=headers)
    assert status == 200
    for method, body in (("POST", b'42["device.list"]'), ("GET", b"")):
        assert (await request(server.port, method, address, body, headers))[0] == 400


@pytest.mark.parametrize("how", ["device.revoke", "account.delete", "account.change_password"])
async def test_S02_who_was_recognised_before_the_session_ended_is_not_let_in_after(
    server: RunningServer, people: People, run_names: list[str], how: str
) -> None:
    """A thief who keeps a half-made connection in reserve gets nothing by it once the owner has ended it."""
    phone, key = people.others["phone"], base64.b64encode(people.alice.auth_key).decode()
    fields = {
        "device.revoke": {"device_id": phone.actor.device_id.hex(), "auth_key": key},
        "account.delete": {"auth_key": key},
        "account.change_password": {
            "old_auth_key": key,
            "auth_key": base64.b64encode(b"n" * 32).decode(),
            "kdf": kdf(),
        },
    }[how]
    async with client(server.port) as reserve:
        await reserve.shake(headers=bearer(phone.token))
        assert str(await reserve.receive()).startswith("0{")
        answer = await ask_by_http(server.url, people.alice.token, how, fields)
        assert "ok" in answer, answer
        run_names.clear()
        reserve.send("40")
        reserve.send('427["profile.update",{"about":"still here"}]')
        async with asyncio.timeout(5):
            assert await reserve.closed() == 1008
    assert run_names == []


async def test_S04_a_session_ended_by_another_process_is_cut_within_five_seconds(
    server: RunningServer, people: People
) -> None:
    """As the command line disables somebody: in the database, without a word to this process."""
    alice, now = people.alice.actor, server.app.services.clock.now()
    async with client(server.port) as socket, client(server.port) as other:
        await socket.connect(headers=bearer(people.alice.token))
        await other.connect(headers=bearer(people.by_role["friend"].token))
        async with server.app.services.database.transaction("write") as transaction:
            await transaction.execute(update(USER).where(USER.c.id == alice.user_id).values(disabled_at=now))
            own = DEVICE.c.user_id == alice.user_id
            await transaction.execute(update(DEVICE).where(own).values(revoked_at=now))
        async with asyncio.timeout(5):
            assert await socket.closed() == 1000
        status, _ = await request(server.port, "GET", "/api/session", headers=bearer(people.alice.token))
        assert status == 401
        other.send('427["device.list",{}]')
        assert "ok" in await read_ack(other), "nobody else is disturbed"


@pytest.mark.parametrize("how", ["disabled", "deleted", "expired", "revoked"])
async def test_W05_the_regular_check_finds_every_session_that_is_no_more(
    server: RunningServer, people: People, how: str
) -> None:
    """However it ended, and whoever forgot to say so; the check comes at least every half hour."""
    assert hearth.app.RECHECK_SECONDS <= 30 * 60
    alice, now = people.alice.actor, server.app.services.clock.now()
    user, device = USER.c.id == alice.user_id, DEVICE.c.id == alice.device_id
    ways = {
        "disabled": update(USER).where(user).values(disabled_at=now),
        "deleted": update(USER).where(user).values(deleted_at=now),
        "expired": update(DEVICE).where(device).values(last_seen=now - timedelta(days=91)),
        "revoked": update(DEVICE).where(device).values(revoked_at=now - timedelta(days=1)),
    }
    async with client(server.port) as socket, client(server.port) as other:
        await socket.connect(headers=bearer(people.alice.token))
        await other.connect(headers=bearer(people.by_role["friend"].token))
        async with server.app.services.database.transaction("write") as transaction:
            await transaction.execute(ways[how])
        await server.app._end_stale_sockets()
        assert await socket.closed() == 1000
        other.send('427["device.list",{}]')
        assert "ok" in await read_ack(other), "nobody else is disturbed"


async def test_W08_attachments_are_never_part_of_a_command(server: RunningServer, people: People) -> None:
    for announced in ("9999999999", "99", "11"):
        async with client(server.port) as socket:
            await socket.connect(headers=bearer(people.alice.token))
            socket.send(f'45{announced}-7["message.send",{{"_placeholder":true,"num":0}}]')
            assert await socket.closed() == 1002
    async with client(server.port) as socket:
        await socket.connect(headers=bearer(people.alice.token))
        fields = {"conversation_id": people.notes, "client_id": "0" * 32, "counter": 9}
        event = json.dumps(["message.send", {**fields, "record": {"_placeholder": True, "num": 0}}])
        socket.send(f"451-7{event}")
        socket.send(b"bytes")
        assert (await read_ack(socket))["error"]["code"] == "invalid_input"


async def test_W09_a_flood_ends_its_own_socket_and_nobody_elses_patience(
    server: RunningServer, people: People
) -> None:
    """Ten thousand events a second from one socket, while another's answers are timed."""
    waits: list[float] = []

    async def flood() -> list[int]:
        codes = []
        for _ in range(5):
            async with client(server.port) as attacker:
                await attacker.connect(headers=bearer(people.by_role["strange"].token))
                frame = attacker.frame(1, b'421["device.list",{}]')
                with contextlib.suppress(OSError):
                    for _ in range(10):
                        attacker.raw(frame * 1000)
                        await attacker.writer.drain()
                        await asyncio.sleep(0)
                codes.append(await attacker.closed())
        return codes

    async with client(server.port) as socket:
        await socket.connect(headers=bearer(people.alice.token))
        flooding = asyncio.create_task(flood())
        while not flooding.done() or len(waits) < 20:
            begun = time.monotonic()
            socket.send('427["sync.log",{"after":0}]')
            assert "ok" in await read_ack(socket)
            waits.append(time.monotonic() - begun)
            await asyncio.sleep(0.02)
        codes = await flooding
    assert set(codes) <= {1008, 1006}, "too many events, or the connection reset under them"
    assert sorted(waits)[int(len(waits) * 0.99)] <= 2.0


async def test_W09_patient_floods_are_ended_too(server: RunningServer, people: People) -> None:
    """Who waits for each answer does not overflow the inbox, but the socket's own limit."""
    async with client(server.port) as attacker:
        await attacker.connect(headers=bearer(people.by_role["strange"].token))
        answered = 0
        with contextlib.suppress(ConnectionResetError):
            while answered < 2000:
                attacker.send('427["no.such",{}]')
                await read_ack(attacker)
                answered += 1
        assert 500 <= answered < 1000


async def test_W13_a_user_has_twenty_sockets_and_the_others_their_own(
    server: RunningServer, people: People
) -> None:
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(20):
            socket = await stack.enter_async_context(client(server.port))
            await socket.connect(headers=bearer(people.alice.token))
        surplus = await stack.enter_async_context(client(server.port))
        await surplus.shake(headers=bearer(people.alice.token))
        assert str(await surplus.receive()).startswith("0")
        surplus.send("40")
        assert await surplus.receive() == '44{"message":"too_many_sockets"}'
        friend = await stack.enter_async_context(client(server.port))
        await friend.connect(headers=bearer(people.by_role["friend"].token))


async def test_W13_one_address_has_a_hundred_sockets_signed_in_or_not(
    server: RunningServer, people: People
) -> None:
    async with contextlib.AsyncExitStack() as stack:
        statuses = []
        for number in range(104):
            socket = await stack.enter_async_context(client(server.port))
            is_known = number < 102
            await socket.shake(headers=bearer(people.by_role["friend"].token) if is_known else {})
            statuses.append(socket.status)
        assert statuses == [101] * 100 + [503] * 4
        assert server.app.edge.connection_count == 100
    await until(lambda: server.app.edge.connection_count == 0)


async def test_W14_acknowledgements_never_asked_for_mean_nothing(
    server: RunningServer, people: People
) -> None:
    async with client(server.port) as socket:
        await socket.connect(headers=bearer(people.alice.token))
        for packet in ("430[]", "43999999999999[1]", '437[{"ok":1}]', "43/,1[]"):
            socket.send(packet)
        socket.send('427["device.list",{}]')
        assert "ok" in await read_ack(socket)


async def test_W15_a_foreign_cursor_recovers_nothing(server: RunningServer, people: People) -> None:
    """Cursors say where to begin in one's own log; Engine.IO sids open nobody else's session."""
    stranger = bearer(people.by_role["strange"].token)
    async with client(server.port) as socket:
        await socket.connect(headers=stranger)
        generation = server.app.services.identity.generation.hex()
        known = {people.pair("friend"): 1, people.notes: 1, people.group.hex(): 0}
        fields = {"generation": generation, "log_seq": 3, "conversations": known}
        socket.send(f'427["sync.open",{json.dumps(fields)}]')
        opened = (await read_ack(socket))["ok"]
        text = json.dumps(opened)
        assert people.alice.username not in text
        assert not any(conversation_id in text for conversation_id in known)
    sid = await open_polling(server.port, bearer(people.alice.token))
    for method in ("GET", "POST"):
        assert (await request(server.port, method, f"{POLLING}&sid={sid}", b"40", stranger))[0] == 400
    async with client(server.port) as thief:
        await thief.shake(f"{SOCKETIO}&sid={sid}", stranger)
        assert await thief.closed() == 1008


async def test_W16_smuggled_requests_are_not_served(server: RunningServer, people: People) -> None:
    """Two lengths, a length beside chunks, broken lengths: the connection ends before what is hidden."""
    inner = f"GET /api/session HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {people.alice.token}\r\n\r\n"
    heads = (
        "Content-Length: 4\r\nContent-Length: 5\r\n",
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        "Transfer-Encoding: xchunked\r\nContent-Length: 0\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: +4\r\n",
        "Content-Length: 0x4\r\n",
        "Content-Length: 99999999999999999999999\r\n",
        "Transfer-Encoding : chunked\r\n",
    )
    for head in heads:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        text = f"POST /api/sign-out HTTP/1.1\r\nHost: x\r\n{head}\r\n0\r\n\r\n{inner}"
        writer.write(text.encode())
        async with asyncio.timeout(2):
            answer = await reader.read()
        writer.close()
        assert people.alice.username.encode() not in answer, head


async def test_W16_a_body_behind_an_upgrade_is_no_request(server: RunningServer, people: People) -> None:
    inner = f"GET /api/session HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {people.alice.token}\r\n\r\n"
    async with client(server.port) as smuggler:
        headers = {**bearer(people.by_role["strange"].token), "Content-Length": str(len(inner))}
        smuggler.raw(b"")
        await smuggler.shake(headers=headers)
        smuggler.raw(inner.encode())
        left = b""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(3):
                left = await smuggler.reader.read()
        assert people.alice.username.encode() not in left


async def test_W06_a_giant_and_a_trickle_leave_the_others_alone(
    server: RunningServer, people: People
) -> None:
    """A gigabyte announced, a message in tiny fragments without end, a frame never finished."""
    async with client(server.port) as giant, client(server.port) as tiny, client(server.port) as alice:
        for socket in (giant, tiny):
            await socket.connect(headers=bearer(people.by_role["strange"].token))
        await alice.connect(headers=bearer(people.alice.token))
        giant.raw(b"\x81\xff" + (10**9).to_bytes(8, "big") + os.urandom(4) + b"42")
        tiny.raw(tiny.frame(1, b"4", fin=False))
        with contextlib.suppress(OSError):
            for _ in range(200):
                tiny.raw(tiny.frame(0, b"2", fin=False) * 1000)
                await tiny.writer.drain()
        assert await giant.closed() in (1009, 1006)
        assert await tiny.closed() in (1009, 1006)
        alice.send('427["device.list",{}]')
        assert "ok" in await read_ack(alice)
