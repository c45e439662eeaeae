"""`hearth user …` beside a running server: what it changes is felt there within seconds (S04)."""

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from sqlalchemy import update

from hearth.accounts.contract import SessionEnded
from hearth.accounts.rules import AccountDisabled
from hearth.accounts.tables import USER
from hearth.admin.contract import AdminUser, DisableUser
from hearth.client import Client
from hearth.errors import HearthError, WrongPassword
from tests.scenarios.server import RunningServer

PASSWORD = "correct horse battery"


async def hearth(server: RunningServer, *arguments: str) -> subprocess.CompletedProcess[str]:
    database = server.config.database
    assert database is not None
    return await asyncio.to_thread(
        subprocess.run,
        [
            sys.executable,
            "-m",
            "hearth",
            *arguments,
            "--data",
            str(server.config.data),
            "--database",
            database,
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def test_s04_disabling_from_the_command_line_cuts_the_sockets_and_enabling_lets_in_again(
    server: RunningServer,
) -> None:
    alice = await Client.register(server.url, "alice", PASSWORD)
    bob = await Client.register(server.url, "bob", PASSWORD)
    await asyncio.gather(alice.connect(), bob.connect())
    with alice.events(SessionEnded) as ends:
        done = await hearth(server, "user", "disable", "Alice")
        finished = time.monotonic()
        assert done.returncode == 0, done.stderr
        async with asyncio.timeout(10):
            ended = await anext(aiter(ends))
        assert time.monotonic() - finished <= 5
    assert ended == SessionEnded(reason="disabled")
    with pytest.raises(HearthError, match=AccountDisabled.title):
        await Client.sign_in(server.url, "alice", PASSWORD)
    with pytest.raises(WrongPassword):
        await Client.sign_in(server.url, "alice", "guess guess guess")
    bearer = {"Authorization": f"Bearer {alice.file.state.token}"}
    async with httpx.AsyncClient(base_url=server.url, headers=bearer, trust_env=False) as http:
        assert (await http.get("/api/session")).status_code == 401
    assert bob.is_connected, "nobody else is touched"
    assert (await hearth(server, "user", "enable", "alice")).returncode == 0
    again = await Client.sign_in(server.url, "alice", PASSWORD)
    await asyncio.gather(alice.close(), bob.close(), again.close())


async def test_s04_an_administrator_cuts_the_sockets_within_a_second(server: RunningServer) -> None:
    chief = await Client.register(server.url, "chief", PASSWORD)
    alice = await Client.register(server.url, "alice", PASSWORD)
    async with server.app.services.database.transaction("write") as transaction:
        await transaction.execute(update(USER).where(USER.c.id == chief.user_id).values(is_admin=True))
    await asyncio.gather(alice.connect(), chief.connect())
    with alice.events(SessionEnded) as ends:
        begun = time.monotonic()
        await chief.call(DisableUser(user_id=alice.user_id), AdminUser)
        async with asyncio.timeout(5):
            assert await anext(aiter(ends)) == SessionEnded(reason="disabled")
            while len(server.app.registry) > 1:  # noqa: ASYNC110 - the registry tells nobody
                await asyncio.sleep(0.01)
        assert time.monotonic() - begun <= 1
    await asyncio.gather(alice.close(), chief.close())


async def test_a_list_shows_who_there_is(server: RunningServer) -> None:
    for name in ("alice", "bob"):
        await (await Client.register(server.url, name, PASSWORD)).close()
    await hearth(server, "user", "disable", "bob")
    done = await hearth(server, "user", "list")
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert [row[0] for row in rows] == ["bob", "alice"]
    assert rows[0][2] == "0 devices" and rows[0][3].startswith("disabled ")
    assert rows[1][2:] == ["1 device"]
    assert (await hearth(server, "user", "list", "ali")).stdout.startswith("alice\t")


async def test_what_is_asked_wrongly_is_a_sentence(server: RunningServer, tmp_path: Path) -> None:
    for arguments, words in (
        (("user", "disable"), "hearth user disable NAME"),
        (("user", "disable", "nobody"), "no user 'nobody'"),
        (("user", "enable", "nobody"), "no user 'nobody'"),
    ):
        done = await hearth(server, *arguments)
        assert done.returncode == 1
        assert words in done.stderr
        assert "Traceback" not in done.stderr
