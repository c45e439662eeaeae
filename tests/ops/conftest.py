"""Servers for the tests of operations, in this process or as `hearth serve`."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hearth.client import client as library
from tests.scenarios.server import RunningServer

# These tests count what is stored and look into it: no program begins to encrypt.
library.ENCRYPTS = False


@pytest.fixture
async def server(database_url: str, tmp_path: Path) -> AsyncIterator[RunningServer]:
    running = RunningServer(database_url, tmp_path, limit_scale=1000.0)
    await running.start()
    yield running
    await running.stop()
