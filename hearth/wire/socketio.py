"""Socket.IO v5 packets; no I/O.

Invariants: JSON stays raw bytes (the layer above decodes it once, into typed structs), counts are
bounded before anything is allocated, and `CodecError` is the only error raised. "Protocol" in these
comments is docs/socket.io-protocol/v5-current.md of socketio/socket.io.
"""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from hearth.wire.engineio import CodecError, Frame, encode_binary, encode_text

CONNECT, DISCONNECT, EVENT, ACK, CONNECT_ERROR, BINARY_EVENT, BINARY_ACK = range(7)
MAIN = "/"
MAX_ATTACHMENTS = 10

# Protocol, "Packet encoding": type, number of attachments, namespace, acknowledgement id; what follows
# is JSON. Digits are bounded here, so no number can ask for more than it is worth; ids stay below 2**53
# like JavaScript's.
_HEAD = re.compile(
    rb"([0-6])(?:([0-9]{1,2})-)?(?:(/[\x21-\x2b\x2d-\x3e\x40-\x7e]{0,63})(?:,|\Z))?([0-9]{1,15})?"
)
_PLAIN_EVENT = re.compile(rb'2([0-9]{1,15})?\[\s*"')
"""What nearly all packets are: read without the rest of the grammar."""
_EVENT_NAME = re.compile(rb'\[\s*"')


class Packet(msgspec.Struct, frozen=True, gc=False):
    """One packet, attachments included.

    `payload` is raw JSON and may be broken: who decodes it raises CodecError. `id` asks for (or is) an
    acknowledgement.
    """

    kind: int
    namespace: str = MAIN
    id: int | None = None
    payload: bytes = b""
    attachments: tuple[bytes, ...] = ()


class Decoder:
    """Puts the packets of one connection together; binary ones arrive in several messages."""

    __slots__ = ("_attachments", "_max_bytes", "_missing", "_partial", "_room")

    def __init__(self, max_bytes: int) -> None:
        """`max_bytes` bounds the attachments of one packet together."""
        self._max_bytes = max_bytes
        self._partial: Packet | None = None
        self._missing = 0
        self._room = 0
        self._attachments: list[bytes] = []

    def feed_text(self, text: bytes) -> Packet | None:
        """Take a text message; returns its packet unless attachments are still to come. Raises CodecError."""
        if self._partial is not None:
            raise CodecError("text where an attachment was announced")
        packet, missing = decode_packet(text)
        if not missing:
            return packet
        self._partial, self._missing, self._room = packet, missing, self._max_bytes
        return None

    def feed_binary(self, content: bytes) -> Packet | None:
        """Take an attachment; returns the packet once it is complete. Raises CodecError."""
        partial = self._partial
        if partial is None:
            raise CodecError("an attachment that was not announced")
        self._room -= len(content)
        if self._room < 0:
            raise CodecError("attachments too large", 1009)
        self._attachments.append(content)
        if len(self._attachments) < self._missing:
            return None
        packet = Packet(
            partial.kind, partial.namespace, partial.id, partial.payload, tuple(self._attachments)
        )
        self._partial, self._attachments = None, []
        return packet


def decode_packet(text: bytes) -> tuple[Packet, int]:
    """Read a packet's text; returns it and how many attachments follow. Raises CodecError."""
    if (event := _PLAIN_EVENT.match(text)) is not None and text.endswith(b"]"):
        return Packet(
            EVENT, MAIN, int(event[1]) if event[1] else None, text[event.end(1) if event[1] else 1 :]
        ), 0
    head = _HEAD.match(text)
    if head is None:
        raise CodecError("not a Socket.IO packet")
    digit, count, namespace, number = head.groups()
    kind, payload = digit[0] - 48, text[head.end() :]
    missing = int(count) if count else 0
    if missing > MAX_ATTACHMENTS or (count is None) is (kind in (BINARY_EVENT, BINARY_ACK)):
        raise CodecError("wrong number of attachments")
    identifier = int(number) if number else None
    if not _is_well_shaped(kind, identifier, payload):
        raise CodecError("content does not fit the packet type")
    return Packet(kind, namespace.decode() if namespace else MAIN, identifier, payload), missing


