"""A hostile server that calls somebody by another's name: a program is led to nobody else by it."""

import pytest
from sqlalchemy import update

from hearth.accounts.contract import OwnProfile, UpdateProfile
from hearth.accounts.tables import USER
from hearth.client import Client, NotReady, Waits
from hearth.errors import NotFound
from hearth.sealed.core.verdicts import Verdict
from tests.scenarios.cast import Device
from tests.scenarios.conftest import SignUp, make_friends
from tests.scenarios.server import RunningServer


@pytest.fixture
async def alice(sign_up: SignUp) -> Device:
    return await sign_up("alice")


@pytest.fixture
async def mallory(sign_up: SignUp) -> Device:
    return await sign_up("mallory")


async def calls(server: RunningServer, somebody: Device, username: str, *, to: Device | None = None) -> None:
    """The server calls somebody so from now on; `to` is told."""
    change = update(USER).where(USER.c.id == somebody.user_id).values(username=username)
    async with server.app.services.database.transaction("write") as transaction:
        await transaction.execute(change)
    await somebody.asks(UpdateProfile(about=f"called {username}"), OwnProfile)

    def is_told(client: Client) -> bool:
        states = client.replica.conversations.values()
        return any(card.username == username for state in states for card in state.conversation.users)

    if to is not None:
        await to.agrees(is_told, f"a card of {username}")


async def compares(device: Device, friend: Device) -> None:
    """As in a browser of the same person."""
    async with device.client.keeper.hold() as room:
        chain = room.own.met.chain(friend.user_id)
        await room.append(room.own.set_pins(room.own.pins.compare(chain, 1)))


async def is_stopped(device: Device, to: str) -> bool:
    with pytest.raises(NotReady) as reason:
        await device.sends("not to be sent", to=to)
    return (reason.value.waits, reason.value.verdict) == (Waits.STOPPED, Verdict.WRONG_PLACE)


async def test_a_friend_whom_the_server_renames_keeps_the_name_and_gets_nothing_until_it_says_the_truth(
    alice: Device, mallory: Device, server: RunningServer
) -> None:
    await make_friends(alice, mallory)
    await alice.sends("for mallory", to=mallory)
    await mallory.receives("for mallory")
    await compares(alice, mallory)
    known = await alice.client.identity("mallory")
    assert (known.is_compared, known.is_misnamed) == (True, False)

    await calls(server, mallory, "bob", to=alice)
    for again in (False, True):
        with pytest.raises(NotFound):
            await alice.client.send("bob", "for bob")
        with pytest.raises(NotFound):
            await alice.client.identity("bob")
        with pytest.raises(NotFound):
            await alice.client.groups.create(["bob"])
        assert await is_stopped(alice, "mallory")
        lied = await alice.client.identity("mallory")
        assert (lied.username, lied.is_compared, lied.is_misnamed) == ("mallory", False, True)
        if not again:
            await mallory.sends("what she writes is hers", to=alice)
            assert (await alice.receives("what she writes is hers")).sender.username == "mallory"
            [*_, last] = await alice.client.history("mallory")
            assert (last.sender.username, last.sender.display_name) == ("mallory", "Mallory")
            await alice.disconnects()
            await alice.comes_back()

    await calls(server, mallory, "mallory", to=alice)
    assert (await alice.client.identity("mallory")).is_compared
    await alice.sends("again for mallory", to=mallory)
    await mallory.receives("again for mallory")


async def test_who_is_passed_off_as_another_from_the_start_gets_nothing(
    alice: Device, mallory: Device, server: RunningServer
) -> None:
    await make_friends(alice, mallory)
    await calls(server, mallory, "bob", to=alice)
    assert await is_stopped(alice, "bob")
    with pytest.raises(NotFound):
        await alice.client.send("bob", "who that is not is known now")
    assert await is_stopped(alice, "mallory")


async def test_who_is_passed_off_as_another_from_the_start_is_in_no_group(
    alice: Device, mallory: Device, server: RunningServer
) -> None:
    await make_friends(alice, mallory)
    await calls(server, mallory, "bob", to=alice)
    with pytest.raises(NotFound, match="mallory"):
        await alice.client.groups.create(["bob"])
