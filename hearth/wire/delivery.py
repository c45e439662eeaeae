"""From the bus to the sockets: an event is encoded once; the same bytes go to the whole audience."""

import asyncio
import functools

from hearth.contract import Audience, Devices
from hearth.wire.engineio import Frame
from hearth.wire.registry import Registry
from hearth.wire.socketio import encode_event

JOINED_BYTES = 64 * 1024


class Delivery:
    """Delivers to the sockets of this process. `delivered` counts frames handed to sockets."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self.delivered = 0

    def deliver(self, audience: Audience, name: str, payloads: tuple[bytes, ...]) -> None:
        """Send the events to whoever of the audience is connected here; no frame is made for nobody.

        What is for single devices ("your session has ended") waits behind the ack of the command that led to
        it: somebody who signs their own device out is still told that it worked.
        """
        if isinstance(audience, Devices):
            asyncio.get_running_loop().call_soon(self._send, audience, name, payloads)
        else:
            self._send(audience, name, payloads)

    def disconnect(self, audience: Audience, reason: str) -> None:
        """Close the audience's sockets, in turn after what was delivered before and that same ack.

        Devices that are only just connecting are not let in any more.
        """
        if isinstance(audience, Devices):
            self._registry.end(audience.ids)
        loop = asyncio.get_running_loop()
        for socket in self._registry.list_sockets(audience):
            loop.call_soon(functools.partial(socket.close, reason=reason))

    def _send(self, audience: Audience, name: str, payloads: tuple[bytes, ...]) -> None:
        frames: list[Frame] | None = None
        for socket in self._registry.list_sockets(audience):
            if frames is None:
                frames = encode_events(name, payloads)
            for frame in frames:
                socket.send(frame)
            self.delivered += len(payloads)


def encode_events(name: str, payloads: tuple[bytes, ...]) -> list[Frame]:
    """Return the events' frames, short ones joined: one batch's entries for one audience travel together."""
    frames: list[Frame] = []
    joined: list[Frame] = []
    size = 0
    for payload in payloads:
        if joined and size + len(payload) > JOINED_BYTES:
            frames.append(Frame(b"".join(joined)))
            joined, size = [], 0
        joined.append(encode_event(name, payload))
        size += len(payload)
    if joined:
        frames.append(Frame(b"".join(joined)))
    return frames
