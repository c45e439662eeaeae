"""Devices come and go: signed out means dead within a second, everywhere, and nobody else hears of it."""

import asyncio
import time

import pytest

from hearth.accounts.contract import (
    DeviceRemoved,
    DeviceRenamed,
    Devices,
    ListDevices,
    RevokeDevice,
    SessionEnded,
)
from hearth.client import Client
from hearth.contract import Nothing
from hearth.errors import InvalidInput, NotFound, NotSignedIn, WrongPassword
from tests.scenarios.cast import PASSWORD, Device
from tests.scenarios.server import RunningServer

NEW_PASSWORD = "battery staple horse"


async def is_dead(device: Device) -> None:
    """The device's connection has ended for good, over both faces."""
    with pytest.raises(NotSignedIn):
        async with asyncio.timeout(1.0):
            await device.client._connection.wait_for_change(device.client._connection._version)
            while True:
                await device.client._connection.wait_for_change(device.client._connection._version)
    with pytest.raises(NotSignedIn):
        await device.client.call(ListDevices(), Devices, over="http")


async def test_a_revoked_device_dies_within_a_second(
    alice: Device, bob: Device, carol: Device, dave: Device
) -> None:
    phone = bob.phone.client.file.state.device_id
    with pytest.raises(WrongPassword):
        await bob.client.revoke_device(phone, "not the password")
    await bob.phone.receives_nothing()
    began = time.monotonic()
    await bob.client.revoke_device(phone, PASSWORD)
    assert (await bob.phone.sees(SessionEnded)).reason == "revoked"
    await is_dead(bob.phone)
    assert time.monotonic() - began < 1.5
    removed = await bob.sees(DeviceRemoved)
    assert removed.device_id == bob.phone.client.file.state.device_id
    await alice.sends("still there?", to=bob)
    await bob.receives("still there?")
    await carol.receives_nothing()
    await dave.receives_nothing()


async def test_a_device_that_is_named_anew_is_so_everywhere(bob: Device, carol: Device) -> None:
    phone = bob.phone.client.file.state.device_id
    await bob.client.rename_device(phone, "The old phone")
    assert (await bob.phone.sees(DeviceRenamed)).device.name == "The old phone"
    await bob.agrees(lambda client: client.replica.devices[phone].name == "The old phone", "a name")
    await carol.receives_nothing()


async def test_who_signs_their_own_device_out_is_still_told_that_it_worked(bob: Device) -> None:
    own = bob.phone.client.file.state.device_id
    await bob.phone.asks(RevokeDevice(device_id=own), Nothing, over="socket")
    await is_dead(bob.phone)


async def test_nobody_can_revoke_somebody_elses_device(bob: Device, carol: Device) -> None:
    device_id = bob.client.file.state.device_id
    with pytest.raises(NotFound):
        await carol.client.revoke_device(device_id, PASSWORD)
    await carol.is_refused(RevokeDevice(device_id=device_id), "wrong_password")
    await bob.receives_nothing()


async def test_all_others_can_be_signed_out_at_once(bob: Device, alice: Device, carol: Device) -> None:
    with pytest.raises(WrongPassword):
        await bob.client.revoke_other_devices("not the password")
    await bob.phone.receives_nothing()
    await bob.client.revoke_other_devices(PASSWORD)
    await is_dead(bob.phone)
    assert bob.client.is_connected
    assert [device.id for device in (await bob.asks(ListDevices(), Devices)).devices] == [
        bob.client.file.state.device_id
    ]
    await alice.receives_nothing()
    await carol.receives_nothing()


async def test_signing_out_ends_this_device_only(bob: Device, alice: Device, carol: Device) -> None:
    await bob.phone.client.sign_out()
    await bob.sees(DeviceRemoved)
    assert list(bob.client.replica.devices) == [bob.client.file.state.device_id]
    await alice.receives_nothing()
    await carol.receives_nothing()


async def test_a_new_password_ends_the_other_sessions_and_the_old_password(
    server: RunningServer, bob: Device, alice: Device, carol: Device, dave: Device
) -> None:
    with pytest.raises(WrongPassword):
        await bob.client.change_password("not the password", NEW_PASSWORD)
    with pytest.raises(InvalidInput):
        await bob.client.change_password(PASSWORD, PASSWORD)
    await bob.client.change_password(PASSWORD, NEW_PASSWORD)
    await is_dead(bob.phone)
    with pytest.raises(WrongPassword):
        await Client.sign_in(server.url, "bob", PASSWORD)
    tablet = await Client.sign_in(server.url, "bob", NEW_PASSWORD)
    async with tablet:
        assert tablet.find_conversation("alice").conversation.open
    await alice.receives_nothing()
    await carol.receives_nothing()
    await dave.receives_nothing()


async def test_a_session_that_ended_while_away_is_not_taken_up(bob: Device) -> None:
    await bob.phone.disconnects()
    await bob.client.revoke_other_devices(PASSWORD)
    with pytest.raises(NotSignedIn):
        await bob.phone.comes_back()
