"""What is answered before the application is asked: the same headers, nothing of what was sent (P16, P02)."""

import asyncio
import contextlib
import logging
import re
import ssl
from pathlib import Path

import pytest

from hearth.authority import renew_certificate
from tests.faults.rig.proxy import reset
from tests.scenarios.server import RunningServer
from tests.security.test_answers import HEADERS
from tests.served import serve

pytestmark = pytest.mark.asyncio(loop_scope="module")
SOCKET = "/socket.io/?EIO=4&transport=websocket"
UPGRADE = {
    "Host": "localhost",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}
MARK = "xyzzy"
"""Stands in every request and must be in no answer."""


def upgrade(path: str = SOCKET, method: str = "GET", **changes: str) -> bytes:
    fields = UPGRADE | {name.replace("_", "-"): value for name, value in changes.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{method} {path}&{MARK}=1 HTTP/1.1\r\n{head}X-Mark: {MARK}\r\n\r\n".encode()


REFUSED = {
    "no request": (b"xyzzy\r\n\r\n", 400),
    "a byte that has no place": (b"GET /xyzzy\xff HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "a method of another world": (b"CONNECT xyzzy:1 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "another protocol": (b"PRI * HTTP/2.0\r\n\r\nxyzzy\r\n\r\n", 400),
    "two lengths": (b"POST /xyzzy HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
    "a head without end": (b"GET /xyzzy HTTP/1.1\r\nX-A: " + b"a" * 40_000, 431),
    "another site": (upgrade(Origin=f"https://{MARK}.example"), 403),
    "another path": (upgrade("/nothing?"), 404),
    "another transport": (upgrade("/socket.io/?EIO=3&transport=websocket"), 400),
    "another version": (upgrade(Sec_WebSocket_Version=f"12 {MARK}"), 400),
    "no key": (upgrade(Sec_WebSocket_Key=f"<b>{MARK}</b>"), 400),
    "a short key": (upgrade(Sec_WebSocket_Key="AAAA"), 400),
    "two keys": (upgrade(sec_websocket_key=UPGRADE["Sec-WebSocket-Key"]), 400),
    "two upgrades": (upgrade(upgrade="websocket"), 400),
    "another method": (upgrade(method="POST"), 400),
    "a body": (upgrade(Content_Length="5"), 400),
    "a body of unknown length": (upgrade(Transfer_Encoding="chunked"), 400),
    "an upgrade before the answer": (b"GET /xyzzy HTTP/1.1\r\nHost: x\r\n\r\n" + upgrade(), 400),
    "headers in heaps": (upgrade(**{f"X_{number}": MARK for number in range(200)}), 400),
}
UNREAD = ("a byte that has no place",)
"""Refused before their Host was read."""


async def send_raw(
    port: int, request: bytes, trust: ssl.SSLContext | None = None
) -> tuple[int, dict[str, str], str]:
    """Send bytes as they are; returns status, headers in lower case, and whatever follows."""
    name = None if trust is None else "localhost"
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trust, server_hostname=name)
    writer.write(request)
    async with asyncio.timeout(5):
        answer = (await reader.read()).decode("latin-1")
    writer.close()
    head, _, rest = answer.partition("\r\n\r\n")
    status, *lines = head.split("\r\n")
    fields = [line.split(": ", 1) for line in lines]
    assert len({name.lower() for name, _ in fields}) == len(fields), "no header comes twice"
    return int(status.split()[1]), {name.lower(): value for name, value in fields}, rest


def check(answer: tuple[int, dict[str, str], str], status: int) -> None:
    found, headers, body = answer
    assert found == status
    assert "strict-transport-security" not in headers
    assert {name: headers.get(name) for name in HEADERS} == HEADERS
    assert headers["cache-control"] == "no-store"
    assert headers["connection"] == "close"
    assert len(body) == int(headers["content-length"])
    assert MARK not in str(answer)


@pytest.mark.parametrize("what", REFUSED)
async def test_P16_P02_refusals_below_the_application_have_all_headers(
    shared: RunningServer, what: str
) -> None:
    request, status = REFUSED[what]
    check(await send_raw(shared.port, request), status)


async def test_P16_a_full_house_has_all_headers_too(
    shared: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(shared.app.edge), "has_room", lambda *_: False)
    answer = await send_raw(shared.port, upgrade())
    check(answer, 503)
    assert int(answer[1]["retry-after"]) >= 1


@pytest.mark.sqlite
async def test_P16_refusals_over_https_ask_for_https_ever_after(tmp_path: Path) -> None:
    """But not for localhost, where other programs may speak plain HTTP."""
    made = renew_certificate(tmp_path / "data", ["localhost"])
    trust = ssl.create_default_context(cafile=made.authority)
    with serve(tmp_path / "data", "--host", "0.0.0.0") as served:
        port = int(served.url.rsplit(":", 1)[1])
        for what, (request, status) in REFUSED.items():
            for host, wanted in (("localhost", None), ("chat.example.org:8000", "max-age=31536000")):
                asked = re.sub(rb"Host: \w+", f"Host: {host}".encode(), request)
                found, headers, _ = await send_raw(port, asked, trust)
                assert found == status
                says_host = b"Host" in asked and what not in UNREAD
                expected = wanted if says_host else None
                assert headers.get("strict-transport-security") == expected, what


async def test_P02_a_defect_in_the_handshake_tells_nothing(
    shared: RunningServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> bool:
        raise RuntimeError(f"SELECT {MARK}")

    monkeypatch.setattr(type(shared.app.edge), "has_room", fail)
    check(await send_raw(shared.port, upgrade()), 500)
    assert any(record.levelno == logging.ERROR for record in caplog.records), "but somebody is told"


@pytest.mark.sqlite
async def test_W13_strangers_cannot_fill_the_log(tmp_path: Path) -> None:
    """Malformed requests, frames out of place and connections torn off in the middle leave no line each."""
    with serve(tmp_path / "data", "--insecure-test-kdf") as served:
        port = int(served.url.rsplit(":", 1)[1])
        before = served.output
        for _ in range(2):
            for request, status in REFUSED.values():
                assert (await send_raw(port, request))[0] == status
            for frames in (b"\xff" * 40, b"\x81\x05hello", b"\x89\x80\0\0\0\0" * 500):
                await tear_off(port, upgrade() + frames)
            await tear_off(port, b"POST /api/sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{")
            await tear_off(port, b"GET /api/registration HTTP/1.1\r\nHost: x\r\n\r\n" * 30)
        assert served.output == before


async def tear_off(port: int, data: bytes) -> None:
    """Send, wait until something comes or not, and reset the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    with contextlib.suppress(TimeoutError, OSError):
        async with asyncio.timeout(0.1):
            await reader.read(1)
    reset(writer)
