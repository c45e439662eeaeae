"""Other people's pages cannot act in somebody's name, by socket or by any write (S14 to S16, W01)."""

from typing import Any

import httpx
import pytest

from hearth.app import HANDLERS
from tests.scenarios.server import RunningServer
from tests.security.people import People
from tests.wire.edge_stage import SOCKETIO, client, request

pytestmark = pytest.mark.asyncio(loop_scope="module")
PATHS = {"/api/<string:name>": [f"/api/{name}" for name in HANDLERS], "/api/<path:rest>": ["/api/any/thing"]}
SAFE = {"GET", "HEAD", "OPTIONS"}


def list_foreign(port: int) -> list[str]:
    own = f"http://127.0.0.1:{port}"
    return [
        "https://evil.example",
        "null",
        "",
        "file://",
        f"https://127.0.0.1:{port}",
        f"http://127.0.0.1:{port + 1}",
        "http://127.0.0.1",
        f"{own}.evil.example",
        f"{own}@evil.example",
        f"{own}/",
        f"{own}, {own}",
        f"http://evil.example/?{own}",
        f"http://127.0.0.1:{port}%00",
        f"http://localhost:{port}",
    ]


def list_writes(shared: RunningServer) -> list[tuple[str, str]]:
    writes = []
    for rule in shared.app.asgi.url_map.iter_rules():
        for method in (rule.methods or set()) - SAFE:
            if rule.rule != "/socket.io/":
                writes += [(method, path) for path in PATHS.get(rule.rule, [rule.rule])]
    return sorted(writes)


@pytest.mark.sqlite  # refused before any database is asked: once is enough
async def test_S14_S15_no_write_comes_from_another_site(shared: RunningServer, people: People) -> None:
    """Signing in and out are among them: login and logout CSRF."""
    writes = list_writes(shared)
    assert len(writes) > len(HANDLERS) + 5
    cookies = {"hearth": people.alice.token}
    async with httpx.AsyncClient(base_url=shared.url, cookies=cookies, trust_env=False) as http:
        foreign = list_foreign(shared.port)
        for number, (method, path) in enumerate(writes):
            for origin in (*foreign[:2], *foreign[number % 5 :: 5], None):
                headers = {} if origin is None else {"origin": origin}
                answer = await http.request(method, path, json={}, headers=headers)
                assert answer.json()["code"] == "foreign_origin", (method, path, origin)
                assert "access-control-allow-origin" not in answer.headers
        assert (await http.get("/api/session")).status_code == 200, "alice is signed in as before"


@pytest.mark.sqlite  # refused before any database is asked: once is enough
async def test_S14_what_a_form_can_send_is_no_command(shared: RunningServer, people: People) -> None:
    """Even from our own pages. Multipart is never read (M07)."""
    headers = {"origin": shared.url}
    cookies = {"hearth": people.alice.token}
    parts = b"".join(b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n' for _ in range(1000))
    async with httpx.AsyncClient(
        base_url=shared.url, cookies=cookies, headers=headers, trust_env=False
    ) as http:
        for name in HANDLERS:
            for kind in (
                "text/plain",
                "application/x-www-form-urlencoded",
                "multipart/form-data; boundary=x",
                "",
            ):
                content = parts if "multipart" in kind else b"{}"
                answer = await http.post(f"/api/{name}", content=content, headers={"content-type": kind})
                assert answer.json()["code"] == "unsupported_type", (name, kind)


async def test_S14_reading_changes_nothing(shared: RunningServer, people: People) -> None:
    """No command and no route that writes answers a GET or HEAD."""
    headers = {"authorization": f"Bearer {people.alice.token}"}
    async with httpx.AsyncClient(base_url=shared.url, headers=headers, trust_env=False) as http:
        for _, path in list_writes(shared):
            if path != "/api/avatar":
                assert (await http.get(path)).status_code in (404, 405), path
        assert (await http.get("/api/avatar")).status_code in (404, 405)


async def test_W01_a_socket_from_another_site_is_refused_before_the_upgrade(
    shared: RunningServer, people: People
) -> None:
    cookie = {"Cookie": f"hearth={people.alice.token}"}
    for origin in list_foreign(shared.port):
        async with client(shared.port) as foreign:
            host = {"Host": f"127.0.0.1:{shared.port}"}
            await foreign.shake(headers={**host, **cookie, "Origin": origin})
            assert foreign.status == 403, origin
    async with client(shared.port) as without:
        await without.shake(headers=cookie)
        assert without.status == 403, "browsers always name an origin; a cookie without one is a trick"
    async with client(shared.port) as rebound:
        names = {"Host": f"evil.example:{shared.port}", "Origin": f"http://evil.example:{shared.port}"}
        await rebound.shake(headers={**cookie, **names})
        assert rebound.status == 403, "a foreign name that leads here (DNS rebinding)"
    async with client(shared.port) as own:
        host_name = f"127.0.0.1:{shared.port}"
        await own.connect(headers={"Host": host_name, **cookie, "Origin": f"http://{host_name}"})


async def test_W01_polling_from_another_site_is_refused(shared: RunningServer, people: People) -> None:
    for origin in list_foreign(shared.port):
        headers: dict[str, Any] = {"Cookie": f"hearth={people.alice.token}", "Origin": origin}
        status, _ = await request(shared.port, "GET", headers=headers)
        assert status == 403, origin


async def test_W02_tokens_in_addresses_are_not_looked_at(shared: RunningServer, people: People) -> None:
    token = people.alice.token
    for name in ("token", "access_token", "auth", "hearth", "Authorization"):
        async with client(shared.port) as asker:
            await asker.shake(f"{SOCKETIO}&{name}={token}")
            assert await asker.closed() == 1008
        status, _ = await request(shared.port, "GET", f"/api/session?{name}={token}")
        assert status == 401
