"""What answers carry whatever happens: headers, caching, nothing of the inside."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from hearth.app import CLIENT_FOLDER
from hearth.wire.pages import read_client
from tests.properties.world import make_png
from tests.scenarios.server import RunningServer
from tests.security.people import People
from tests.wire.edge_stage import POLLING

pytestmark = pytest.mark.asyncio(loop_scope="module")
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; "
    "media-src 'self' blob:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types svelte-trusted-html hearth"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(self), geolocation=(), payment=(), usb=()",
}
"""The snapshot: change it knowingly."""
INSIDE = re.compile(
    r"Traceback|sqlalchemy|sqlite|asyncmy|SELECT |File \"|/hearth/|\.py\b|quart|werkzeug|uvicorn", re.I
)
HIDDEN = (
    "/.git/config",
    "/.git/HEAD",
    "/.env",
    "/.vite/manifest.json",
    "/.well-known/../.git/config",
    "/assets/../../app.py",
    "/assets/..%2f..%2fapp.py",
    "/..%2f..%2fetc/passwd",
    "/assets/index.js.map",
    "/assets/nothing.js",
)
ABSENT = (
    "/metrics",
    "/debug",
    "/admin",
    "/server-status",
    "/console",
    "/api/",
    "/api",
    "/api/docs",
    "/openapi.json",
)


def ask(shared: RunningServer, token: str | None = None) -> httpx.AsyncClient:
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    return httpx.AsyncClient(base_url=shared.url, headers=headers, trust_env=False)


async def list_answers(shared: RunningServer, people: People) -> list[tuple[str, httpx.Response]]:
    """One of every kind of answer."""
    json_type = {"content-type": "application/json"}
    answers: list[tuple[str, httpx.Response]] = []
    async with ask(shared, people.alice.token) as http:
        png = {"content-type": "image/png"}
        saved = await http.put("/api/avatar", content=make_png(b"red"), headers=png)
        session = await http.get("/socket.io/", params={"EIO": "4", "transport": "polling"})
        requests: list[tuple[str, str, dict[str, Any]]] = [
            ("GET", "/", {}),
            ("GET", "/c/00", {}),
            ("HEAD", "/", {}),
            ("OPTIONS", "/api/session", {}),
            ("GET", "/api/session", {}),
            ("GET", "/api/health", {}),
            ("GET", f"/api/avatars/{saved.json()['avatar_id']}", {}),
            ("GET", "/api/avatars/none", {}),
            ("GET", "/api/nothing/here", {}),
            ("GET", "/trust", {}),
            ("DELETE", "/api/session", {}),
            ("TRACE", "/", {}),
            ("POST", "/api/device.list", {"content": b"{}", "headers": json_type}),
            ("POST", "/api/device.list", {"content": b"{", "headers": json_type}),
            ("POST", "/api/device.list", {"content": b"{}"}),
            ("POST", "/api/device.list", {"content": b" " * 200_000, "headers": json_type}),
            ("POST", "/api/device.list", {"headers": {**json_type, "origin": "https://evil.example"}}),
            ("POST", "/api/no.such", {"content": b"{}", "headers": json_type}),
            ("POST", "/api/register", {"content": b"{}", "headers": json_type}),
            ("GET", POLLING, {}),
            ("GET", "/socket.io/", {}),
            ("POST", f"{POLLING}&sid=none", {"content": b"2"}),
            ("PUT", "/socket.io/", {}),
        ]
        requests += [("GET", f"/{name}", {}) for name in list(read_client(CLIENT_FOLDER))[:12]]
        for method, path, options in requests:
            answers.append((f"{method} {path}", await http.request(method, path, **options)))
        answers.append(("session", session))
    async with ask(shared) as nobody:
        answers.append(("nobody", await nobody.get("/api/session")))
    return answers


async def test_P16_T12_T13_every_kind_of_answer_has_the_same_headers(
    shared: RunningServer, people: People
) -> None:
    for what, answer in await list_answers(shared, people):
        expected = dict(HEADERS)
        if answer.headers.get("content-type") == "image/png" and what.startswith("GET /api/avatars"):
            expected["content-security-policy"] = "default-src 'none'; sandbox"
        found = {name: answer.headers.get(name) for name in HEADERS}
        assert found == expected, (what, answer.status_code)
        assert "server" not in answer.headers and "x-powered-by" not in answer.headers, what
        assert "access-control-allow-origin" not in answer.headers, what


async def test_P03_nothing_personal_is_stored_by_any_cache(shared: RunningServer, people: People) -> None:
    for what, answer in await list_answers(shared, people):
        control = answer.headers["cache-control"]
        if (
            answer.status_code < 300
            and " /api/" not in what
            and "socket.io" not in what
            and what != "session"
        ):
            assert control in ("no-cache", "public, max-age=31536000, immutable", "no-store"), what
            assert answer.headers.get("vary", "Accept-Encoding") == "Accept-Encoding"
            assert "set-cookie" not in answer.headers
        else:
            assert control in ("no-store", "private, no-store"), (what, answer.status_code, control)


async def test_P02_errors_tell_nothing_of_the_inside(shared: RunningServer, people: People) -> None:
    for what, answer in await list_answers(shared, people):
        if answer.status_code < 400 or what.startswith("HEAD"):
            continue
        assert not INSIDE.search(answer.text), (what, answer.text[:300])
        if "socket.io" not in what:
            assert answer.headers["content-type"] == "application/problem+json", (what, answer.status_code)
            assert answer.json().keys() <= {
                "type",
                "title",
                "status",
                "code",
                "detail",
                "retry_after",
                "fields",
            }


async def test_P12_what_is_not_for_the_public_is_not_there(shared: RunningServer, people: People) -> None:
    async with ask(shared, people.by_role["admin"].token) as http:
        for path in HIDDEN:
            raw = await send_as_it_is(shared.port, path)
            assert raw.startswith(b"HTTP/1.1 404"), (path, raw[:80])
        for path in ABSENT:
            answer = await http.get(path, headers={"x-forwarded-for": "203.0.113.5"})
            is_shell = answer.headers["content-type"].startswith("text/html")
            assert is_shell or answer.status_code == 404, (path, answer.status_code)
            if not is_shell:
                assert answer.json()["code"] == "not_found"


async def send_as_it_is(port: int, path: str) -> bytes:
    """Ask for a path that a client library would tidy up first."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())
    async with asyncio.timeout(5):
        answer = await reader.read()
    writer.close()
    return answer


