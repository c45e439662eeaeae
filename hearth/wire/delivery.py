"""From the bus to the sockets: an event is encoded once; the same bytes go to the whole audience."""

import asyncio
import functools

from hearth.contract import Audience
from hearth.wire.engineio import Frame
from hearth.wire.registry import Registry
from hearth.wire.socketio import encode_event


class Delivery:
    """Delivers to the sockets of this process. `delivered` counts frames handed to sockets."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self.delivered = 0

    def deliver(self, audience: Audience, name: str, payload: bytes) -> None:
        """Send the event to whoever of the audience is connected here; no frame is made for nobody."""
        frame: Frame | None = None
        for socket in self._registry.list_sockets(audience):
            if frame is None:
                frame = encode_event(name, payload)
            socket.send(frame)
            self.delivered += 1

    def disconnect(self, audience: Audience, reason: str) -> None:
        """Close the audience's sockets in a moment: what was sent before goes out first, so does the ack of the
        command that led to this (somebody who signs their own device out is still told that it worked)."""
        loop = asyncio.get_running_loop()
        for socket in self._registry.list_sockets(audience):
            loop.call_soon(functools.partial(socket.close, reason=reason))
