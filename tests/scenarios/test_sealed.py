"""What programs write is sealed: who can read it, what it waits for, that it goes on over everything."""

import asyncio
import contextlib
from pathlib import Path

import pytest
from sqlalchemy import delete

from hearth.client import Client, Disconnected, NotReady, Waits
from hearth.client.conversations import rewrap
from hearth.client.wire.http import Http
from hearth.epochs.tables import EPOCH_WRAP
from hearth.errors import HearthError
from hearth.messages.contract import SendMessage, Sent
from hearth.sealed.group.epoch import Action
from tests.scenarios.beginning_anew import begin_anew, make_link
from tests.scenarios.cast import PASSWORD, PATIENCE, Device
from tests.scenarios.conftest import SignUp, calm, make_friends
from tests.scenarios.keyless import register_keyless
from tests.scenarios.server import RunningServer

NEW_PASSWORD = "battery staple horse"


async def epochs_of(device: Device, to: str) -> list[Action]:
    """Return what the epochs of a conversation did, as a device knows them."""
    key = device.client.find_conversation(to).conversation.id
    async with device.client.keeper.hold() as room:
        known = room.open(key).epochs.known
        return [known[n].epoch.record.action for n in sorted(known)]


async def test_what_is_written_is_sealed_and_read_on_every_device(
    alice: Device, bob: Device, carol: Device, dave: Device
) -> None:
    await alice.sends("for bob alone", to=bob)
    for device in (bob, bob.phone):
        message = await device.receives("for bob alone", from_=alice)
        assert message.is_encrypted and message.verdict is None
        assert message.entry.epoch == 1 and b"for bob" not in message.entry.record
    await bob.sends("and back", to=alice)
    assert (await alice.receives("and back")).is_encrypted
    assert await epochs_of(alice, "bob") == [Action.CREATE]
    history = await bob.phone.client.history("alice")
    assert [(one.text, one.is_encrypted) for one in history] == [("for bob alone", True), ("and back", True)]
    await alice.sends("a note", to="Notes")
    assert [one.text for one in await alice.client.history("Notes")] == ["a note"]
    await carol.receives_nothing()
    await dave.receives_nothing()


async def test_a_new_device_reads_what_was_written_before_it(
    alice: Device, bob: Device, sign_up: SignUp
) -> None:
    for number in range(3):
        await alice.sends(f"number {number}", to=bob)
        await bob.receives(f"number {number}")
    tablet = await sign_up("bob", device="tablet")
    history = await tablet.client.history("alice")
    said = [(message.text, message.verdict) for message in history]
    assert said == [(f"number {number}", None) for number in range(3)]
    await tablet.sends("from the tablet", to=alice)
    await alice.receives("from the tablet")


async def test_a_removed_device_reads_nothing_that_is_written_after(
    alice: Device, bob: Device, carol: Device, dave: Device
) -> None:
    await alice.sends("before", to=bob)
    await bob.receives("before")
    await bob.phone.receives("before")
    async with bob.phone.client.keeper.hold() as room:
        kept = dict(room.open(bob.client.find_conversation("alice").conversation.id).seeds)
    phone = bob.phone.client.file.state
    await bob.client.revoke_device(phone.device_id, PASSWORD)
    sent = await alice.sends("after", to=bob)
    message = await bob.receives("after")
    assert message.entry.epoch == 2, "somebody who had the key is gone: another key before the next word"
    assert set(kept) == {1}
    assert await epochs_of(bob, "alice") == [Action.CREATE, Action.ROTATE]
    http = Http(phone.url, phone.token)
    with pytest.raises(HearthError, match="Sign in first"):
        await http.send("POST", "/api/epoch.wraps", dict, body={})
    await http.close()
    assert not any(one.seq == sent.seq for one in bob.phone.messages)
    await carol.receives_nothing()
    await dave.receives_nothing()


async def test_a_former_friend_and_a_blocked_one_are_locked_out(
    alice: Device, bob: Device, carol: Device, dave: Device
) -> None:
    await alice.sends("while we were friends", to=bob)
    await bob.receives("while we were friends")
    key = alice.client.find_conversation("bob").conversation.id
    await alice.client.remove("bob")
    await bob.agrees(lambda client: not client.replica.users.friends, "no friends")
    await calm(alice, bob, carol, dave)
    for device in (alice, bob):
        with pytest.raises(HearthError) as refused:
            await device.client.send(key, "and now?", timeout=PATIENCE)
        assert refused.value.code == "not_friends"
    await bob.receives_nothing()
    assert [one.text for one in await bob.client.history(key)] == ["while we were friends"]
    with pytest.raises(HearthError):
        await dave.client.send(key, "I am blocked", timeout=PATIENCE)
    await carol.receives_nothing()
    await dave.receives_nothing()


