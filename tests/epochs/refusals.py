"""Saying that an epoch is refused whole."""

import pytest

from hearth.contract import Actor
from hearth.epochs.contract import MakeEpoch, OfferEpoch
from hearth.errors import HearthError
from tests.directory.conftest import Home
from tests.security.conftest import dump


async def refuses(
    home: Home,
    command: MakeEpoch | OfferEpoch,
    error: type[HearthError],
    verdict: str | None = None,
    *,
    device: Actor | None = None,
) -> None:
    """The epoch is refused with this, everything stored stays, and nobody is told anything."""
    before = await dump(home.stage.services)
    home.stage.clear()
    with pytest.raises(error) as caught:
        await home.stage.run(device or home.phone, command)
    assert type(caught.value) is error
    if verdict is not None:
        assert caught.value.fields == {"verdict": verdict}
    assert await dump(home.stage.services) == before
    told = [name for _, name, _ in home.stage.bus.sent if name != "presence.changed"]
    assert told == []
