"""Saying things: to all devices of both, in order, once, checked; to nobody else."""

import asyncio
import secrets

import msgspec
import pytest

from hearth.client.replica.log_hash import chain_hash, start_hash
from hearth.errors import HearthError
from hearth.messages.contract import Page, ReadHistory, SendMessage, Sent
from tests.epochs.kit import make_record
from tests.scenarios.cast import Device
from tests.scenarios.conftest import calm
from tests.sealing import seal_send


async def make_send(device: Device, to: str, text: str, *, client_id: str | None = None) -> SendMessage:
    """A message that the device sends by itself; its epoch is there, made now if there was none."""
    key = device.client.find_conversation(to).conversation.id
    return await seal_send(device.client, key, text, client_id=client_id)


async def test_a_message_reaches_every_device_of_both_and_nobody_else(
    alice: Device, bob: Device, carol: Device, dave: Device
) -> None:
    await alice.sends("hi", to=bob)
    await bob.receives("hi", from_=alice)
    await bob.phone.receives("hi", from_=alice)
    await bob.sends("hello", to=alice)
    await alice.receives("hello", from_=bob)
    await bob.phone.receives("hello", from_=bob)
    await carol.receives_nothing()
    await dave.receives_nothing()


async def test_messages_keep_their_order_from_all_sides(alice: Device, bob: Device, carol: Device) -> None:
    async def talk(device: Device, to: Device) -> None:
        for number in range(30):
            await device.sends(f"{device.name} {number}", to=to)

    await asyncio.gather(talk(alice, bob), talk(bob, alice))
    histories = [
        [message.text for message in await device.client.history(friend, limit=100)]
        for device, friend in ((alice, "bob"), (bob, "alice"), (bob.phone, "alice"))
    ]
    assert histories[0] == histories[1] == histories[2]
    assert len(histories[0]) == 60
    for name in ("alice", "bob"):
        own = [text for text in histories[0] if text is not None and text.startswith(name)]
        assert own == [f"{name} {number}" for number in range(30)]
    for text in histories[0]:
        assert text is not None
        await bob.phone.receives(text)
    await carol.receives_nothing()


async def test_many_lines_emoji_and_every_script_arrive_as_they_were(alice: Device, bob: Device) -> None:
    for text in (
        "one\ntwo\n\nthree",
        "👩‍👩‍👧‍👦 🇮🇳",
        "નમસ્તે दुनिया مرحبا",
        "<script>alert(1)</script>",
        "x" * 10_000,
    ):
        await alice.sends(text, to=bob)
        await bob.receives(text)


async def test_a_retry_gets_the_first_answer_and_is_stored_once(
    alice: Device, bob: Device, carol: Device
) -> None:
    command = await make_send(alice, "bob", "once")
    answers = [await alice.asks(command, Sent) for _ in range(2)]
    answers.append(await alice.asks(command, Sent, over="http"))
    assert answers[0] == answers[1] == answers[2]
    await bob.receives("once")
    await alice.sends("next", to=bob)
    await bob.receives("next")
    await carol.receives_nothing()


async def test_a_retry_is_answered_even_after_the_friendship(alice: Device, bob: Device) -> None:
    command = await make_send(alice, "bob", "once")
    first = await alice.asks(command, Sent)
    await bob.client.remove("alice")
    await alice.agrees(lambda client: not client.replica.users.friends, "no friends")
    assert await alice.asks(command, Sent) == first


async def test_two_devices_do_not_take_each_others_client_ids(alice: Device, bob: Device) -> None:
    client_id = secrets.token_hex(16)
    first = await alice.asks(await make_send(alice, "bob", "mine", client_id=client_id), Sent)
    second = await bob.asks(await make_send(bob, "alice", "mine too", client_id=client_id), Sent)
    assert second.seq == first.seq + 1
    await bob.is_refused(await make_send(bob, "alice", "something else", client_id=client_id), "conflict")


