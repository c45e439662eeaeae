"""How often epochs are made, and that no flood delays a removal."""

import pytest

from hearth.conversations import stays
from hearth.errors import LimitReached, NotFound, TooManyRequests
from hearth.sealed.group.epoch import NO_HASH, Action, Role, Target
from hearth.vault.rules import NotAccepted
from tests.epochs.conftest import Cast
from tests.epochs.kit import make_group
from tests.epochs.refusals import refuses


async def test_ten_for_a_device_and_removals_beside_them(cast: Cast) -> None:
    room = await cast.group(cast.bob, cast.carol, cast.dave)
    for _ in range(9):
        await room.run(cast.alice, room.rotate(cast.alice))
    await refuses(cast.alice, room.rotate(cast.alice), TooManyRequests)
    await room.run(cast.alice, room.remove(cast.alice, cast.bob))
    await refuses(cast.alice, room.rotate(cast.alice), TooManyRequests)
    cast.stage.clock.advance(6)
    await room.run(cast.alice, room.rotate(cast.alice))


async def test_thirty_for_a_conversation_and_removals_beside_them(cast: Cast) -> None:
    room = await cast.group()
    makers = [(cast.bob, cast.bob.phone), (cast.bob, await cast.bob.adds()), (cast.carol, cast.carol.phone)]
    cast.stage.clock.advance(60)
    for home, device in makers:
        for _ in range(10):
            await room.run(home, room.rotate(home, device=device), device)
    await refuses(cast.alice, room.rotate(cast.alice), TooManyRequests)
    await room.run(cast.alice, room.remove(cast.alice, cast.bob))


async def test_who_may_not_remove_does_not_use_up_the_removals(cast: Cast) -> None:
    """Neither a member nor a stranger takes from what a conversation has for them."""
    room = await cast.group(cast.bob, cast.carol)
    room.homes[cast.erin.owner.user] = cast.erin
    lines = [*room.members()[:-1], room.member(cast.erin, Role.OWNER)]
    target = Target(cast.carol.owner.user, Role.NONE, NO_HASH)
    for _ in range(40):
        with pytest.raises((NotAccepted, TooManyRequests)):
            await cast.stage.run(cast.bob.phone, room.remove(cast.bob, cast.carol))
        with pytest.raises((NotFound, TooManyRequests)):
            await cast.stage.run(cast.erin.phone, room.draft(cast.erin, Action.REMOVE, lines, [target]))
        cast.stage.clock.advance(1)
    await room.run(cast.alice, room.remove(cast.alice, cast.bob))


async def test_nobody_is_in_more_groups_than_there_can_be(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stays, "MOST_GROUPS", 2)
    for time in (1, 2):
        room = make_group(cast.alice, cast.bob, time=time)
        await room.run(cast.alice, room.create(cast.alice))
    third = make_group(cast.bob, time=3)
    await refuses(cast.bob, third.create(cast.bob), LimitReached)
    await refuses(cast.alice, make_group(cast.alice, time=3).create(cast.alice), LimitReached)
    await room.run(cast.alice, room.remove(cast.alice, cast.bob))
    await third.run(cast.bob, third.create(cast.bob))
    cast.stage.clock.advance(60)
