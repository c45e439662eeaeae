"""Replies, edits, deletions, reactions, polls, pins and a group's state, by programs over real sockets."""

from collections.abc import Awaitable
from typing import Any

import pytest

from hearth.client import Message, Refused
from hearth.client.said import Poll, State
from tests.scenarios.cast import Device
from tests.scenarios.conftest import SignUp, make_friends
from tests.scenarios.test_groups import knows

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
THUMB, HEART = "\U0001f44d\U0001f3fd", "\u2764\ufe0f"


async def last(device: Device, to: str, count: int = 1) -> Message:
    return (await device.client.history(to))[-count]


async def is_not_accepted(act: Awaitable[Any]) -> None:
    with pytest.raises(Refused) as caught:
        await act
    assert (caught.value.code, caught.value.fields) == ("not_accepted", {"verdict": "not_allowed"})


async def test_what_two_do_with_messages_both_read_and_nobody_else(
    alice: Device, bob: Device, carol: Device
) -> None:
    await alice.sends("lunch?", to=bob)
    question = await bob.receives("lunch?")
    await bob.client.send("alice", "yes", reply_to=question, mentions=[alice.user_id])
    answer = await alice.receives("yes", from_=bob)
    assert (answer.reply_to, answer.mentions) == (question.seq, (alice.user_id,))
    await alice.client.edit(await last(alice, "bob", 2), "lunch at one?")
    await alice.client.react(answer, THUMB)
    await bob.client.react(question, HEART)
    await alice.client.pin(answer)
    for device, other in ((alice, "bob"), (bob, "alice")):
        first, second = await device.client.history(other)
        assert (first.text, first.is_edited) == ("lunch at one?", True)
        assert first.reactions == {HEART: (bob.user_id,)}
        assert (second.text, second.is_pinned, second.reply_to) == ("yes", True, first.seq)
        assert second.reactions == {THUMB: (alice.user_id,)}
        assert [one.seq for one in await device.client.pins(other)] == [second.seq]
        (alone,) = await device.client.history(other, before=second.seq)
        assert (alone.text, alone.reactions) == (first.text, first.reactions), "from above the page"
    await alice.client.unreact(answer, THUMB)
    await bob.client.unpin(answer)
    await alice.client.delete(await last(alice, "bob", 2))
    first, second = await bob.client.history("alice")
    assert (first.text, first.is_deleted, first.verdict, first.reactions) == (None, True, None, {})
    assert (second.reactions, second.is_pinned) == ({}, False)
    assert await bob.client.pins("alice") == []
    await carol.receives_nothing()


async def test_what_is_not_ones_own_is_not_changed(alice: Device, bob: Device) -> None:
    await alice.sends("mine", to=bob)
    message = await bob.receives("mine")
    await is_not_accepted(bob.client.edit(message, "yours"))
    await is_not_accepted(bob.client.delete(message))
    for unfit in (bob.client.react(message, "no emoji"), bob.client.edit(message, " ")):
        with pytest.raises(ValueError, match=r"emoji|white space"):
            await unfit
    assert (await last(bob, "alice")).text == "mine"
    await bob.sends("and goes on", to=alice)
    await alice.receives("and goes on")


async def test_a_poll_is_voted_on_until_it_is_closed(alice: Device, bob: Device) -> None:
    await alice.client.send_poll("bob", "Where?", ["here", "there"])
    poll = await last(bob, "alice")
    assert (poll.text, poll.poll) == (None, Poll("Where?", ("here", "there")))
    await bob.client.vote(poll, 0)
    await bob.client.vote(poll, 1)
    await alice.client.vote(poll, 0)
    assert (await last(alice, "bob")).votes == {bob.user_id: (1,), alice.user_id: (0,)}
    await alice.client.vote(poll)
    await alice.client.close_poll(await last(alice, "bob"))
    await bob.client.vote(poll, 0)
    closed = await last(bob, "alice")
    assert closed.poll is not None and closed.poll.is_closed
    assert closed.votes == {bob.user_id: (1,)}


async def test_a_groups_state_is_known_to_who_comes_later(
    alice: Device, bob: Device, carol: Device, sign_up: SignUp
) -> None:
    erin = await sign_up("erin")
    await make_friends(alice, erin)
    group = await alice.client.groups.create(["bob"])
    assert await alice.client.groups.state(group) is None
    await alice.client.groups.set_state(group, title="Kayaking", picture=PNG)
    await alice.client.groups.set_state(group, description="On Sundays")
    state = State("Kayaking", "On Sundays", PNG)
    await knows(bob, group, "alice", "bob")
    assert await bob.client.groups.state(group) == state
    await alice.client.groups.add(group, ["erin"])
    await knows(erin, group, "alice", "bob", "erin")
    assert await erin.client.groups.state(group) == state
    assert await erin.client.history(group) == []
    for sender, reader, counts in ((alice, erin, True), (bob, alice, False)):
        await sender.client.send(group, "@everyone", everyone=True)
        assert (await reader.receives("@everyone", from_=sender)).everyone is counts
    await is_not_accepted(bob.client.groups.set_state(group, title="Bob's"))
    assert await erin.client.groups.state(group) == state
    await carol.receives_nothing()
