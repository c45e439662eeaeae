"""Servers for the tests of operations, in this process or as `hearth serve`."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.scenarios.server import RunningServer


@pytest.fixture
async def server(database_url: str, tmp_path: Path) -> AsyncIterator[RunningServer]:
    running = RunningServer(database_url, tmp_path, limit_scale=1000.0)
    await running.start()
    yield running
    await running.stop()
