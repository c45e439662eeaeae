"""Saying that a request is refused whole, and making others of honest ones."""

from typing import Any

import msgspec
import pytest

from hearth.contract import Command
from hearth.errors import HearthError
from tests.directory.conftest import Home
from tests.security.conftest import dump


async def refuses(home: Home, command: Command, error: type[HearthError], verdict: str | None = None) -> None:
    """The command is refused with this, everything stored stays, and nobody is told anything."""
    before = await dump(home.stage.services)
    home.stage.clear()
    with pytest.raises(error) as caught:
        await home.run(command)
    assert type(caught.value) is error
    if verdict is not None:
        assert caught.value.fields == {"verdict": verdict}
    assert await dump(home.stage.services) == before
    assert home.stage.bus.sent == []


def change(command: Any, **parts: Any) -> Any:
    """Return a request with other parts in its change."""
    return msgspec.structs.replace(command, change=msgspec.structs.replace(command.change, **parts))


def flip(data: bytes, at: int = -1) -> bytes:
    """Return bytes with one bit changed."""
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)
