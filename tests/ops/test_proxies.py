"""The proxy files of docs/self-hosting.md, run as they stand there with the real Caddy and nginx.

Only what differs from machine to machine is filled in: name, ports, certificate.
"""

import asyncio
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest
import socketio

from hearth.authority import renew_certificate
from hearth.contract import CONTRACT_VERSION
from tests.mariadb import find_free_port
from tests.security.bodies import encode, kdf
from tests.served import serve
from tests.unavailable import give_up

pytestmark = [pytest.mark.sqlite, pytest.mark.slow]
DOCUMENT = Path(__file__).parents[2] / "docs" / "self-hosting.md"
PROXIES = ("caddy", "nginx")
TRUSTED = "127.0.0.1/32,::1/128"
START_SECONDS = 20.0


@dataclass(frozen=True)
class Proxied:
    """A proxy with Hearth behind it, and what a visitor needs to trust it."""

    url: str
    port: int
    trust: ssl.SSLContext

    def visitor(self, address: str = "127.0.0.2", **options: Any) -> httpx.AsyncClient:
        """A visitor from an address of their own."""
        transport = httpx.AsyncHTTPTransport(verify=self.trust, local_address=address)
        return httpx.AsyncClient(base_url=self.url, transport=transport, **options)

    def session(self, token: str) -> aiohttp.ClientSession:
        """What a stock client uses; the token goes with every request, polls included."""
        connector = aiohttp.TCPConnector(ssl=self.trust, local_addr=("127.0.0.2", 0))
        return aiohttp.ClientSession(connector=connector, headers={"Authorization": f"Bearer {token}"})


def read_block(language: str) -> str:
    """Return the configuration that the document shows."""
    found = re.findall(rf"^```{language}\n(.*?)^```", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)
    assert len(found) == 1
    return str(found[0])


def fill_caddy(text: str, folder: Path, port: int, backend: int) -> list[str]:
    assert "chat.example.org {" in text and "localhost:8000" in text
    tls = f"tls {folder}/tls/server.crt {folder}/tls/server.key"
    text = text.replace("chat.example.org {", f"https://localhost:{port} {{\n\t{tls}")
    text = text.replace("localhost:8000", f"localhost:{backend}")
    path = folder / "Caddyfile"
    path.write_text("{\n\tadmin off\n\tauto_https disable_redirects\n}\n" + text)
    return ["run", "--config", str(path), "--adapter", "caddyfile"]


def fill_nginx(text: str, folder: Path, port: int, backend: int) -> list[str]:
    for shown, filled in (
        ("listen 443 ssl", f"listen {port} ssl"),
        ("chat.example.org;", "localhost;"),
        ("/etc/ssl/chat.example.org.pem", f"{folder}/tls/server.crt"),
        ("/etc/ssl/chat.example.org.key", f"{folder}/tls/server.key"),
        ("127.0.0.1:8000", f"127.0.0.1:{backend}"),
    ):
        assert shown in text
        text = text.replace(shown, filled)
    places = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    path = folder / "nginx.conf"
    path.write_text(
        f"pid {folder}/nginx.pid;\ndaemon off;\nmaster_process off;\nerror_log stderr warn;\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{places}{text}}}\n"
    )
    return ["-e", "stderr", "-p", str(folder), "-c", str(path)]


@pytest.fixture(scope="module", params=PROXIES)
def proxied(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    name: str = request.param
    program = shutil.which(name, path=f"{os.environ.get('PATH', '')}{os.pathsep}/usr/sbin")
    if program is None:
        reason = f"{name} is not installed; scripts/test installs it by apt when root"
        give_up(reason)
    folder = tmp_path_factory.mktemp(name)
    files = renew_certificate(folder, ["localhost"])
    port = find_free_port()
    url = f"https://localhost:{port}"
    options = ("--url", url, "--trusted-proxy", TRUSTED, "--insecure-test-kdf")
    with serve(folder / "data", *options, "--host", "localhost") as served:
        backend = find_backend_port(served.process.pid)
        fill = fill_caddy if name == "caddy" else fill_nginx
        text = read_block("caddyfile" if name == "caddy" else "nginx")
        with running([program, *fill(text, folder, port, backend)], folder, port):
            yield Proxied(url, port, ssl.create_default_context(cafile=str(files.authority)))


def find_backend_port(pid: int) -> int:
    """Return where a server that names only its public address listens."""
    inodes = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        if (link := os.readlink(entry)).startswith("socket:["):
            inodes.add(link[8:-1])
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        parts = line.split()
        if parts[3] == "0A" and parts[9] in inodes:
            return int(parts[1].rpartition(":")[2], 16)
    raise AssertionError("the server listens nowhere")


@contextmanager
def running(command: list[str], folder: Path, port: int) -> Iterator[None]:
    log = folder / "proxy.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=output,
            env=os.environ | {"HOME": str(folder), "XDG_DATA_HOME": str(folder)},
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while True:
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(15)


async def register(proxied: Proxied, name: str, address: str = "127.0.0.2") -> str:
    body = {
        "username": name,
        "display_name": "",
        "auth_key": encode(name.encode().ljust(32)),
        "kdf": kdf(),
        "device_name": "One",
        "session": "bearer",
    }
    async with proxied.visitor(address) as http:
        answer = await http.post("/api/register", json=body, headers={"Origin": proxied.url})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["token"])