async def test_P12_no_source_map_and_no_build_file_is_served(tmp_path: Path) -> None:
    for name in ("index.html", "assets/a.js", "assets/a.js.map", ".vite/manifest.json", "assets/.secret"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x", encoding="utf-8")
    assert sorted(read_client(tmp_path)) == ["assets/a.js", "index.html"]
    for path in CLIENT_FOLDER.rglob("assets/*.js"):
        assert b"sourceMappingURL" not in path.read_bytes()[-400:], path.name


async def test_M10_ranges_are_not_served_apart(shared: RunningServer, people: People) -> None:
    async with ask(shared, people.alice.token) as http:
        saved = await http.put("/api/avatar", content=make_png(b"blu"), headers={"content-type": "image/png"})
        whole = make_png(b"blu")
        for ranges in ("bytes=0-1", "bytes=-5", "bytes=5-1", "bytes=" + ",".join(["0-"] * 4000)):
            answer = await http.get(f"/api/avatars/{saved.json()['avatar_id']}", headers={"range": ranges})
            assert (answer.status_code, answer.content) == (200, whole)


async def test_M06_compressed_bodies_are_not_inflated(shared: RunningServer, people: People) -> None:
    import gzip

    bomb = gzip.compress(b" " * 50_000_000)
    async with ask(shared, people.alice.token) as http:
        headers = {"content-type": "application/json", "content-encoding": "gzip"}
        answer = await http.post("/api/device.list", content=bomb, headers=headers)
        assert answer.json()["code"] in ("invalid_input", "unsupported_type")
        headers["content-type"] = "image/png"
        answer = await http.put("/api/avatar", content=gzip.compress(make_png(b"red")), headers=headers)
        assert answer.json()["code"] in ("invalid_input", "unsupported_type")


async def test_M07_a_body_in_chunks_without_end_is_refused(shared: RunningServer, people: People) -> None:
    """A length that is never said is counted while it comes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", shared.port)
    head = f"POST /api/device.list HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {people.alice.token}\r\n"
    writer.write(f"{head}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
    for _ in range(40):
        writer.write(b"2000\r\n" + b" " * 0x2000 + b"\r\n")
    async with asyncio.timeout(5):
        answer = await reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 413"), answer
        body = json.loads(await reader.readuntil(b"}"))
    assert body["code"] == "too_large"
    writer.close()