def _is_well_shaped(kind: int, identifier: int | None, payload: bytes) -> bool:
    """Look at the outermost characters only; decoding is the upper layer's work."""
    is_array = payload[:1] == b"[" and payload[-1:] == b"]"
    if kind in (EVENT, BINARY_EVENT):
        return is_array and _EVENT_NAME.match(payload) is not None
    if kind in (ACK, BINARY_ACK):
        return is_array and identifier is not None
    if identifier is not None:
        return False
    if kind == DISCONNECT:
        return not payload
    return not payload or (payload[:1] == b"{" and payload[-1:] == b"}")


def encode_packet(packet: Packet) -> Frame:
    """The frames of one packet, attachments behind it; one value, so nothing can come between."""
    count = b"%d-" % len(packet.attachments) if packet.kind in (BINARY_EVENT, BINARY_ACK) else b""
    namespace = b"" if packet.namespace == MAIN else packet.namespace.encode() + b","
    number = b"" if packet.id is None else b"%d" % packet.id
    text = encode_text(b"4%d%b%b%b%b" % (packet.kind, count, namespace, number, packet.payload))
    return Frame(b"".join((text, *map(encode_binary, packet.attachments)))) if packet.attachments else text


def encode_ack(packet: Packet, payload: bytes, attachments: tuple[bytes, ...] = ()) -> Frame:
    """The frames that acknowledge `packet` with a raw JSON array."""
    if not attachments and packet.namespace == MAIN:
        return encode_text(b"43%d%b" % (packet.id or 0, payload))
    kind = BINARY_ACK if attachments else ACK
    return encode_packet(Packet(kind, packet.namespace, packet.id, payload, attachments))


def encode_event(name: str, *arguments: bytes, namespace: str = MAIN) -> Frame:
    """The frame of an event; `arguments` are raw JSON values. Encode once, send to every socket of
    an audience."""
    data = b",".join((b"[" + msgspec.json.encode(name), *arguments)) + b"]"
    if namespace == MAIN:
        return encode_text(b"42" + data)
    return encode_packet(Packet(EVENT, namespace, None, data))


def decode_arguments(packet: Packet) -> list[Any]:
    """Decode a packet's JSON array and put its attachments where their placeholders are; raises
    CodecError."""
    try:
        arguments = msgspec.json.decode(packet.payload, type=list[Any])
        return [_fill(value, packet.attachments) for value in arguments] if packet.attachments else arguments
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise CodecError("broken JSON", 1007) from None


def _fill(value: Any, attachments: tuple[bytes, ...]) -> Any:
    if isinstance(value, list):
        return [_fill(item, attachments) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("_placeholder") is not True:
        return {key: _fill(item, attachments) for key, item in value.items()}
    number = value.get("num")
    if type(number) is not int or not 0 <= number < len(attachments):
        raise CodecError("placeholder without attachment")
    return attachments[number]


def encode_arguments(arguments: Sequence[Any]) -> tuple[bytes, tuple[bytes, ...]]:
    """The reverse of decode_arguments: raw JSON and the attachments taken out of it."""
    attachments: list[bytes] = []
    data = msgspec.json.encode([_take(value, attachments) for value in arguments])
    return data, tuple(attachments)


def _take(value: Any, attachments: list[bytes]) -> Any:
    if isinstance(value, bytes):
        attachments.append(value)
        return {"_placeholder": True, "num": len(attachments) - 1}
    if isinstance(value, list | tuple):
        return [_take(item, attachments) for item in value]
    if isinstance(value, dict):
        return {key: _take(item, attachments) for key, item in value.items()}
    return value
