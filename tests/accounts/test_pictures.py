"""Hostile avatar files (M01, M02, M05): nothing but a small still image passes, whatever it calls itself."""

import random

import pytest

from hearth.accounts.pictures import MAX_BYTES, require_picture
from hearth.errors import HearthError, InvalidInput, TooLarge, UnsupportedType
from tests.accounts.images import chunk, make_jpeg, make_png, make_webp, riff_chunk, segment

GOOD = {
    "png": ("image/png", make_png()),
    "largest png": ("image/png", make_png(512, 512)),
    "webp": ("image/webp", make_webp()),
    "simple webp": ("image/webp", make_webp(extended=False)),
    "webp with alpha": ("image/webp", make_webp(flags=0x10)),
    "webp with profile": ("image/webp", make_webp(flags=0x20, more=riff_chunk(b"ICCP", b"odd"))),
    "jpeg": ("image/jpeg", make_jpeg()),
    "jpeg with exif": ("image/jpeg", make_jpeg(before=segment(0xE1, b"Exif\0\0" + bytes(20)))),
}
HOSTILE: dict[str, tuple[str, bytes, type[HearthError]]] = {
    "svg": ("image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg'/>", UnsupportedType),
    "gif": ("image/gif", b"GIF89a" + bytes(20), UnsupportedType),
    "html": ("text/html", b"<script>alert(1)</script>", UnsupportedType),
    "avif": ("image/avif", bytes(20), UnsupportedType),
    "svg called png": ("image/png", b"<svg xmlns='http://www.w3.org/2000/svg'/>", InvalidInput),
    "gif called png": ("image/png", b"GIF89a\x40\0\x40\0" + bytes(20), InvalidInput),
    "png called webp": ("image/webp", make_png(), InvalidInput),
    "jpeg called png": ("image/png", make_jpeg(), InvalidInput),
    "nothing": ("image/png", b"", InvalidInput),
    "only a magic number": ("image/png", b"\x89PNG\r\n\x1a\n", InvalidInput),
    "too many bytes": ("image/png", make_png(after=bytes(MAX_BYTES)), TooLarge),
    "pixel bomb png": ("image/png", make_png(60000, 60000), TooLarge),
    "pixel bomb webp": ("image/webp", make_webp(16384, 16384), TooLarge),
    "pixel bomb jpeg": ("image/jpeg", make_jpeg(65500, 65500), TooLarge),
    "one pixel too wide": ("image/png", make_png(513, 512), TooLarge),
    "no width": ("image/png", make_png(0, 10), InvalidInput),
    "animated png": ("image/png", make_png(between=chunk(b"acTL", bytes(8))), InvalidInput),
    "animated webp by its flag": ("image/webp", make_webp(flags=0x02), InvalidInput),
    "animated webp": ("image/webp", make_webp(more=riff_chunk(b"ANIM", bytes(6))), InvalidInput),
    "two frames in webp": ("image/webp", make_webp(more=riff_chunk(b"VP8L", bytes(10))), InvalidInput),
    "two headers in png": ("image/png", make_png(between=chunk(b"IHDR", bytes(13))), InvalidInput),
    "png without data": ("image/png", make_png().replace(b"IDAT", b"IDOT"), InvalidInput),
    "script after png": ("image/png", make_png(after=b"<script>alert(1)</script>"), InvalidInput),
    "zip after jpeg": ("image/jpeg", make_jpeg(after=b"PK\x05\x06" + bytes(18)), InvalidInput),
    "html after webp": ("image/webp", make_webp() + b"<html>", InvalidInput),
    "endless png chunk": ("image/png", make_png(between=b"\xff\xff\xff\xfftEXt"), InvalidInput),
    "empty riff": ("image/webp", b"RIFF\x04\0\0\0WEBP", InvalidInput),
    "riff with an empty header": ("image/webp", b"RIFF\x0c\0\0\0WEBPVP8X\0\0\0\0", InvalidInput),
    "endless riff chunk": ("image/webp", make_webp(more=b"EXIF\xff\xff\xff\xff"), InvalidInput),
    "jpeg that never scans": (
        "image/jpeg",
        b"\xff\xd8" + segment(0xE0, bytes(14)) + b"\xff\xd9",
        InvalidInput,
    ),
    "two frames in jpeg": ("image/jpeg", make_jpeg(before=segment(0xC0, bytes(9))), InvalidInput),
    "truncated png": ("image/png", make_png()[:-6], InvalidInput),
    "truncated jpeg": ("image/jpeg", make_jpeg()[:-1], InvalidInput),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_small_still_image_passes(name: str) -> None:
    require_picture(*GOOD[name])


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused(name: str) -> None:
    content_type, content, error = HOSTILE[name]
    with pytest.raises(error) as refused:
        require_picture(content_type, content)
    assert type(refused.value) is error


@pytest.mark.parametrize("name", GOOD)
def test_a_damaged_image_leads_to_a_refusal_and_never_to_a_crash(name: str) -> None:
    content_type, content = GOOD[name]
    chance = random.Random(name)
    for _ in range(300):
        damaged = bytearray(content[: chance.randint(1, len(content))] if chance.random() < 0.3 else content)
        for _ in range(chance.randint(1, 6)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            require_picture(content_type, bytes(damaged))
        except HearthError:
            continue