async def test_a_stranger_can_neither_read_nor_write(
    alice: Device, bob: Device, carol: Device, dave: Device
) -> None:
    await alice.sends("secret", to=bob)
    command = await make_send(alice, "bob", "intruder")
    for intruder in (carol, dave):
        for over in ("socket", "http"):
            await intruder.is_refused(command, "not_found", over=over)
            reading = ReadHistory(conversation_id=command.conversation_id, seq=0)
            await intruder.is_refused(reading, "not_found", over=over)
    absent = ReadHistory(conversation_id="00" * 16, seq=0)
    known = ReadHistory(conversation_id=command.conversation_id, seq=0)
    assert (await carol.is_refused(absent, "not_found")).to_problem() == (
        await carol.is_refused(known, "not_found")
    ).to_problem()
    await bob.receives("secret")


async def test_the_blocked_one_cannot_write_and_reads_what_was_there(alice: Device, dave: Device) -> None:
    with pytest.raises(HearthError):
        await dave.sends("let me in", to=alice)
    assert await dave.client.history("alice") == []
    await alice.receives_nothing()


async def test_history_comes_in_pages_from_any_place_with_a_true_hash(alice: Device, bob: Device) -> None:
    for number in range(2, 31):  # the first entry is the epoch's
        await alice.sends(str(number), to=bob)
    key = bob.client.find_conversation("alice").conversation.id

    async def read(seq: int, direction: str, limit: int) -> Page:
        command = ReadHistory(conversation_id=key, seq=seq, direction=direction, limit=limit)  # type: ignore[arg-type]
        return await bob.asks(command, Page)

    newest = await read(0, "before", 10)
    assert [entry.seq for entry in newest.entries] == list(range(21, 31))
    assert [entry.seq for entry in (await read(21, "before", 10)).entries] == list(range(11, 21))
    assert [entry.seq for entry in (await read(5, "after", 3)).entries] == [6, 7, 8]
    around = [entry.seq for entry in (await read(15, "around", 5)).entries]
    assert 15 in around and len(around) == 5
    assert (await read(30, "after", 5)).entries == []
    running = newest.hash_before
    for entry in newest.entries:
        running = chain_hash(running, entry)
        assert running == entry.log_hash
    first = await read(1, "before", 5)
    assert (first.entries, first.first_seq, first.last_seq) == ([], 1, 30)
    assert (await read(0, "after", 1)).hash_before == start_hash(key)


async def test_notes_are_for_oneself_on_all_ones_devices(
    bob: Device, alice: Device, carol: Device, dave: Device
) -> None:
    await bob.sends("buy milk", to="Notes")
    await bob.phone.receives("buy milk", from_=bob)
    for device in (alice, carol, dave):
        await device.receives_nothing()


async def test_what_does_not_fit_is_refused_and_nothing_is_stored(alice: Device, bob: Device) -> None:
    good = await make_send(alice, "bob", "good")
    await calm(bob)
    for changes in (
        {"counter": 0},
        {"record": b""},
        {"record": b"x" * 65_537},
        {"client_id": "short"},
        {"kind": 8},
    ):
        await alice.is_refused(msgspec.structs.replace(good, **changes), "invalid_input")
    await bob.receives_nothing()
    largest = msgspec.structs.replace(good, record=make_record(63_488))
    assert (await alice.asks(largest, Sent)).ordinal == 1


async def test_what_is_not_sealed_is_refused_by_socket_and_http(alice: Device, bob: Device) -> None:
    """Of every kind, where nothing was sealed yet and where something was."""
    key = alice.client.find_conversation("bob").conversation.id
    plain = b'\0{"type":"text","text":"plain"}'
    for number in (1, 2):
        for kind in range(8):
            send = SendMessage(
                conversation_id=key,
                client_id=secrets.token_hex(16),
                counter=number,
                record=plain,
                kind=kind,  # type: ignore[arg-type]
            )
            for over in ("socket", "http"):
                await alice.is_refused(send, "not_sealed", over=over)
        await alice.sends("sealed", to=bob)
        await bob.receives("sealed", from_=alice)
    assert [message.text for message in await bob.client.history("alice")] == ["sealed", "sealed"]
