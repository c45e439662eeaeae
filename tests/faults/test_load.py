"""F36: heavy work beside light work: whoever asks for little waits little."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable

import httpx
import pytest

from tests.faults.rig.oracle import quantile
from tests.faults.rig.pair import Pair
from tests.faults.rig.pictures import make_png
from tests.faults.rig.raw import RawSocket

pytestmark = [pytest.mark.slow, pytest.mark.sqlite]
CALM_SECONDS, BUSY_SECONDS = 2.0, 8.0
LAG_BAR = 0.1
"""Seconds. Two of them are allowed here: the bots, and in CI other people, use the same two cores."""


async def time_light_work(raw: RawSocket, seconds: float) -> list[float]:
    """Ask for something that needs no database, again and again; return how long each answer took."""
    times, deadline = [], time.monotonic() + seconds
    while time.monotonic() < deadline:
        begun = time.monotonic()
        await raw.call("presence.set", {"away": False})
        times.append(time.monotonic() - begun)
        await asyncio.sleep(0.01)
    return times


async def load_snapshots(pair: Pair, http: httpx.AsyncClient) -> None:
    assert (await http.post("/api/sync.open", json={})).status_code == 200


async def load_history(pair: Pair, http: httpx.AsyncClient) -> None:
    assert (await http.post("/api/message.history", json=pair.make_read())).status_code == 200


async def change_picture(pair: Pair, http: httpx.AsyncClient) -> None:
    picture = make_png(secrets.token_bytes(8), 90_000)
    put = await http.put("/api/avatar", content=picture, headers={"content-type": "image/png"})
    assert put.status_code == 200


async def load_page(pair: Pair, http: httpx.AsyncClient) -> None:
    assert (await http.get("/")).status_code in (200, 404)


async def sign_in_wrongly(pair: Pair, http: httpx.AsyncClient) -> None:
    body = {"username": "bob", "auth_key": "A" * 43 + "=", "device_name": "", "session": "bearer"}
    answer = await http.post("/api/sign-in", json=body)
    assert answer.status_code in (400, 401, 429), answer.text


async def send_broken_json(pair: Pair, http: httpx.AsyncClient) -> None:
    deep = b"[" * 50_000
    headers = {"content-type": "application/json"}
    assert (await http.post("/api/message.send", content=deep, headers=headers)).status_code == 400


HEAVY: tuple[Callable[[Pair, httpx.AsyncClient], Awaitable[None]], ...] = (
    load_snapshots,
    load_history,
    change_picture,
    load_page,
    sign_in_wrongly,
    send_broken_json,
)


async def test_f36_heavy_work_does_not_hold_up_light_work(pair: Pair) -> None:
    """Pictures, snapshots, pages, wrong passwords, hostile JSON; beside them a small command, timed."""
    is_over = False
    counts = dict.fromkeys((work.__name__ for work in HEAVY), 0)

    async def repeat(work: Callable[[Pair, httpx.AsyncClient], Awaitable[None]]) -> None:
        async with pair.open_http() as http:
            while not is_over:
                await work(pair, http)
                counts[work.__name__] += 1

    raw = await pair.open()
    for number in range(60):
        await raw.call("message.send", await pair.make_send(f"{number} " + "x" * 5000))
    calm = await time_light_work(raw, CALM_SECONDS)
    heavy = [asyncio.create_task(repeat(work)) for work in HEAVY]
    try:
        busy = await time_light_work(raw, BUSY_SECONDS)
    finally:
        is_over = True
        await asyncio.gather(*heavy)
        raw.cut()
    calm_p99, busy_p99 = quantile(calm, 0.99), quantile(busy, 0.99)
    print(f"\nF36: p99 {calm_p99 * 1000:.0f} ms alone, {busy_p99 * 1000:.0f} ms beside {counts}")
    assert min(counts.values()) >= 3, "nothing heavy was done: the run proves nothing"
    assert busy_p99 <= calm_p99 + 2 * LAG_BAR
    assert max(busy) <= 1.0
