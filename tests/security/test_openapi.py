"""Schemathesis plays every operation of docs/openapi.json against the real server, signed in and not.

It makes up inputs that fit the document and inputs that do not; an answer is one the document knows, never a
500, and what does not fit must be refused.
"""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.pytest._test_builder import build_operation_test
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from tests.scenarios.server import RunningServer
from tests.security.people import gather_people

pytestmark = pytest.mark.sqlite  # it is about the HTTP face
DOCUMENT = Path(__file__).parents[2] / "docs" / "openapi.json"
SCHEMA = schemathesis.openapi.from_path(DOCUMENT)
# What does not fit may be too large as well: 413 is a refusal like the others.
SCHEMA.config.checks.negative_data_rejection.expected_statuses += ["413"]
OPERATIONS = {f"{method.upper()} {path}": SCHEMA[path][method] for path in SCHEMA for method in SCHEMA[path]}
ENDS_THE_SESSION = ("/api/sign-out", "/api/account.delete", "/api/device.revoke_others")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]


@pytest.fixture(scope="module")
def served(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A server in a thread of its own: schemathesis asks from outside. Yields its address and a token."""
    folder = tmp_path_factory.mktemp("openapi")
    database = folder / "hearth.db"
    database.write_bytes(migrated_sqlite.read_bytes())
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def start() -> tuple[RunningServer, str]:
        url = f"sqlite+aiosqlite:///{database.as_posix()}"
        running = RunningServer(url, folder, limit_scale=10_000.0)
        await running.start()
        people = await gather_people(running.app.services)
        return running, people.alice.token

    running, token = asyncio.run_coroutine_threadsafe(start(), loop).result(30)
    yield running.url, token
    asyncio.run_coroutine_threadsafe(running.stop(), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
def play(case: "schemathesis.Case[Any]", served: tuple[str, str]) -> None:
    url, token = served
    headers = {} if case.path in ENDS_THE_SESSION else {"Authorization": f"Bearer {token}"}
    case.call_and_validate(base_url=url, headers=headers, checks=CHECKS)


@pytest.mark.parametrize("label", OPERATIONS)
def test_it_does_what_its_document_says(label: str, served: tuple[str, str]) -> None:
    """SCHEMA.parametrize() would make up all cases of all operations whenever a worker collects its tests."""
    plays = build_operation_test(
        config=SCHEMA.config,
        operation=OPERATIONS[label],
        test_func=play,
        given_kwargs={},
        feedback=FeedbackSources(),
    )
    plays(served=served)
