"""Alice, bob and carol in a group that an honest server has carried so far; what comes next is an attack."""

from collections.abc import Callable, Iterator

import pytest

from tests.attacks.device import Device
from tests.client.crypto.room import Room, make_cast
from tests.histories.pair import NodeViews

Open = Callable[..., Device]


@pytest.fixture(scope="session")
def nodes() -> Iterator[NodeViews]:
    """One process with the web client's code for all attacks."""
    with NodeViews() as running:
        yield running


@pytest.fixture
def room() -> Room:
    """A group of alice (its owner), bob and carol in its first epoch, with nothing written yet."""
    room = Room(make_cast("alice", "bob", "carol"))
    room.create()
    return room


@pytest.fixture
def open_device(nodes: NodeViews, request: pytest.FixtureRequest) -> Iterator[Open]:
    """Open a member's device that knows nothing yet, in both implementations."""
    opened: list[Device] = []

    def open_one(room: Room, user: int = 2, name: str | None = None) -> Device:
        opened.append(Device.open(nodes, f"{request.node.name} {len(opened)}", room, user, name))
        return opened[-1]

    yield open_one
    for device in opened:
        device.pair.close()
    nodes.forget()
