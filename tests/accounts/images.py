"""Images made by hand, byte by byte, so that tests can make them lie."""

import zlib

CRC = 4


def chunk(name: bytes, data: bytes = b"") -> bytes:
    return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")


def make_png(
    width: int = 64, height: int = 64, *, between: bytes = b"", after: bytes = b"", fill: int = 0
) -> bytes:
    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 0, 0, 0, 0])
    rows = (b"\0" + bytes([fill]) * min(width, 600)) * min(height, 600)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + between
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND")
        + after
    )


def make_webp(
    width: int = 64, height: int = 64, *, flags: int = 0, more: bytes = b"", extended: bool = True
) -> bytes:
    size = (width - 1) | ((height - 1) << 14)
    frame = riff_chunk(b"VP8L", b"\x2f" + size.to_bytes(4, "little") + bytes(8))
    canvas = bytes([flags, 0, 0, 0]) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBP" + (riff_chunk(b"VP8X", canvas) if extended else b"") + more + frame
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def riff_chunk(name: bytes, data: bytes) -> bytes:
    return name + len(data).to_bytes(4, "little") + data + b"\0" * (len(data) % 2)


def make_jpeg(width: int = 64, height: int = 64, *, before: bytes = b"", after: bytes = b"") -> bytes:
    frame = bytes([8]) + height.to_bytes(2, "big") + width.to_bytes(2, "big") + bytes([1, 1, 0x11, 0])
    app0 = b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"
    return (
        b"\xff\xd8"
        + segment(0xE0, app0)
        + before
        + segment(0xC0, frame)
        + segment(0xDA, bytes([1, 1, 0, 0, 63, 0]))
        + b"\x12\x34\x56\xff\xd9"
        + after
    )


def segment(marker: int, data: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(data) + 2).to_bytes(2, "big") + data
