"""Who is connected to this process: sockets by user and by device."""

from collections.abc import Iterator
from typing import Protocol, TypeVar

from hearth.contract import Actor, Audience, Devices
from hearth.wire.engineio import Frame

K = TypeVar("K")


class Connected(Protocol):
    """What the registry needs to know of a socket."""

    def send(self, frame: Frame) -> None: ...
    def close(self, code: int = 1000, reason: str = "") -> None: ...


class Registry:
    """Sets of sockets; a set exists only while somebody is in it."""

    def __init__(self, max_per_user: int) -> None:
        self._max_per_user = max_per_user
        self._by_user: dict[int, dict[int, Connected]] = {}
        self._by_device: dict[bytes, dict[int, Connected]] = {}

    def has_room(self, user_id: int) -> bool:
        """Tell whether the user may have one more socket."""
        return len(self._by_user.get(user_id, ())) < self._max_per_user

    def add(self, actor: Actor, socket: Connected) -> None:
        """Enter a socket under `actor.connection`, which is unique in this process."""
        self._by_user.setdefault(actor.user_id, {})[actor.connection] = socket
        self._by_device.setdefault(actor.device_id, {})[actor.connection] = socket

    def remove(self, actor: Actor) -> None:
        """Forget a socket; one that is not there is fine."""
        _discard(self._by_user, actor.user_id, actor.connection)
        _discard(self._by_device, actor.device_id, actor.connection)

    def list_sockets(self, audience: Audience) -> Iterator[Connected]:
        """Yield the audience's sockets in this process; safe against sockets going meanwhile."""
        if isinstance(audience, Devices):
            for device_id in audience.ids:
                yield from tuple(self._by_device.get(device_id, {}).values())
            return
        by_user = self._by_user
        for user_id in audience.ids:
            sockets = by_user.get(user_id)
            if sockets is not None:
                yield from tuple(sockets.values())

    def list_device_ids(self) -> list[bytes]:
        """Return the devices that are connected now."""
        return list(self._by_device)

    def __len__(self) -> int:
        return sum(len(sockets) for sockets in self._by_user.values())


def _discard(table: dict[K, dict[int, Connected]], key: K, connection: int) -> None:
    sockets = table.get(key)
    if sockets is None:
        return
    sockets.pop(connection, None)
    if not sockets:
        del table[key]
