"""Engine.IO v4 packets, polling payloads and the WebSocket frames that carry them; no I/O.

Invariants: bounds are checked before anything is allocated, and `CodecError` is the only error raised.
"Protocol" in these comments is docs/engine.io-protocol/v4-current.md of socketio/socket.io.
"""

import struct
from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64
from collections.abc import Iterator
from typing import NewType

Frame = NewType("Frame", bytes)
"""One or more complete server-to-client WebSocket frames (RFC 6455 section 5.2): the same bytes
serve every socket."""

# Packet types (protocol, "Protocol"). BINARY is not one of them: it marks a message whose content is bytes.
OPEN, CLOSE, PING, PONG, MESSAGE, UPGRADE, NOOP = b"0123456"
BINARY = ord("b")

_SEPARATOR = b"\x1e"
_MEDIUM_TEXT = struct.Struct(">BBH").pack
_TEXT_OPCODE, _BINARY_OPCODE, _CLOSE_OPCODE, _PONG_OPCODE = 0x81, 0x82, 0x88, 0x8A


class CodecError(ValueError):
    """The peer sent what the protocol does not allow; its session is closed with `code` (RFC 6455
    section 7.4)."""

    def __init__(self, message: str, code: int = 1002) -> None:
        super().__init__(message)
        self.code = code


def decode_packet(text: bytes) -> tuple[int, bytes]:
    """Split the text of one packet into type and content; raises CodecError.

    Text is checked to be UTF-8 here, once: raw JSON is passed on to other people's sockets undecoded,
    and a browser that receives broken UTF-8 closes its connection (RFC 6455 section 8.1).
    """
    if not text or not OPEN <= text[0] <= NOOP:
        raise CodecError("unknown packet type")
    if not text.isascii():
        try:
            text.decode()
        except UnicodeDecodeError:
            raise CodecError("text is not UTF-8", 1007) from None
    return text[0], text[1:]


def decode_payload(body: bytes, max_packets: int) -> list[tuple[int, bytes]]:
    """Split the body of a polling POST into packets (protocol, "HTTP long-polling"); raises CodecError."""
    if body.count(_SEPARATOR) >= max_packets:
        raise CodecError("too many packets in one payload", 1009)
    return [_decode_part(part) for part in body.split(_SEPARATOR)]


def _decode_part(part: bytes) -> tuple[int, bytes]:
    if part[:1] != b"b":
        return decode_packet(part)
    try:
        return BINARY, a2b_base64(part[1:], strict_mode=True)
    except Base64Error:
        raise CodecError("binary packet is not base64") from None


def encode_text(packet: bytes) -> Frame:
    """The frame of one text packet."""
    size = len(packet)
    if 126 <= size < 1 << 16:
        return Frame(_MEDIUM_TEXT(_TEXT_OPCODE, 126, size) + packet)
    return Frame(_header(_TEXT_OPCODE, size) + packet)


def encode_binary(content: bytes) -> Frame:
    """The frame of one binary message."""
    return Frame(_header(_BINARY_OPCODE, len(content)) + content)


def encode_close(code: int, reason: str) -> Frame:
    """A closing frame (RFC 6455 section 5.5.1); the reason is cut to fit a control frame."""
    content = code.to_bytes(2, "big") + reason.encode()[:120].decode(errors="ignore").encode()
    return Frame(_header(_CLOSE_OPCODE, len(content)) + content)


def encode_pong(content: bytes) -> Frame:
    """The answer to a WebSocket ping (RFC 6455 section 5.5.3), not to be confused with the packet PONG."""
    return Frame(_header(_PONG_OPCODE, len(content)) + content)


def encode_payload(frames: bytes) -> bytes:
    """Turn queued frames into the body of a polling GET.

    Queues hold WebSocket frames whatever the transport, so that an upgrade moves them as they are.
    """
    parts = (
        content if opcode == _TEXT_OPCODE else b"b" + b2a_base64(content, newline=False)
        for opcode, content in _split_frames(frames)
    )
    return _SEPARATOR.join(parts)


def _header(opcode: int, size: int) -> bytes:
    if size < 126:
        return bytes((opcode, size))
    if size < 1 << 16:
        return bytes((opcode, 126)) + size.to_bytes(2, "big")
    return bytes((opcode, 127)) + size.to_bytes(8, "big")


def _split_frames(frames: bytes) -> Iterator[tuple[int, bytes]]:
    """Only reads what this module wrote, so it trusts the lengths."""
    at = 0
    while at < len(frames):
        opcode, size = frames[at], frames[at + 1]
        at += 2
        if size >= 126:
            width = 2 if size == 126 else 8
            size = int.from_bytes(frames[at : at + width], "big")
            at += width
        yield opcode, frames[at : at + size]
        at += size
