"""A device's file was copied, and two programs write as one device: nothing that either says is lost."""

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest

from hearth.client import Client, DeviceCopied
from hearth.client.conversations import repeats
from hearth.client.conversations.open import open_page
from hearth.errors import HearthError, Internal, TooManyRequests
from hearth.sealed.core.verdicts import Verdict
from tests.scenarios.cast import PASSWORD, PATIENCE, Device
from tests.scenarios.server import RunningServer


async def copy_file(server: RunningServer, folder: Path) -> tuple[Path, Path]:
    """Return the file of a new device of alice, who has said something to bob, and a copy of it."""
    path, copied = folder / "alice.json", folder / "copied.json"
    async with await Client.sign_in(server.url, "alice", PASSWORD, file=path) as client:
        await client.send("bob", "before")
    shutil.copy(path, copied)
    return path, copied


async def test_what_repeats_a_counter_is_sent_again(
    server: RunningServer, alice: Device, bob: Device, carol: Device, tmp_path: Path
) -> None:
    path, copied = await copy_file(server, tmp_path)
    async with Client.from_file(copied) as copy, Client.from_file(path) as original:
        warned, unwarned = original.events(DeviceCopied), copy.events(DeviceCopied)
        for number in range(3):
            await copy.send("bob", f"copy {number}")
        assert unwarned._queue.empty()
        sent = await original.send("bob", "original", client_id="0f" * 16)
        key = original.find_conversation("bob").conversation.id
        assert await anext(warned) == DeviceCopied(conversation_id=key)
        again = await original.send("bob", "original", client_id="0f" * 16)
        await original.send("bob", "more")
        await copy.send("bob", "copy 3")
        history = await copy.history("bob")
    said = {one.seq: one.text for one in history if one.verdict is None}
    assert list(said.values()) == ["before", "copy 0", "copy 1", "copy 2", "original", "more", "copy 3"]
    assert said[sent.seq] == "original" and sent == again
    repeated = [one for one in history if one.verdict is Verdict.REPEATED_COUNTER]
    assert len(repeated) == 2, "one look at the log is enough to count on where the other one is"
    read = [one.text for one in await bob.client.history("alice") if one.verdict is None]
    assert read == list(said.values())
    await carol.receives_nothing()


async def test_both_writing_at_once_lose_nothing(
    server: RunningServer, alice: Device, bob: Device, tmp_path: Path
) -> None:
    path, copied = await copy_file(server, tmp_path)
    async with Client.from_file(copied) as copy, Client.from_file(path) as original:
        texts = [f"{name} {number}" for number in range(5) for name in ("copy", "original")]
        clients = {"copy": copy, "original": original}
        await asyncio.gather(*(clients[text.split()[0]].send("bob", text) for text in texts))
        history = await bob.client.history("alice", limit=100)
    assert sorted(one.text or "" for one in history if one.verdict is None) == ["before", *sorted(texts)]


async def test_what_repeats_a_counter_is_sent_again_after_refusals_that_pass(
    server: RunningServer, alice: Device, bob: Device, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults, waited = list[HearthError](), list[float]()

    async def open_later(*page: Any) -> Any:
        if faults:
            raise faults.pop()
        return await open_page(*page)

    path, copied = await copy_file(server, tmp_path)
    async with Client.from_file(copied) as copy, Client.from_file(path) as original:

        async def wait(seconds: float) -> None:
            async with original.keeper.hold():  # others have the keys meanwhile
                waited.append(seconds)

        await copy.send("bob", "copy")
        monkeypatch.setattr(repeats, "open_page", open_later)
        monkeypatch.setattr(original.keeper, "wait_for_news", wait)
        faults += [Internal(), TooManyRequests(retry_after=3600.0)]
        await original.send("bob", "original", timeout=PATIENCE)
        history = await bob.client.history("alice")
    assert [one.text for one in history if one.verdict is None] == ["before", "copy", "original"]
    assert waited == [3600.0, 1.0] and not faults
