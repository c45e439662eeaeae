"""Soon."""

from typing import Any


async def set_up(*a: Any) -> Any:
    raise NotImplementedError
