"""A list of fifty devices, most of which nobody is signed in with any more: the fifty-first is let in."""

import copy
import secrets

import pytest

from hearth.accounts.sessions import NOBODY, end_sessions
from hearth.contract import Context
from hearth.directory.contract import AddDevice
from hearth.vault.rules import NotAccepted
from hearth.work import perform
from tests.directory.conftest import Home
from tests.directory.kit import Owner


def add(owner: Owner, device: bytes, *, without: bytes) -> AddDevice:
    statement = owner.list_devices([*(kept for kept in owner.now.devices if kept != without), device])
    wrap = secrets.token_bytes(1168)
    return AddDevice(
        auth_key=owner.auth_key, statement=statement, device_key=owner.kem_keys[device], g=owner.g, wrap=wrap
    )


async def end(home: Home, device_id: bytes) -> None:
    async def verb(context: Context) -> None:
        await end_sessions(context, home.owner.user, [device_id], reason="expired")

    await perform(home.stage.services, NOBODY, verb)


async def test_who_has_no_listed_device_left_is_let_in(alice: Home) -> None:
    await end(alice, alice.id)
    new = await alice.signs_in()
    await alice.run(add(alice.owner, new.device_id, without=alice.id), new)
    await alice.run(alice.owner.renew(new.device_id), new)
    assert set(alice.owner.now.devices) == {new.device_id}
    assert await alice.replays() == alice.owner.state


async def test_a_device_that_is_signed_in_is_not_pushed_out(alice: Home) -> None:
    laptop, new = await alice.adds(), await alice.signs_in()
    owner = copy.deepcopy(alice.owner)
    with pytest.raises(NotAccepted) as caught:
        await alice.run(add(owner, new.device_id, without=laptop.device_id), new)
    assert caught.value.fields == {"verdict": "not_allowed"}
    assert await alice.replays() == alice.owner.state


async def test_the_fifty_first_device(alice: Home) -> None:
    for _ in range(49):
        await alice.adds()
    new = await alice.signs_in()
    alive = {actor.device_id for actor in alice.devices[-48:]}
    gone = [device for device in alice.owner.now.devices if device not in alive]
    assert alice.id in gone, "signing in has ended the session unused for longest"
    await alice.run(add(alice.owner, new.device_id, without=alice.id), new)
    assert len(alice.owner.now.devices) == 50
    await alice.run(alice.owner.renew(new.device_id), new)
