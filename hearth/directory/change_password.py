"""Soon."""

from typing import Any


async def change_password(*a: Any) -> Any:
    raise NotImplementedError
