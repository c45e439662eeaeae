"""Soon."""

from typing import Any


async def read_chain(*a: Any) -> Any:
    raise NotImplementedError


async def list_heads(*a: Any) -> Any:
    raise NotImplementedError


async def read_receive(*a: Any) -> Any:
    raise NotImplementedError