async def test_a_friend_without_keys_is_waited_for(alice: Device, sign_up: SignUp) -> None:
    url = alice.client.http.url
    frank = await register_keyless(url, "frank")
    await frank.connect()
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(frank.close)
        device = Device("frank", frank)
        await make_friends(alice, device)
        with pytest.raises(NotReady) as waits:
            await alice.client.send("frank", "at once or not at all", wait=False)
        assert waits.value.waits is Waits.NO_KEYS and waits.value.users == {frank.user_id}
        with pytest.raises(TimeoutError):
            await alice.client.send("frank", "when you can read it", timeout=0.5)
        await frank.secure(PASSWORD)
        async with asyncio.timeout(PATIENCE):
            async for message in frank.messages():
                assert (message.text, message.is_encrypted) == ("when you can read it", True)
                break


async def test_a_program_that_dies_sends_the_same_bytes_again(
    alice: Device, bob: Device, tmp_path: Path
) -> None:
    """The answer gets lost, and then the program; from its file the very same record is sent."""
    path = tmp_path / "bob.json"
    client = await Client.sign_in(bob.client.http.url, "bob", PASSWORD, file=path)
    await client.connect()
    sent: list[SendMessage] = []

    async def lose_answers(command: SendMessage) -> Sent:
        sent.append(command)
        await client.call(command, Sent)
        raise Disconnected

    client._outbox._send = lose_answers
    sending = asyncio.create_task(client.send("alice", "once"))
    async with asyncio.timeout(PATIENCE):
        while not sent:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.01)
    sending.cancel()
    await client.close()
    async with Client.from_file(path) as again:
        message = await alice.receives("once")
        async with asyncio.timeout(PATIENCE):
            while again._outbox.rows:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.01)
        (answer,) = again.file.state.sent.values()
        assert answer.seq == message.seq
    assert {command.record for command in sent} == {message.entry.record}
    await calm(alice, bob)
    assert [one.text for one in await alice.client.history("bob")] == ["once"]


async def test_what_waits_for_a_key_is_given_again_with_its_text(
    server: RunningServer, alice: Device, bob: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server has lost what was sealed for bob; alice's program gives it to him again."""
    monkeypatch.setattr(rewrap, "ANSWER_WITHIN", 0.2)
    await bob.phone.disconnects()
    await bob.disconnects()
    await alice.sends("first", to=bob)
    async with server.app.services.database.transaction("write") as transaction:
        await transaction.execute(delete(EPOCH_WRAP).where(EPOCH_WRAP.c.user_id == bob.user_id))
    await bob.comes_back()
    lost = await bob.receives_unreadable("keyless")
    assert lost.text is None and lost.is_encrypted
    healed = await bob.receives("first")
    assert healed.seq == lost.seq and healed.verdict is None
    await alice.sends("second", to=bob)
    await bob.receives("second")
    assert not bob.client.file.state.waiting


async def test_a_friend_who_began_anew_is_written_to_once_accepted(
    server: RunningServer, alice: Device, bob: Device, carol: Device
) -> None:
    """Bob resets without a device: what alice writes waits, and goes to the new identity after her word."""
    await alice.sends("to the bob I know", to=bob)
    await bob.receives("to the bob I know")
    async with alice.client.keeper.hold() as room:
        before = room.own.met.chain(bob.user_id).state
    assert before is not None
    await begin_anew(server.url, await make_link(server, alice, bob.user_id), before, NEW_PASSWORD)
    with pytest.raises(NotReady) as waits:
        await alice.client.send("bob", "who are you?", wait=False)
    assert waits.value.waits is Waits.HELD and waits.value.users == {bob.user_id}
    with pytest.raises(TimeoutError):
        await alice.client.send("bob", "for the new bob", timeout=0.5)
    await alice.client.accept_identity("bob")
    async with await Client.sign_in(server.url, "bob", NEW_PASSWORD) as again:
        async with asyncio.timeout(PATIENCE):
            history = await again.history("alice")
            while not history or history[-1].text != "for the new bob":
                await asyncio.sleep(0.1)
                history = await again.history("alice")
        assert history[0].verdict is not None and history[0].text is None, "what was before is not his"
    assert await epochs_of(alice, "bob") == [Action.CREATE, Action.REIDENTIFY]
    await carol.receives_nothing()
