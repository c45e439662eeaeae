"""Ticks: delivered when a device has it, read when a person has; seen by the members and nobody else."""

import contextlib

from hearth.client import Client
from hearth.contract import Nothing
from hearth.errors import NotFound
from hearth.messages.contract import MarkReceived
from tests.scenarios.cast import Device
from tests.scenarios.conftest import calm


def cursors(client: Client, friend: str, user_id: int) -> tuple[int, int]:
    """How far a member got, as this device knows: (delivered, read)."""
    member = client.find_conversation(friend).members[user_id]
    return member.delivered_seq, member.read_seq


async def test_delivered_comes_by_itself_and_read_when_it_is_read(
    alice: Device, bob: Device, carol: Device, dave: Device
) -> None:
    sent = await alice.sends("hi", to=bob)
    message = await bob.receives("hi")
    await alice.agrees(
        lambda client: cursors(client, "bob", bob.user_id) == (sent.seq, 0), "one delivered mark"
    )
    await bob.client.mark_read(message)
    both = (sent.seq, sent.seq)
    await alice.agrees(lambda client: cursors(client, "bob", bob.user_id) == both, "a read mark")
    await bob.phone.agrees(lambda client: cursors(client, "alice", bob.user_id) == both, "a read mark")
    await carol.receives_nothing()
    await dave.receives_nothing()


async def test_reading_on_one_device_clears_unread_on_the_other(alice: Device, bob: Device) -> None:
    for text in ("one", "two", "three"):
        await alice.sends(text, to=bob)
    await bob.receives("one")
    second = await bob.receives("two")
    await bob.phone.agrees(lambda client: client.find_conversation("alice").unread == 3, "three unread")
    await bob.client.mark_read(second)
    for device in (bob, bob.phone):
        await device.agrees(lambda client: client.find_conversation("alice").unread == 1, "one unread")


async def test_writing_is_reading(alice: Device, bob: Device) -> None:
    await alice.sends("question", to=bob)
    await bob.receives("question")
    sent = await bob.sends("answer", to=alice)
    await alice.agrees(
        lambda client: cursors(client, "bob", bob.user_id) == (sent.seq, sent.seq), "a read mark"
    )
    await bob.phone.agrees(lambda client: client.find_conversation("alice").unread == 0, "nothing unread")


async def test_cursors_never_go_back_or_beyond_the_head(alice: Device, bob: Device) -> None:
    sent = await alice.sends("hi", to=bob)
    await bob.receives("hi")
    key = bob.client.find_conversation("alice").conversation.id
    for seq in (10_000, 0):
        await bob.asks(MarkReceived(conversation_id=key, delivered_seq=seq, read_seq=seq), Nothing)
    await alice.agrees(lambda client: cursors(client, "bob", bob.user_id) == (sent.seq, sent.seq), "the head")


async def test_a_stranger_marks_nothing(alice: Device, bob: Device, carol: Device) -> None:
    await alice.sends("hi", to=bob)
    await bob.receives("hi")
    key = alice.client.find_conversation("bob").conversation.id
    await calm(alice)
    with contextlib.suppress(NotFound):  # whether it is answered or ignored: it leaves no trace
        await carol.asks(MarkReceived(conversation_id=key, delivered_seq=1, read_seq=1), Nothing)
    await alice.receives_nothing()
    await bob.phone.settles()
    assert bob.phone.client.find_conversation("alice").members.keys() == {alice.user_id, bob.user_id}
