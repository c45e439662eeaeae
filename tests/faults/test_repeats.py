"""F09, F10, F24, F32: the same message a hundred times, torn at every byte, torn uploads."""

import asyncio
import base64
import hashlib
import json
import secrets
from typing import Any

import pytest

from hearth.accounts.contract import OwnProfile, UpdateProfile
from tests.faults.rig.pair import Pair
from tests.faults.rig.pictures import make_png
from tests.faults.rig.proxy import reset
from tests.faults.rig.raw import RawSocket, encode_command
from tests.faults.rig.stored import read_back

pytestmark = [pytest.mark.slow, pytest.mark.sqlite]
TEARS_AT_ONCE = 12


async def test_f09_a_hundred_equal_sends_at_once_are_one_message(pair: Pair) -> None:
    """Over five sockets and HTTP, all at the same time: one row, a hundred equal answers."""
    fields = await pair.make_send("said once")
    sockets = [await pair.open() for _ in range(5)]

    async def repeat(raw: RawSocket) -> list[Any]:
        return [await raw.call("message.send", fields) for _ in range(16)]

    async with pair.open_http() as http:

        async def post() -> Any:
            return {"ok": (await http.post("/api/message.send", json=fields)).json()}

        by_socket, by_http = await asyncio.gather(
            asyncio.gather(*map(repeat, sockets)), asyncio.gather(*(post() for _ in range(20)))
        )
    for raw in sockets:
        raw.cut()
    answers = [answer for answers in by_socket for answer in answers] + list(by_http)
    assert len(answers) == 100
    different = [answer for answer in answers if answer != answers[0]]
    assert not different, f"{len(different)} other answers, e.g. {different[0]}"
    assert answers[0]["ok"]["ordinal"] == 1
    assert await pair.rows() == [(fields["client_id"], 1)]


async def test_f10_the_same_id_with_other_words_is_refused(pair: Pair) -> None:
    raw = await pair.open()
    first = await pair.make_send("the first words")
    answer = await raw.call("message.send", first)
    for attempt in range(20):
        other = await pair.make_send(f"other words {attempt}", first["client_id"])
        refusal = await raw.call("message.send", other)
        assert (refusal["error"]["code"], refusal["error"]["status"]) == ("conflict", 409)
    assert await raw.call("message.send", first) == answer
    raw.cut()
    stored = (await read_back(pair.victim.database_url)).rows
    (row,) = [row for row in stored if row.client_id == first["client_id"]]
    assert row.record == base64.b64decode(first["record"])


async def test_f24_a_send_torn_at_any_byte_is_stored_once(pair: Pair) -> None:
    """The connection is reset after each byte of the frame; the client comes back and repeats it."""
    size = len(encode_command(1, "message.send", await pair.make_send("torn")))
    gate = asyncio.Semaphore(TEARS_AT_ONCE)
    moved: list[dict[str, Any]] = []

    async def tear(offset: int) -> tuple[str, int]:
        fields = await pair.make_send(f"torn after {offset:04}")
        async with gate:
            raw = await pair.open()
            raw.writer.write(encode_command(1, "message.send", fields)[:offset])
            await raw.writer.drain()
            if offset % 2:  # half of them leave time enough for what did arrive
                await asyncio.sleep(0.02)
            reset(raw.writer)
            again = await pair.open()
            answers = [await again.call("message.send", fields) for _ in range(2)]
            again.cut()
        moved.extend(answer for answer in answers if answer != answers[0])
        return fields["client_id"], int(answers[0]["ok"]["ordinal"])

    told = await asyncio.gather(*(tear(offset) for offset in range(size + 1)))
    assert not moved, f"{len(moved)} got another answer the second time, e.g. {moved[0]}"
    untold = set(await pair.rows()) ^ set(told)
    assert not untold, f"{len(untold)} differ, e.g. {sorted(untold)[:3]}"
    print(f"\nF24: {size + 1} tears")


async def upload(pair: Pair, picture: bytes, share: float) -> None:
    """Send this share of a PUT of a picture, then reset the connection."""
    _, writer = await asyncio.open_connection("127.0.0.1", pair.victim.port)
    head = (
        f"PUT /api/avatar HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {pair.token}\r\n"
        f"Content-Type: image/png\r\nContent-Length: {len(picture)}\r\n\r\n"
    )
    writer.write(head.encode() + picture[: round(len(picture) * share)])
    await writer.drain()
    await asyncio.sleep(0.05)
    reset(writer)


async def shown_avatar(pair: Pair) -> str | None:
    profile = await pair.alice.client.call(UpdateProfile(about=secrets.token_hex(4)), OwnProfile)
    return profile.user.avatar_id


async def test_f32_a_torn_upload_leaves_the_old_picture_or_the_new_one(pair: Pair) -> None:
    for share in (0.0, 0.01, 0.5, 0.99, 1.0):
        await check_torn_upload(pair, share, is_killed=False)
    for share in (0.5, 1.0):
        await check_torn_upload(pair, share, is_killed=True)


async def check_torn_upload(pair: Pair, share: float, *, is_killed: bool) -> None:
    old, new = (make_png(secrets.token_bytes(8), 60_000) for _ in range(2))
    ids = [hashlib.sha256(picture).hexdigest() for picture in (old, new)]
    async with pair.open_http() as http:
        put = await http.put("/api/avatar", content=old, headers={"content-type": "image/png"})
        assert json.loads(put.content)["avatar_id"] == ids[0]
        await asyncio.gather(upload(pair, new, share), upload(pair, new, share))
        if is_killed:
            await pair.victim.kill()
            await pair.victim.start()
        shown = await shown_avatar(pair)
        assert shown == ids[0] or (share == 1.0 and shown == ids[1])
        for avatar_id, picture in zip(ids, (old, new), strict=True):
            answer = await http.get(f"/api/avatars/{avatar_id}")
            assert answer.status_code in (200, 404)
            assert answer.status_code == 404 or answer.content == picture
        assert (await http.get(f"/api/avatars/{shown}")).status_code == 200
