"""One real server for a whole file of security tests, and ways of asking it by either face."""

import asyncio
import functools
import json
import shutil
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import Select, select

from hearth.contract import Audience
from hearth.db.columns import METADATA
from hearth.db.tables import SERVER
from hearth.services import Services
from tests.conftest import KIND, make_mariadb_database
from tests.scenarios.server import RunningServer
from tests.security.people import People, gather_people
from tests.wire.edge_stage import TEXT, Client, client

PRESENCE = ("last_seen", "status")
"""Columns that change by merely being here."""


@pytest.fixture(scope="module")
def shared_database_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    if KIND == "sqlite":
        path = tmp_path_factory.mktemp("shared") / "hearth.db"
        shutil.copyfile(request.getfixturevalue("migrated_sqlite"), path)
        yield f"sqlite+aiosqlite:///{path.as_posix()}"
    else:
        yield from make_mariadb_database(request, request.getfixturevalue("migrated_mariadb"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(
    shared_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningServer]:
    """A server without limits worth mentioning: other tests are about those."""
    running = RunningServer(shared_database_url, tmp_path_factory.mktemp("data"), limit_scale=10_000.0)
    await running.start()
    yield running
    await running.stop()


class Listener:
    """Notes what a server publishes to anybody, but for presence, which has its own tests."""

    def __init__(self, services: Services) -> None:
        self.heard: list[tuple[Audience, str, bytes]] = []
        self._publish = services.bus.publish
        services.bus.publish = self.publish  # type: ignore[method-assign]  # a wiretap

    def publish(self, audience: Audience, name: str, *payloads: bytes) -> None:
        if name != "presence.changed":
            self.heard += [(audience, name, payload) for payload in payloads]
        self._publish(audience, name, *payloads)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def listener(shared: RunningServer) -> Listener:
    return Listener(shared.app.services)


@functools.cache
def list_selects() -> dict[str, Select[Any]]:
    """For each table what reads all of it, but for presence."""
    return {
        table.name: select(*(column for column in table.columns if column.name not in PRESENCE)).order_by(
            *table.primary_key
        )
        for table in METADATA.sorted_tables
    }


async def dump(services: Services) -> dict[str, list[tuple[Any, ...]]]:
    """Return everything that is stored, but for presence."""
    content = {}
    async with services.database.transaction("read") as transaction:
        for name, everything in list_selects().items():
            content[name] = [tuple(row) for row in await transaction.execute(everything)]
    return content


async def wipe(services: Services) -> None:
    """Forget everybody, so that what is compared stays small."""
    async with services.database.transaction("write") as transaction:
        for table in reversed(METADATA.sorted_tables):
            if table is not SERVER:
                await transaction.execute(table.delete())


async def ask_by_http(url: str, token: str | None, name: str, body: Any) -> Any:
    """Carry out a command; returns {"ok": …} or {"error": …} as the socket would say it."""
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    # Plain HTTP on this machine: a TLS context, made anew for each client, would cost more than the request.
    async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False, verify=False) as http:
        answer = await http.post(f"/api/{name}", json=body)
    content = answer.json()
    if answer.status_code == 200:
        return {"ok": content}
    assert answer.headers["content-type"] == "application/problem+json"
    assert content["status"] == answer.status_code
    return {"error": content}


async def ask_by_socket(port: int, token: str | None, name: str, body: Any) -> Any:
    """The same over a socket of its own. A session that this very command ends takes its ack along."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    async with client(port) as asker:
        await asker.shake(headers=headers)
        asker.send("40")
        try:
            asker.send("42" + "7" + json.dumps([name, body]))
            return await read_ack(asker)
        except ConnectionResetError as error:
            assert error.args == (1008,), "only who is not signed in is sent away"
            return {"error": {"code": "not_signed_in"}}


async def read_ack(asker: Client) -> Any:
    """Return the answer to event 7; what is told besides is passed over."""
    has_ended = False
    async with asyncio.timeout(8):
        while True:
            try:
                packet = str(await asker.receive())
            except ConnectionResetError:
                if has_ended:
                    return {"ok": {}}
                raise
            if packet.startswith("437["):
                return json.loads(packet[3:])[0]
            has_ended = has_ended or packet.startswith('42["session.ended"')


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def people(shared: RunningServer) -> People:
    """Alice and the others, for tests that leave them as they are."""
    return await gather_people(shared.app.services)


async def ask_raw(port: int, token: str, text: bytes) -> Any:
    """Send an event's JSON as it is over a socket; returns the ack, or the code of the closing frame."""
    async with client(port) as asker:
        await asker.connect(headers={"Authorization": f"Bearer {token}"})
        asker.raw(asker.frame(TEXT, b"427" + text))
        try:
            return await read_ack(asker)
        except ConnectionResetError as error:
            return error.args[0]
