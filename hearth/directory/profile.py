"""Soon."""

from typing import Any


async def set_profile(*a: Any) -> Any:
    raise NotImplementedError
