"""Soon."""

from typing import Any


async def get_vault(*a: Any) -> Any:
    raise NotImplementedError


async def list_generations(*a: Any) -> Any:
    raise NotImplementedError


async def list_device_keys(*a: Any) -> Any:
    raise NotImplementedError
