"""The browser is killed at each step of sending: nothing is lost, doubled, or claimed too early."""

from pathlib import Path

import pytest

from tests.e2e.conftest import STATIC, require
from tests.e2e.kills.browser import CHROMIUM
from tests.e2e.kills.run import STEPS
from tests.e2e.kills.series import open_series

KILLS = 2


@pytest.mark.slow
async def test_a_killed_browser_neither_loses_nor_doubles(tmp_path: Path) -> None:
    require(STATIC.exists(), "the web client is not built: run scripts/setup")
    require(CHROMIUM, "chromium is not installed")
    async with open_series(tmp_path / "series") as series:
        for number in range(KILLS):
            for step in STEPS:
                await series.play(step, number)
                assert series.wrongs == []
        assert await series.judge() == []
