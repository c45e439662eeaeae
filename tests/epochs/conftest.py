"""Alice, bob, carol, dave, all with chains: alice is a friend of the others, who do not know each other."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from hearth.friends.contract import RequestFriend
from tests.directory.conftest import Home, make_home_on
from tests.epochs.kit import Room, make_direct, make_group
from tests.prepared import prepare
from tests.stage import Stage


@dataclass
class Cast:
    """The people; `erin` is a stranger with a chain."""

    stage: Stage
    alice: Home
    bob: Home
    carol: Home
    dave: Home
    erin: Home

    async def group(self, *others: Home) -> Room:
        """Return a group that alice has made with these, or with bob and carol."""
        room = make_group(self.alice, *(others or (self.bob, self.carol)))
        await room.run(self.alice, room.create(self.alice))
        self.stage.clear()
        return room

    async def pair(self) -> Room:
        """Return the conversation of alice and bob in its first epoch."""
        room = make_direct(self.alice, self.bob)
        await room.run(self.alice, room.create(self.alice))
        self.stage.clear()
        return room


async def befriend(one: Home, other: Home) -> None:
    await one.stage.run(one.phone, RequestFriend(username=other.owner.username))
    await one.stage.run(other.phone, RequestFriend(username=one.owner.username))


MakePeople = Callable[..., Awaitable[list[Home]]]


async def make_people(stage: Stage, *names: str) -> list[Home]:
    return [await (await make_home_on(stage, name)).sets_up() for name in names]


@pytest.fixture
async def cast(stage: Stage) -> Cast:
    return await prepare(stage, make_cast)


async def make_cast(stage: Stage) -> Cast:
    alice, bob, carol, dave, erin = await make_people(stage, "alice", "bobby", "carol", "david", "erinn")
    for other in (bob, carol, dave):
        await befriend(alice, other)
    return Cast(stage, alice, bob, carol, dave, erin)
