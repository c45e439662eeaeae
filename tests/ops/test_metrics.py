"""`/metrics`: the right figures, for the operator only."""

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from quart import Quart

from hearth.client import Client
from hearth.config import Config, ConfigError
from hearth.errors import HearthError, NotFound
from hearth.figures import Histogram
from hearth.lag import LoopLag
from hearth.messages.contract import SendMessage, Sent
from hearth.metrics_page import make_metrics_page
from hearth.safety import prepare, read_metrics_token
from tests.scenarios.server import RunningServer

TOKEN = "operator-token-0123456789"
Ask = Callable[..., Awaitable[int]]


async def read_figures(server: RunningServer) -> dict[str, float]:
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
        answer = await http.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    rows = [line.rsplit(" ", 1) for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in rows}


async def test_figures_tell_what_happened(server: RunningServer) -> None:
    async with await Client.register(server.url, "alice", "correct horse battery") as alice:
        for _ in range(3):
            await alice.send("Notes", "hello")
        with pytest.raises(NotFound):
            unfit = SendMessage(conversation_id="0" * 32, client_id="1" * 32, counter=1, record=b"\1x")
            await alice.call(unfit, Sent)
        bearer = {"Authorization": f"Bearer {alice.file.state.token}"}
        async with httpx.AsyncClient(base_url=server.url, headers=bearer, trust_env=False) as http:
            await http.post("/api/secret-guess", json={})
        found = await read_figures(server)
    assert found['hearth_commands_total{name="message.send",outcome="ok"}'] == 3
    assert found['hearth_commands_total{name="message.send",outcome="not_found"}'] == 1
    assert found['hearth_commands_total{name="unknown",outcome="not_found"}'] == 1
    assert found['hearth_requests_total{method="POST",route="/api/register",status="200"}'] == 1
    assert found["hearth_sockets"] == 1
    assert found["hearth_connections"] >= 1
    assert found["hearth_deliveries_total"] >= 3
    assert found["hearth_commit_seconds_count"] >= 3
    assert found["hearth_commit_batch_items_sum"] >= 4
    assert found['hearth_queue_depth{queue="committer"}'] == 0
    assert found["hearth_loop_lag_seconds_count"] >= 0
    assert any(name.startswith("hearth_info{") for name in found)
    assert not any("alice" in name or "guess" in name for name in found)
    if sys.platform == "linux":
        assert found["process_resident_memory_bytes"] > 1_000_000


async def test_storage_failures_are_counted(server: RunningServer) -> None:
    server.app.services.database.failures["disk full"] += 2
    found = await read_figures(server)
    assert found['hearth_storage_failures_total{reason="disk full"}'] == 2


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(data=tmp_path)


def make_ask(config: Config) -> Ask:
    """Ask a bare page, as whoever comes from an address with these headers."""

    async def write() -> bytes:
        return b"hearth_sockets 1.0\n"

    app = Quart("metrics", static_folder=None)
    app.register_blueprint(make_metrics_page(config, write))
    app.register_error_handler(HearthError, lambda error: ("", error.status))

    async def ask(peer: str = "127.0.0.1", host: str = "localhost:8000", **headers: str) -> int:
        given = {name.replace("_", "-"): value for name, value in headers.items()} | {"Host": host}
        answer = await app.test_client().get("/metrics", headers=given, scope_base={"client": (peer, 5)})
        return answer.status_code

    return ask


async def test_this_machine_may_look(config: Config) -> None:
    ask = make_ask(config)
    assert await ask() == 200
    assert await ask(peer="::1", host="[::1]:8000") == 200


async def test_other_machines_see_nothing_there(config: Config) -> None:
    ask = make_ask(config)
    assert await ask(peer="192.0.2.7") == 404
    assert await ask(peer="") == 404


@pytest.mark.parametrize(
    "header", ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-IP", "Forwarded", "Via"]
)
async def test_what_a_proxy_passes_on_is_not_this_machine(config: Config, header: str) -> None:
    assert await make_ask(config)(**{header: "127.0.0.1"}) == 404


async def test_a_foreign_name_for_this_machine_is_refused(config: Config) -> None:
    """A tunnel, or a page that points its own name here (DNS rebinding)."""
    assert await make_ask(config)(host="evil.example") == 404


@pytest.mark.parametrize(
    "setting", [{"url": "https://chat.example.org"}, {"trusted_proxy": ("127.0.0.1/32",)}]
)
async def test_behind_a_proxy_only_the_token_counts(tmp_path: Path, setting: dict[str, object]) -> None:
    """A proxy that adds no header cannot be told from this machine: so nobody is."""
    token = tmp_path / "token"
    token.write_text(TOKEN + "\n")
    token.chmod(0o600)
    ask = make_ask(Config(data=tmp_path, metrics_token_file=token, **setting))  # type: ignore[arg-type]
    assert await ask() == 404
    assert await ask(Authorization=f"Bearer {TOKEN}") == 200
    assert await ask(peer="192.0.2.7", Authorization=f"Bearer {TOKEN}") == 200
    assert await ask(Authorization=f"Bearer {TOKEN}x") == 404
    assert await ask(Authorization="Bearer ") == 404
    assert await ask(Authorization=f"Basic {TOKEN}") == 404
    assert await ask(Authorization="Bearer ÿ") == 404


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file modes")
def test_a_bad_token_file_stops_the_start(tmp_path: Path) -> None:
    token = tmp_path / "token"
    config = Config(data=tmp_path / "data", metrics_token_file=token)
    for content, mode in (None, 0), ("", 0o600), ("short", 0o600), (TOKEN, 0o644):
        if content is not None:
            token.write_text(content)
            token.chmod(mode)
        with pytest.raises(ConfigError):
            prepare(config)
    token.chmod(0o600)
    prepare(config)
    assert read_metrics_token(token) == TOKEN.encode()


def test_a_server_that_nobody_asks_does_not_load_the_library() -> None:
    code = "import hearth.app, hearth.server, sys; sys.exit('prometheus_client' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_histogram_counts_at_or_below_each_bound() -> None:
    histogram = Histogram((1, 10))
    for value in (0, 1, 5, 10, 11):
        histogram.add(value)
    assert histogram.list_cumulative() == [("1", 2.0), ("10", 4.0), ("+Inf", 5.0)]
    assert histogram.total == 27


async def test_lag_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hearth.lag.STEP", 0.02)
    lag = LoopLag()
    lag.start()
    await asyncio.sleep(0.05)
    blocking = asyncio.get_running_loop().time() + 0.15
    while asyncio.get_running_loop().time() < blocking:
        pass
    await asyncio.sleep(0.05)
    await lag.stop()
    assert 0.1 < lag.worst < 5
