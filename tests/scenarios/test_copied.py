"""A device's file was copied, and two programs write as one device: nothing that either says is lost."""

import asyncio
import shutil
from pathlib import Path

from hearth.client import Client
from hearth.sealed.core.verdicts import Verdict
from tests.scenarios.cast import PASSWORD, Device
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
        for number in range(3):
            await copy.send("bob", f"copy {number}")
        sent = await original.send("bob", "original", client_id="0f" * 16)
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
