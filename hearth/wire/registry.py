"""Who is connected to this process: sockets by user and by device."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

from hearth.contract import Actor, Audience, Devices
from hearth.wire.engineio import Frame

K = TypeVar("K")


class Connected(Protocol):
    """What the registry needs to know of a socket."""

    def send(self, frame: Frame) -> None: ...
    def close(self, code: int = 1000, reason: str = "") -> None: ...


Entered = tuple[tuple[int, Connected], ...]
"""Sockets with the numbers of their connections. A handful at most: a tuple is a fifth of a dictionary, and
who walks through it is not disturbed by sockets that come and go."""


REMEMBERED_ENDS = 10_000
"""Far more sessions than end while one connection is being made."""


class Registry:
    """Sets of sockets; a set exists only while somebody is in it.

    A device whose session has ended never comes back: `has_ended` tells of one that was recognised before the
    end and would enter after it.
    """

    def __init__(self, max_per_user: int) -> None:
        self._max_per_user = max_per_user
        self._ended: OrderedDict[bytes, None] = OrderedDict()
        self._by_user: dict[int, Entered] = {}
        self._by_device: dict[bytes, Entered] = {}

    def has_room(self, user_id: int) -> bool:
        """Tell whether the user may have one more socket."""
        return len(self._by_user.get(user_id, ())) < self._max_per_user

    def end(self, device_ids: Iterable[bytes]) -> None:
        """Let these devices in no more."""
        self._ended.update(dict.fromkeys(device_ids))
        while len(self._ended) > REMEMBERED_ENDS:
            self._ended.popitem(last=False)

    def has_ended(self, device_id: bytes) -> bool:
        """Tell whether the device's session ended here a while ago or just now."""
        return device_id in self._ended

    def add(self, actor: Actor, socket: Connected) -> None:
        """Enter a socket under `actor.connection`, which is unique in this process."""
        entered = (actor.connection, socket)
        self._by_user[actor.user_id] = (*self._by_user.get(actor.user_id, ()), entered)
        self._by_device[actor.device_id] = (*self._by_device.get(actor.device_id, ()), entered)

    def remove(self, actor: Actor) -> None:
        """Forget a socket; one that is not there is fine."""
        _discard(self._by_user, actor.user_id, actor.connection)
        _discard(self._by_device, actor.device_id, actor.connection)

    def list_sockets(self, audience: Audience) -> Iterator[Connected]:
        """Yield the audience's sockets in this process; safe against sockets going meanwhile."""
        if isinstance(audience, Devices):
            for device_id in audience.ids:
                for _, socket in self._by_device.get(device_id, ()):
                    yield socket
            return
        by_user = self._by_user
        for user_id in audience.ids:
            for _, socket in by_user.get(user_id, ()):
                yield socket

    def list_device_ids(self) -> list[bytes]:
        """Return the devices that are connected now."""
        return list(self._by_device)

    def count_devices(self) -> int:
        """Return how many devices are connected now, each once however many sockets it has."""
        return len(self._by_device)

    def __len__(self) -> int:
        return sum(len(sockets) for sockets in self._by_user.values())


def _discard(table: dict[K, Entered], key: K, connection: int) -> None:
    left = tuple(entered for entered in table.get(key, ()) if entered[0] != connection)
    if left:
        table[key] = left
    else:
        table.pop(key, None)
