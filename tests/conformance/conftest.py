"""Which event loops these tests run on."""

import asyncio
from collections.abc import Callable

import pytest

from tests.wire.edge_stage import list_loops


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Function
) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    return list_loops(item.module)
