"""Soon."""

from typing import Any


async def renew(*a: Any) -> Any:
    raise NotImplementedError
