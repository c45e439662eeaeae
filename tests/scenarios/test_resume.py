"""Away and back: nothing is missed, nothing comes twice, and a snapshot comes when cursors are of no use."""

import asyncio
import secrets
from pathlib import Path

import pytest
from sqlalchemy import update

from hearth.accounts.contract import OwnProfile, UpdateProfile
from hearth.client import Client
from hearth.client.device_file import DeviceFile
from hearth.client.wire.http import Http
from hearth.db.tables import SERVER
from hearth.messages.contract import Sent
from hearth.sync.contract import Opened, OpenSync
from tests.scenarios.cast import PASSWORD, Device
from tests.scenarios.server import RunningServer
from tests.scenarios.test_messages import make_send


async def test_five_hundred_missed_messages_come_in_order_once(alice: Device, bob: Device) -> None:
    await bob.phone.disconnects()
    commands = [await make_send(alice, "bob", str(number)) for number in range(1, 501)]
    for start in range(0, 500, 50):
        await asyncio.gather(*(alice.asks(command, Sent) for command in commands[start : start + 50]))
    await bob.phone.comes_back()
    for number in range(1, 501):
        await bob.phone.receives(str(number))
    await alice.sends("live again", to=bob)
    await bob.phone.receives("live again")


async def test_a_program_goes_on_where_its_file_says(
    server: RunningServer, alice: Device, bob: Device, tmp_path: Path
) -> None:
    path = tmp_path / "bob.json"
    first = await Client.sign_in(server.url, "bob", PASSWORD, file=path)
    async with first:
        await alice.sends("one", to=bob)
        await alice.sends("two", to=bob)
        seen = []
        async for message in first.messages():
            seen.append(message.text)
            break  # died while handling "one"
    await alice.sends("three", to=bob)
    assert PASSWORD not in path.read_text()
    async with Client.from_file(path) as second:
        async for message in second.messages():
            seen.append(message.text)
            if message.text == "three":
                break
    assert seen == ["one", "one", "two", "three"]


async def test_what_was_not_sent_is_sent_after_the_restart_once(
    server: RunningServer, alice: Device, bob: Device
) -> None:
    await server.stop()
    with pytest.raises(TimeoutError):
        await alice.client.send("bob", "written while it was down", timeout=0.3)
    await server.start()
    await bob.receives("written while it was down", from_=alice)
    await alice.sends("after", to=bob)
    await bob.receives("after")
    history = [message.text for message in await bob.client.history("alice")]
    assert history == ["written while it was down", "after"]


async def test_what_happened_to_the_account_while_away_is_caught_up(alice: Device, bob: Device) -> None:
    replica = bob.phone.client.replica
    await bob.phone.client._connection.stop()
    before = replica.log_seq
    for number in range(30):
        await alice.asks(UpdateProfile(about=f"version {number}"), OwnProfile)
    await bob.phone.client.connect()
    assert replica.log_seq >= before + 30
    assert replica.users.friends[alice.user_id].profile.about == "version 29"


async def test_another_generation_leads_to_a_snapshot(
    server: RunningServer, alice: Device, bob: Device
) -> None:
    await alice.sends("before", to=bob)
    await bob.receives("before")
    await bob.phone.receives("before")
    opened = await bob.asks(OpenSync(generation="ab" * 16, log_seq=10_000), Opened)
    assert opened.snapshot is not None and opened.log == []
    generation = secrets.token_bytes(16)
    await server.stop()
    await set_generation(server, generation)
    await server.start()
    await bob.agrees(lambda client: client.replica.generation == generation.hex(), "the new generation")
    assert bob.client.find_conversation("alice").last_seq == 2  # after the epoch's entry
    await alice.sends("after", to=bob)
    await bob.receives("after")


async def set_generation(server: RunningServer, generation: bytes) -> None:
    """What restoring a backup does."""
    from hearth.db.engine import Database

    database = Database(server.config.database_url)
    await database.start()
    async with database.transaction("write") as transaction:
        await transaction.execute(update(SERVER).values(generation=generation))
    await database.stop()


async def test_a_cursor_from_the_future_or_too_old_leads_to_a_snapshot(bob: Device) -> None:
    generation = bob.client.replica.generation
    nothing_known = await bob.asks(OpenSync(generation=generation), Opened)
    assert nothing_known.snapshot is not None
    future = await bob.asks(OpenSync(generation=generation, log_seq=1_000_000), Opened)
    assert future.snapshot is not None
    present = await bob.asks(OpenSync(generation=generation, log_seq=bob.client.replica.log_seq), Opened)
    assert present.snapshot is None and present.log == []


async def test_only_what_differs_is_sent_again(alice: Device, bob: Device) -> None:
    await alice.sends("one", to=bob)
    await bob.receives("one")
    heads = bob.client.replica.heads()
    replica = bob.client.replica
    command = OpenSync(generation=replica.generation, log_seq=replica.log_seq, conversations=heads)
    assert (await bob.asks(command, Opened)).items == []
    await alice.sends("two", to=bob)
    await bob.receives("two")
    changed = await bob.asks(command, Opened)
    assert [item.last_seq for item in changed.items] == [3]  # an epoch and two messages
    for stranger_heads in ({"00" * 16: 0}, {secrets.token_hex(16): 99}):
        answer = await bob.asks(OpenSync(conversations=stranger_heads), Opened)
        assert not stranger_heads.keys() & {item.conversation.id for item in answer.items}


async def test_what_was_read_elsewhere_while_away_is_known_at_once(alice: Device, bob: Device) -> None:
    await alice.sends("hi", to=bob)
    message = await bob.receives("hi")
    await bob.phone.receives("hi")
    await bob.phone.client._connection.stop()
    await bob.client.mark_read(message)
    await bob.agrees(lambda client: client.find_conversation("alice").unread == 0, "nothing unread")
    await bob.phone.client.connect()
    assert bob.phone.client.find_conversation("alice").unread == 0


async def test_a_device_file_keeps_what_is_needed_and_no_more(alice: Device) -> None:
    state = alice.client.file.state
    assert DeviceFile(state).state.token
    http = Http(state.url, state.token)
    assert PASSWORD not in repr(state)
    await http.close()


@pytest.mark.parametrize("transports", [("polling",), ("polling", "websocket")])
async def test_a_line_without_websocket_carries_the_same(
    alice: Device, bob: Device, transports: tuple[str, ...]
) -> None:
    await bob.phone.disconnects()
    file = bob.phone.client.file
    polling = Client(file, Http(file.state.url, file.state.token), transports=transports)
    async with polling:
        await polling.send("alice", "by post")
        await alice.receives("by post")
        await bob.receives("by post")
        sent = await alice.sends("answered", to=bob)
        async for message in polling.messages():
            assert (message.text, message.seq) == ("answered", sent.seq)
            break
