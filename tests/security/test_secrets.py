"""Planted secrets: none is in any log, at the chattiest level of every library, nor in the clear on disk."""

import base64
import json
import logging
import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from hearth.accounts.rules import hash_token
from hearth.accounts.tables import DEVICE, USER
from hearth.db.server import load_identity
from tests.epochs.kit import make_record_of
from tests.epochs.written import begin_epochs
from tests.scenarios.server import RunningServer
from tests.security.bodies import encode, kdf
from tests.security.conftest import ask_raw, dump
from tests.wire.edge_stage import POLLING, client, open_polling, request

CANARY = "canary-" + secrets.token_hex(8)
KEY = CANARY.encode().ljust(32, b"!")
TEXT = f"meet me at the {CANARY} at noon"
RECORD = make_record_of(TEXT.encode())


class Everything(logging.Handler):
    """Keeps all that any formatter could write of a record."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.formatter = logging.Formatter()

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.split(".")[0] in ("httpx", "httpcore"):
            return  # the tests' own client
        self.lines.append(f"{record.name} {self.format(record)} {record.args!r} {record.__dict__!r}")


@pytest.fixture
def logged() -> Iterator[Everything]:
    """Every logger there is, at DEBUG, from before the server starts."""
    handler, root = Everything(), logging.getLogger()
    named = [
        logging.getLogger(name) for name in ("hearth", "quart", "uvicorn", "asyncio", "picows", "aiosqlite")
    ]
    levels = [(logger, logger.level) for logger in (root, *named)]
    for logger, _ in levels:
        logger.setLevel(logging.DEBUG)
    root.addHandler(handler)
    yield handler
    root.removeHandler(handler)
    for logger, level in levels:
        logger.setLevel(level)


@pytest.fixture
async def server(logged: Everything, database_url: str, tmp_path: Path) -> AsyncIterator[RunningServer]:
    running = RunningServer(database_url, tmp_path, limit_scale=100.0)
    await running.start()
    yield running
    await running.stop()


def forms(secret: str | bytes) -> set[str]:
    """How a secret could look in a log."""
    raw = secret.encode() if isinstance(secret, str) else secret
    found = {raw.hex(), base64.b64encode(raw).decode(), repr(raw)[2:-1]}
    return found | ({raw.decode()} if raw.isascii() else set())


async def live(server: RunningServer) -> list[str | bytes]:
    """Do everything that handles a secret, rightly and wrongly; returns the secrets that came about."""
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
        new = {"auth_key": encode(KEY), "kdf": kdf(), "device_name": CANARY}
        account = {"username": "alice", "display_name": "Alice", "session": "bearer", **new}
        token = (await http.post("/api/register", json=account)).json()["token"]
        sign_in = {"username": "alice", "auth_key": encode(KEY), "device_name": CANARY}
        answer = await http.post("/api/sign-in", json=sign_in)
        cookie = answer.cookies["hearth"]
        http.cookies.clear()
        await http.post("/api/sign-in", json={**sign_in, "auth_key": encode(b"?" * 32), "username": CANARY})
        await http.post("/api/sign-in/reset", json={"token": CANARY, **new})
        await http.get(f"/api/session?token={token}", headers={"authorization": f"Bearer {CANARY}"})
        signed_in = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        opened = (await http.post("/api/sync.open", json={}, headers=signed_in)).json()
        notes = opened["items"][0]["conversation"]["id"]
        await begin_epochs(server.app.services, bytes.fromhex(notes))
        message = {"conversation_id": notes, "client_id": secrets.token_hex(16), "counter": 1, "epoch": 1}
        message["record"] = encode(RECORD)
        await http.post("/api/message.send", json=message, headers=signed_in)
        await http.post("/api/message.send", content=json.dumps(message)[:-9], headers=signed_in)
        await http.post("/api/profile.update", json={"about": TEXT}, headers=signed_in)
        await http.post("/api/account.delete", json={"auth_key": encode(b"?" * 32)}, headers=signed_in)
        change = {"old_auth_key": encode(KEY), "auth_key": encode(KEY), "kdf": kdf()}
        await http.post("/api/account.change_password", json=change, headers=signed_in)
        await recover_in_vain(http, signed_in)
        await break_the_database(server, http, signed_in, account)
    event = json.dumps(["message.send", {**message, "client_id": secrets.token_hex(16)}]).encode()
    await ask_raw(server.port, token, event)
    await ask_raw(server.port, token, event[:-3])
    bearer = {"Authorization": f"Bearer {token}"}
    sid = await open_polling(server.port, bearer)
    await request(server.port, "POST", f"{POLLING}&sid={sid}", b"40", bearer)
    await request(server.port, "POST", f"{POLLING}&sid={sid}", b"42" + event, bearer)
    async with client(server.port) as broken:
        await broken.connect(headers={"Cookie": f"hearth={cookie}", **bearer})
        broken.raw(broken.frame(1, f"42{TEXT}".encode()))
        await broken.closed()
    async with client(server.port) as refused:
        await refused.shake(headers={"Cookie": f"hearth={cookie}", "Origin": "https://evil.example"})
    return [token, cookie, sid, CANARY, KEY, TEXT, RECORD, hash_token(token)]


async def recover_in_vain(http: httpx.AsyncClient, signed_in: dict[str, str]) -> None:
    """Proofs, tickets and links that lead nowhere, and a change of the chain that is none."""
    asked = {"username": CANARY, "proof": encode(KEY)}
    change = {"statements": [encode(KEY * 3)], "vault": {"sealed": encode(KEY * 2)}}
    finish = {"new_auth_key": encode(KEY), "kdf": kdf(), "device_name": CANARY, "change": change}
    for path, body, headers in (
        ("/api/recovery", asked, {}),
        ("/api/recovery/finish", {**asked, **finish, "ticket": CANARY}, {}),
        ("/api/reset", {"token": CANARY}, {}),
        ("/api/reset/finish", {"token": CANARY, **finish}, {}),
        ("/api/chain.set_up", {"auth_key": encode(KEY), "change": change}, signed_in),
        ("/api/chain.retire", {"statement": encode(KEY * 3)}, signed_in),
    ):
        answer = await http.post(path, json=body, headers=headers)
        assert answer.status_code >= 400 and CANARY not in answer.text, (path, answer.text)


async def break_the_database(
    server: RunningServer, http: httpx.AsyncClient, signed_in: dict[str, str], account: dict[str, Any]
) -> None:
    """Our own mistakes are logged with their trace: what they were about must not be in it."""
    database = server.app.services.database
    for table, path, body in (
        ("device", "/api/register", {**account, "username": "second"}),
        ("device", "/api/sign-in", {"username": "alice", "auth_key": encode(KEY), "device_name": CANARY}),
        ("user_log", "/api/profile.update", {"about": TEXT + "?"}),
    ):
        await run_sql(database, f"ALTER TABLE {table} RENAME TO gone")
        headers = {} if table == "device" else signed_in
        answer = await http.post(path, json=body, headers=headers)
        await run_sql(database, f"ALTER TABLE gone RENAME TO {table}")
        assert answer.status_code in (500, 503), (path, answer.text)
        assert CANARY not in answer.text and table not in answer.text


async def run_sql(database: Any, statement: str) -> None:
    async with database.transaction("write") as transaction:
        await transaction.exec_driver_sql(statement)


async def test_P01_no_secret_and_no_message_is_in_any_log(server: RunningServer, logged: Everything) -> None:
    logging.getLogger("hearth").debug("the wiretap works: %s", "visible")
    planted = await live(server)
    await server.stop()
    await server.start()
    text = "\n".join(logged.lines)
    assert "the wiretap works: visible" in text and "failed" in text
    for secret in planted:
        for form in forms(secret):
            lines = [line[:300] for line in logged.lines if form in line]
            assert lines == [], form


async def test_P17_P04_tokens_and_keys_are_not_kept(server: RunningServer) -> None:
    """What stands in the database opens nothing: tokens and keys are hashed, and looked up by their hash."""
    token, cookie, sid, *_ = await live(server)
    content = repr(await dump(server.app.services))
    for secret in (token, cookie, sid, KEY):
        assert not [form for form in forms(secret) if form in content]
    async with server.app.services.database.transaction("read") as transaction:
        hashes = (await transaction.execute(select(DEVICE.c.token_hash))).scalars().all()
        passwords = (await transaction.execute(select(USER.c.password))).scalars().all()
    assert hash_token(str(token)) in hashes and all(len(entry) == 32 for entry in hashes)
    assert all(password.startswith("v1$") for password in passwords)


async def test_P13_every_server_makes_its_own_secret(server: RunningServer) -> None:
    """There is no default and no setting for it."""
    services = server.app.services
    assert len(services.secret) == 32 and len(set(services.secret)) > 8
    assert (await load_identity(services.database))[1] == services.secret
    fields = set(type(services.config).__dataclass_fields__)
    assert not [name for name in fields if "debug" in name]
    assert [name for name in fields if "secret" in name] == []
    assert not server.app.asgi.debug and not server.app.asgi.testing
