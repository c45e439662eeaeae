"""Soon."""

from typing import Any


async def retire_device(*a: Any) -> Any:
    raise NotImplementedError