async def test_pages_and_health_come_through(proxied: Proxied) -> None:
    async with proxied.visitor() as http:
        health = await http.get("/healthz")
        assert (health.status_code, health.json()) == (200, {"status": "ok"})
        assert health.headers["content-security-policy"].startswith("default-src 'none'")
        assert (await http.get("/api/session")).status_code == 401


@pytest.mark.parametrize("transports", [["websocket"], ["polling"], ["polling", "websocket"]], ids=str)
async def test_a_socket_works_by_every_transport(proxied: Proxied, transports: list[str]) -> None:
    token = await register(proxied, f"alice.{'.'.join(transports)}")
    async with proxied.session(token) as session:
        client = socketio.AsyncClient(http_session=session, reconnection=False, handle_sigint=False)
        await client.connect(
            proxied.url,
            auth={"contract": CONTRACT_VERSION},
            transports=transports,
            wait_timeout=10,
        )
        for _ in range(3):
            answer = await client.call("device.list", {}, timeout=10)
            assert [device["name"] for device in answer["ok"]["devices"]] == ["One"]
        assert client.transport() == transports[-1]
        await client.disconnect()


async def test_an_event_is_not_held_back(proxied: Proxied) -> None:
    """A proxy that buffers would keep a long poll's answer until there is more."""
    token = await register(proxied, "carol")
    async with proxied.session(token) as session:
        client = socketio.AsyncClient(http_session=session, reconnection=False, handle_sigint=False)
        heard = asyncio.Event()
        client.on("log", lambda entry: heard.set())
        await client.connect(proxied.url, transports=["polling"], wait_timeout=10)
        async with proxied.visitor(headers={"Authorization": f"Bearer {token}"}) as http:
            begun = time.monotonic()
            await http.post("/api/profile.update", json={"about": "here"})
        async with asyncio.timeout(5):
            await heard.wait()
        assert time.monotonic() - begun < 3
        await client.disconnect()


@pytest.mark.parametrize("connection", ["Upgrade", "keep-alive, Upgrade"])
async def test_a_list_of_connection_tokens_upgrades(proxied: Proxied, connection: str) -> None:
    """Firefox sends the list."""
    token = await register(proxied, f"bob.{len(connection)}")
    reader, writer = await asyncio.open_connection("localhost", proxied.port, ssl=proxied.trust)
    writer.write(
        f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost:{proxied.port}\r\n"
        f"Connection: {connection}\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: {proxied.url}\r\n"
        f"Authorization: Bearer {token}\r\n\r\n".encode()
    )
    async with asyncio.timeout(10):
        assert (await reader.readline()).startswith(b"HTTP/1.1 101 ")
        await reader.readuntil(b"\r\n\r\n")
        assert b'0{"sid":"' in await reader.read(500)
    writer.close()
    await writer.wait_closed()


async def test_limits_count_the_visitor_and_not_the_proxy(proxied: Proxied) -> None:
    """Thirty registrations an hour from one network; what a visitor claims to forward changes nothing."""
    async with proxied.visitor("127.0.0.8") as http:
        statuses = [
            (await http.post("/api/register", json={}, headers=forged)).status_code
            for forged in ({"X-Forwarded-For": f"198.51.100.{n}"} for n in range(31))
        ]
    assert statuses == [400] * 30 + [429]
    async with proxied.visitor("127.0.0.9") as http:
        assert (await http.post("/api/register", json={})).status_code == 400


async def test_cookies_are_those_of_https_and_origins_are_checked(proxied: Proxied) -> None:
    await register(proxied, "dave")
    body = {"username": "dave", "auth_key": encode(b"dave".ljust(32)), "device_name": "Two"}
    async with proxied.visitor() as http:
        foreign = await http.post("/api/sign-in", json=body, headers={"Origin": "https://evil.example"})
        assert foreign.status_code == 403
        answer = await http.post("/api/sign-in", json=body, headers={"Origin": proxied.url})
        assert answer.status_code == 200
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-hearth=") and "Secure" in cookie and "HttpOnly" in cookie
        assert (await http.get("/api/session")).json()["user"]["username"] == "dave"


async def test_p12_metrics_are_not_for_visitors(proxied: Proxied) -> None:
    async with proxied.visitor() as http:
        for headers in ({}, {"X-Forwarded-For": "127.0.0.1"}, {"Host": "localhost"}):
            assert (await http.get("/metrics", headers=headers)).status_code in (404, 421)
