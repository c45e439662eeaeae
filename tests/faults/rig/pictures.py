"""Pictures of any weight that are whole."""

import struct
import zlib


def make_png(seed: bytes, size: int) -> bytes:
    """A whole picture of 8 × 8 pixels with `size` bytes of text in it."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 9 * 8)
    text = b"Comment\0" + (seed.hex().encode() * size)[:size]
    body = chunk(b"IHDR", header) + chunk(b"tEXt", text) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body
