"""Stock clients at a shipped `hearth serve`: signed in by cookie or token they get their commands acked."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import socketio
import socketio.exceptions

from hearth.db.engine import Database
from hearth.db.server import load_identity
from tests.clients.node import run_node
from tests.epochs.kit import make_record_of
from tests.epochs.written import Writer
from tests.served import serve

pytestmark = pytest.mark.sqlite

RECORD = b64encode(make_record_of(b"sealed elsewhere")).decode()
ACCOUNT = {
    "username": "alice",
    "display_name": "Alice",
    "auth_key": b64encode(bytes(32)).decode(),
    "kdf": {"salt": b64encode(bytes(16)).decode(), "memory": 65_536, "iterations": 3, "parallelism": 1},
    "device_name": "a stock client",
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shipped") / "data"


@pytest.fixture(scope="module")
def url(data: Path) -> Iterator[str]:
    with serve(data) as served:
        yield served.url


@pytest.fixture
async def http(url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=url, headers={"Origin": url}, trust_env=False) as http:
        yield http


async def register(http: httpx.AsyncClient, data: Path, username: str, session: str) -> dict[str, Any]:
    """Register somebody whose Notes are in their first epoch."""
    answer = await http.post("/api/register", json=ACCOUNT | {"username": username, "session": session})
    assert answer.status_code == 200, answer.text
    database = Database(f"sqlite+aiosqlite:///{data.as_posix()}/hearth.db")
    await database.start()
    identity, _ = await load_identity(database)
    async with database.transaction("write") as transaction:
        await Writer(transaction, identity.server_id, datetime.now(UTC)).write()
    await database.stop()
    return dict(answer.json())


def list_commands(opened: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Write into Notes, read it back, and ask something that is refused."""
    (notes,) = opened["ok"]["items"]
    place = {"conversation_id": notes["conversation"]["id"]}
    return [
        ("message.send", place | {"client_id": "ab" * 16, "counter": 1, "record": RECORD, "epoch": 1}),
        ("message.history", place | {"seq": 0}),
        ("message.history", {"conversation_id": "nonsense"}),
    ]


def check_answers(sent: dict[str, Any], page: dict[str, Any], refused: dict[str, Any]) -> None:
    assert sent["ok"]["seq"] == 1
    assert [entry["record"] for entry in page["ok"]["entries"]] == [RECORD]
    assert refused["error"]["code"] == "invalid_input"


async def test_the_npm_client_signed_in_by_cookie(url: str, data: Path, http: httpx.AsyncClient) -> None:
    await register(http, data, "nora", "cookie")
    (cookie,) = http.cookies.jar
    headers = {"Cookie": f"{cookie.name}={cookie.value}", "Origin": url}
    opening = await run_node("shipped.mjs", {"url": url, "headers": headers, "commands": [["sync.open", {}]]})
    (opened,) = opening["answers"]
    commands = list_commands(opened)
    report = await run_node("shipped.mjs", {"url": url, "headers": headers, "commands": commands})
    check_answers(*report["answers"])
    foreign = headers | {"Origin": "https://elsewhere.example"}
    refused = await run_node("shipped.mjs", {"url": url, "headers": foreign, "commands": commands})
    assert "answers" not in refused
    assert refused["refused"]


async def test_the_npm_client_signed_in_by_token(url: str, data: Path, http: httpx.AsyncClient) -> None:
    signed_in = await register(http, data, "nils", "bearer")
    headers = {"Authorization": f"Bearer {signed_in['token']}"}
    opening = await run_node("shipped.mjs", {"url": url, "headers": headers, "commands": [["sync.open", {}]]})
    (opened,) = opening["answers"]
    report = await run_node(
        "shipped.mjs", {"url": url, "headers": headers, "commands": list_commands(opened)}
    )
    check_answers(*report["answers"])


async def test_the_python_client_signed_in_by_token(url: str, data: Path, http: httpx.AsyncClient) -> None:
    signed_in = await register(http, data, "petra", "bearer")
    client = socketio.AsyncClient(reconnection=False)
    heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    client.on("message.sent", heard.put)
    await client.connect(url, headers={"Authorization": f"Bearer {signed_in['token']}"}, auth={"contract": 1})
    assert client.transport() == "websocket"
    opened = await client.call("sync.open", {})
    check_answers(*[await client.call(name, fields) for name, fields in list_commands(opened)])
    assert (await asyncio.wait_for(heard.get(), 10))["entry"]["record"] == RECORD
    await client.disconnect()


async def test_without_credentials_nobody_is_let_in(url: str) -> None:
    client = socketio.AsyncClient(reconnection=False)
    # A RuntimeError when the body of the refusal comes after its head: the client reads it from a connection
    # that it has closed itself.
    with pytest.raises((socketio.exceptions.ConnectionError, RuntimeError)):
        await client.connect(url, auth={"contract": 1})
    assert not client.connected
    report = await run_node("shipped.mjs", {"url": url, "headers": {}, "commands": [["sync.open", {}]]})
    assert report.keys() == {"refused"}
