"""Typing: shown to the other members only, on all their devices, and gone when it stops."""

import contextlib

from hearth.contract import Nothing
from hearth.errors import HearthError
from hearth.messages.contract import StartTyping, TypingStarted, TypingStopped
from tests.scenarios.cast import Device
from tests.scenarios.conftest import calm


async def test_typing_is_shown_to_the_friend_only(
    alice: Device, bob: Device, carol: Device, dave: Device
) -> None:
    await alice.client.start_typing("bob")
    for device in (bob, bob.phone):
        assert (await device.sees(TypingStarted)).user_id == alice.user_id
    await alice.client.stop_typing("bob")
    for device in (bob, bob.phone):
        await device.sees(TypingStopped)
    for device in (alice, carol, dave):
        await device.receives_nothing()


async def test_a_stranger_types_into_the_void(
    alice: Device, bob: Device, carol: Device, dave: Device
) -> None:
    key = alice.client.find_conversation("bob").conversation.id
    for intruder in (carol, dave):
        await intruder.is_refused(StartTyping(conversation_id=key), "not_found")
    for device in (alice, bob, bob.phone):
        await device.receives_nothing()


async def test_a_former_friend_is_not_shown_typing(alice: Device, bob: Device) -> None:
    key = alice.client.find_conversation("bob").conversation.id
    await bob.client.remove("alice")
    await alice.agrees(lambda client: not client.replica.users.friends, "no friends")
    await calm(bob)
    with contextlib.suppress(HearthError):  # whether it is refused or ignored: nobody is told
        await alice.asks(StartTyping(conversation_id=key), Nothing)
    await bob.receives_nothing()
