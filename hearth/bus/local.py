"""The bus of a server that is one process: what is published here is delivered here.

The interface is all that nouns know, so that another one (Redis, for many nodes) fits behind it.
"""

from collections.abc import Callable
from typing import Protocol

from hearth.contract import Audience

Deliver = Callable[[Audience, str, tuple[bytes, ...]], None]
Disconnect = Callable[[Audience, str], None]


class Bus(Protocol):
    """Hints to sockets wherever they are. Publishing may fail silently: clients repair by seq and cursor."""

    def publish(self, audience: Audience, name: str, *payloads: bytes) -> None:
        """Send an event `name` with each of these JSONs, in this order, to every socket of the audience."""
        ...

    def disconnect(self, audience: Audience, reason: str) -> None:
        """Close every socket of the audience; what was published before is flushed first."""
        ...


class LocalBus:
    """Calls the one receiver in this process directly."""

    def __init__(self) -> None:
        self._deliver: Deliver = lambda audience, name, payloads: None
        self._disconnect: Disconnect = lambda audience, reason: None

    def attach(self, deliver: Deliver, disconnect: Disconnect) -> None:
        """Set who delivers; before that nobody is connected and nothing is to be delivered."""
        self._deliver, self._disconnect = deliver, disconnect

    def publish(self, audience: Audience, name: str, *payloads: bytes) -> None:
        self._deliver(audience, name, payloads)

    def disconnect(self, audience: Audience, reason: str) -> None:
        self._disconnect(audience, reason)
