"""A whole server is searched for what people wrote and for what opens it: files, logs, every table.

The control: what the server has to know is found by the same search, in the same places.
"""

import base64
import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from hearth.client import Client
from hearth.client.sign_in import derive_known
from hearth.db.columns import METADATA
from hearth.sealed.group.seeds import epoch_key
from hearth.services import Services
from tests.scenarios.cast import PASSWORD, Device
from tests.scenarios.conftest import calm
from tests.scenarios.server import RunningServer
from tests.security.test_secrets import Everything, logged

__all__ = ["logged"]
CANARY = "canary-" + secrets.token_hex(8)
TEXTS = [f"meet me at the {CANARY} at noon", f"नमस्ते {CANARY}", f"note to self: {CANARY}"]
NEW_PASSWORD = f"another long {CANARY}"


@pytest.fixture
async def server(logged: Everything, database_url: str, tmp_path: Path) -> AsyncIterator[RunningServer]:
    """Every logger is heard at DEBUG from before it starts."""
    running = RunningServer(database_url, tmp_path, limit_scale=1000.0)
    await running.start()
    yield running
    await running.stop()


def forms(secret: bytes) -> Iterator[bytes]:
    """How bytes may look inside others: as they are, in hex, in base64 whatever stands before them."""
    yield secret
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
    for lead in range(3):
        encoded = base64.b64encode(bytes(lead) + secret)
        yield encoded[(lead * 8 + 5) // 6 : (lead + len(secret)) * 8 // 6]


def find(secret: bytes, places: dict[str, bytes]) -> set[str]:
    return {place for place, content in places.items() for form in forms(secret) if form in content}


async def dump_tables(services: Services) -> dict[str, bytes]:
    """Every value of every table, each as it is."""
    found = {}
    async with services.database.transaction("read") as transaction:
        for table in METADATA.sorted_tables:
            rows = (await transaction.execute(select(table))).all()
            values = [value for row in rows for value in row]
            content = [value if isinstance(value, bytes) else str(value).encode() for value in values]
            found[f"table {table.name}"] = b"\n".join(content)
    return found


def read_files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


async def gather_secrets(client: Client, password: str) -> dict[str, bytes]:
    """Everything that only this person's devices may have."""
    derived = await derive_known(client.http, client.username, password)
    async with client.keeper.hold() as room:
        own, found = room.own, {"kek": derived.kek, "auth key": derived.auth_key}
        found |= {"sign seed": own.keys.sign_seed, "KEM seed": own.keys.kem_seed}
        found |= {f"generation {g}": one.key for g, one in own.generations.generations.items()}
        found |= {f"receive seed {version}": seed for version, seed in own.receive_seeds.items()}
        for key, live in room.lives.items():
            for n, seed in live.seeds.items():
                found[f"seed {n} of {key}"] = seed
                found[f"key {n} of {key}"] = epoch_key(seed, live.epochs.known[n].epoch.hash)
    return {f"{client.username}'s {name}": secret for name, secret in found.items()}


def has_to_look_at(client: Client, user_id: int) -> bool:
    """Tell whether a device has heard that somebody's chain has grown: what it sends next waits for that."""
    room = client.keeper.room
    return room is not None and user_id in room.stale


async def test_nothing_that_people_wrote_is_anywhere_on_the_server(
    server: RunningServer, logged: Everything, tmp_path: Path, alice: Device, bob: Device
) -> None:
    await alice.sends(TEXTS[0], to=bob)
    await bob.receives(TEXTS[0])
    await bob.sends(TEXTS[1], to=alice)
    await alice.receives(TEXTS[1])
    await bob.sends(TEXTS[2], to="Notes")
    await bob.client.change_password(PASSWORD, NEW_PASSWORD)
    await alice.agrees(lambda client: has_to_look_at(client, bob.user_id), "hearing of bob's new keys")
    await alice.sends(TEXTS[0], to=bob)
    message = await bob.receives(TEXTS[0])
    assert message.entry.epoch == 2
    await calm(alice, bob)
    hidden = {f"text {number}": text.encode() for number, text in enumerate(TEXTS)}
    hidden |= {"canary": CANARY.encode(), "password": PASSWORD.encode(), "new one": NEW_PASSWORD.encode()}
    hidden |= await gather_secrets(alice.client, PASSWORD) | await gather_secrets(bob.client, NEW_PASSWORD)
    token = alice.client.file.state.token
    places = await dump_tables(server.app.services)
    await server.stop()
    places |= read_files(tmp_path) | {"log": "\n".join(logged.lines).encode()}
    assert len(hidden) > 20 and any("hearth.db" in place or "table message" in place for place in places)
    for name, secret in {**hidden, "token": token.encode()}.items():
        assert not find(secret, places), f"{name} is in {find(secret, places)}"
    for known in (b"Alice", b"bob", message.entry.record, message.entry.log_hash):
        assert find(known, places), "the control: what the server knows is found"
    await server.start()


def test_the_search_finds_bytes_however_they_are_written() -> None:
    secret = secrets.token_bytes(32)
    for lead in range(4):
        written = base64.b64encode(b"x" * lead + secret + b"yz")
        for content in (written, b"--" + secret.hex().encode(), b"--" + secret):
            assert find(secret, {"place": content}) == {"place"}
    assert not find(secret, {"place": secrets.token_bytes(4096)})
