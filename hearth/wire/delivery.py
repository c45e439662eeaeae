"""From the bus to the sockets: an event is encoded once; the same bytes go to the whole audience."""

import asyncio
import functools

from hearth.contract import Audience, Devices
from hearth.wire.engineio import Frame
from hearth.wire.registry import Registry
from hearth.wire.socketio import encode_event


class Delivery:
    """Delivers to the sockets of this process. `delivered` counts frames handed to sockets."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self.delivered = 0

    def deliver(self, audience: Audience, name: str, payload: bytes) -> None:
        """Send the event to whoever of the audience is connected here; no frame is made for nobody.

        What is for single devices ("your session has ended") waits behind the ack of the command that led to
        it: somebody who signs their own device out is still told that it worked.
        """
        if isinstance(audience, Devices):
            asyncio.get_running_loop().call_soon(self._send, audience, name, payload)
        else:
            self._send(audience, name, payload)

    def disconnect(self, audience: Audience, reason: str) -> None:
        """Close the audience's sockets, in turn after what was delivered before and that same ack."""
        loop = asyncio.get_running_loop()
        for socket in self._registry.list_sockets(audience):
            loop.call_soon(functools.partial(socket.close, reason=reason))

    def _send(self, audience: Audience, name: str, payload: bytes) -> None:
        frame: Frame | None = None
        for socket in self._registry.list_sockets(audience):
            if frame is None:
                frame = encode_event(name, payload)
            socket.send(frame)
            self.delivered += 1
