"""Soon."""

from typing import Any


async def add_device(*a: Any) -> Any:
    raise NotImplementedError
