"""`/healthz`: 200 while the server can work, 503 when it cannot, and not a word about why."""

import asyncio
import json

import httpx
import pytest

from hearth import health
from hearth.db.committer import Committer
from tests.scenarios.server import RunningServer
from tests.stage import Stage


@pytest.fixture(autouse=True)
def without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "FRESH_SECONDS", 0.0)


async def ask(server: RunningServer, path: str = "/healthz") -> tuple[int, bytes]:
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
        answer = await http.get(path)
        assert answer.headers["content-type"] == "application/json"
        return answer.status_code, answer.content


@pytest.mark.parametrize("path", ["/healthz", "/api/health"])
async def test_a_server_that_works_says_so(server: RunningServer, path: str) -> None:
    assert await ask(server, path) == (200, b'{"status":"ok"}')


async def test_a_full_disk_fails(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "find_free_bytes", lambda directory: 1024)
    assert await ask(server) == (503, b'{"status":"failing"}')
    assert (await server.app.services.watch.examine()).faults == ["disk"]


async def test_a_dead_committer_fails(server: RunningServer) -> None:
    committer = server.app.services.messages._committer
    assert committer._task is not None
    committer._task.cancel()
    await asyncio.wait({committer._task})
    assert (await ask(server))[0] == 503
    committer._task = None


async def test_a_stuck_batch_fails(server: RunningServer) -> None:
    committer = server.app.services.messages._committer
    committer._batch_since = -1e9
    assert (await ask(server))[0] == 503
    committer._batch_since = None
    assert (await ask(server))[0] == 200


async def test_a_crowded_queue_fails(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    committer: Committer[object, object] = server.app.services.messages._committer  # type: ignore[assignment]
    monkeypatch.setattr("hearth.db.committer.QUEUE_ITEMS", 0)
    assert committer.is_alive(10, 0.75)
    committer._queue.append(None)  # type: ignore[arg-type]  # whatever waits
    assert not committer.is_alive(10, 0.75)
    committer._queue.clear()


async def test_a_database_that_is_away_fails_and_comes_back(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = stage.services.watch
    assert (await watch.examine()).faults == []
    monkeypatch.setattr(health, "ANSWER_SECONDS", 0.0)
    assert (await watch.examine()).faults == ["database"]
    monkeypatch.undo()
    monkeypatch.setattr(health, "FRESH_SECONDS", 0.0)
    assert (await watch.examine()).faults == []


async def test_many_askers_share_one_look(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "FRESH_SECONDS", 60.0)
    stage.clear()
    await asyncio.gather(*(stage.services.watch.examine() for _ in range(50)))
    assert stage.queries == 1


async def test_the_answer_is_json_of_one_word(server: RunningServer) -> None:
    _, content = await ask(server)
    assert json.loads(content) == {"status": "ok"}
