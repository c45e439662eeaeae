"""Soon."""

from typing import Any


async def remove_devices(*a: Any) -> Any:
    raise NotImplementedError
