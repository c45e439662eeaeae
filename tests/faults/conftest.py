"""A server to hurt, and a cast of friends who talk over it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.faults.rig.pair import Pair, open_pair
from tests.faults.rig.play import Play, open_play
from tests.faults.rig.victim import Victim, run_victim

CI_PAUSE = 0.1


@pytest.fixture(autouse=True)
def impatient_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients come back at once: dozens of restarts are to fit into a minute. The soak keeps real pauses."""
    monkeypatch.setattr("hearth.client.wire.connection.FIRST_PAUSE", CI_PAUSE)
    monkeypatch.setattr("hearth.client.wire.connection.MAX_PAUSE", 0.5)


@pytest.fixture
async def victim(tmp_path: Path) -> AsyncIterator[Victim]:
    """A server on SQLite."""
    async with run_victim(tmp_path / "data") as running:
        yield running


@pytest.fixture
async def mortal(tmp_path: Path) -> AsyncIterator[Victim]:
    """A server on SQLite that is back in no time, for tests of many deaths."""
    async with run_victim(tmp_path / "data", is_forked=True) as running:
        yield running


@pytest.fixture
async def play(victim: Victim, tmp_path: Path) -> AsyncIterator[Play]:
    """Four friends, one with a second device, one with a device that is away until the end; a stranger."""
    async with open_play(victim, tmp_path / "journals") as opened:
        yield opened


@pytest.fixture
async def pair(victim: Victim, tmp_path: Path) -> AsyncIterator[Pair]:
    """Two friends."""
    async with open_pair(victim, tmp_path) as opened:
        yield opened
