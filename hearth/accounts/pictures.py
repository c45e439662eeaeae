"""Which bytes may be a picture: small, still, whole images of three kinds, judged by their headers. Pure.

Nothing is decoded here. What follows the image in the file is refused, so that no file is two things at once.
"""

import io
from collections.abc import Callable, Iterator

from hearth.errors import InvalidInput, TooLarge, UnsupportedType

MAX_BYTES = 100 * 1024
MAX_SIDE = 512
ANIMATED = 0x02
"""The flag in the first byte of WebP's extended header."""
PNG_MAGIC = b"\x89PNG\r\n\x1a\n"


def require_picture(content_type: str, content: bytes) -> None:
    """Raise UnsupportedType, TooLarge or InvalidInput unless this is such an image of this very type."""
    is_right = KINDS.get(content_type)
    if is_right is None:
        raise UnsupportedType("A picture is image/webp, image/jpeg or image/png.")
    if len(content) > MAX_BYTES:
        raise TooLarge(f"A picture has at most {MAX_BYTES} bytes.")
    if not is_right(content):
        raise InvalidInput("This is not a whole, still image of the type it claims to be.")
    width, height = measure(content)
    if width > MAX_SIDE or height > MAX_SIDE:
        raise TooLarge(f"A picture has at most {MAX_SIDE} by {MAX_SIDE} pixels.")
    if width < 1 or height < 1:
        raise InvalidInput("This picture has no size.")


def measure(content: bytes) -> tuple[int, int]:
    """Return width and height in pixels as the header tells them; -1 where it does not."""
    import imagesize  # 40 ms and an HTTP client that nothing else here needs

    try:
        width, height = imagesize.get(io.BytesIO(content))
    except (ValueError, KeyError, IndexError, ArithmeticError, OSError, ImportError):  # a lying header
        return -1, -1
    return int(width), int(height)


def is_png(content: bytes) -> bool:
    """One IHDR first, no animation control, data, and IEND as the last bytes of the file."""
    if not content.startswith(PNG_MAGIC):
        return False
    names = [name for name, _ in _walk_png(content)]
    return (
        names[:1] == [b"IHDR"]
        and names[-1:] == [b"IEND"]
        and names.count(b"IHDR") == names.count(b"IEND") == 1
        and b"IDAT" in names
        and not {b"acTL", b"fcTL", b"fdAT"} & set(names)
    )


def is_webp(content: bytes) -> bool:
    """One RIFF of exactly the file's length with one frame, no animation."""
    if content[:4] != b"RIFF" or content[8:12] != b"WEBP":
        return False
    if int.from_bytes(content[4:8], "little") + 8 != len(content):
        return False
    chunks = list(_walk_riff(content))
    names = [name for name, _ in chunks]
    frames = names.count(b"VP8 ") + names.count(b"VP8L")
    flags = content[20] if names[:1] == [b"VP8X"] and len(content) > 20 else 0
    is_still = not {b"ANIM", b"ANMF", b""} & set(names) and not flags & ANIMATED
    return (
        names[:1] in ([b"VP8 "], [b"VP8L"], [b"VP8X"])
        and names.count(b"VP8X") <= 1
        and frames == 1
        and is_still
    )


def is_jpeg(content: bytes) -> bool:
    """A start, one frame header before the first scan, and the end marker as the last bytes of the file."""
    if content[:3] != b"\xff\xd8\xff" or content[-2:] != b"\xff\xd9":
        return False
    markers = list(_walk_jpeg(content))
    frames = [marker for marker in markers if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)]
    return len(frames) == 1 and markers[-1:] == [0xDA]


def _walk_png(content: bytes) -> Iterator[tuple[bytes, int]]:
    """Yield name and length of each chunk; a chunk that leaves the file, or bytes after IEND, end in b""."""
    place = len(PNG_MAGIC)
    while place < len(content):
        length = int.from_bytes(content[place : place + 4], "big")
        name = content[place + 4 : place + 8]
        place += 12 + length
        if place > len(content):
            name = b""
        yield name, length


def _walk_riff(content: bytes) -> Iterator[tuple[bytes, int]]:
    place = 12
    while place < len(content):
        length = int.from_bytes(content[place + 4 : place + 8], "little")
        name = content[place : place + 4]
        place += 8 + length + length % 2
        if place > len(content):
            name = b""
        yield name, length


def _walk_jpeg(content: bytes) -> Iterator[int]:
    """Yield the marker of each segment up to and with the first scan; 0 when the file is broken."""
    place = 2
    while place + 4 <= len(content):
        if content[place] != 0xFF:
            yield 0
            return
        marker = content[place + 1]
        if marker == 0xFF:  # fill byte
            place += 1
            continue
        yield marker
        if marker == 0xDA:
            return
        place += 2 + max(2, int.from_bytes(content[place + 2 : place + 4], "big"))
    yield 0


KINDS: dict[str, Callable[[bytes], bool]] = {
    "image/png": is_png,
    "image/webp": is_webp,
    "image/jpeg": is_jpeg,
}
