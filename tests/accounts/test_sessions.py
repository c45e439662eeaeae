"""Sessions end when they should and cost little while they last (S02, W05, P17)."""

import msgspec
import pytest

from hearth.accounts.clean_up import clean_up
from hearth.accounts.contract import (
    ChangePassword,
    DeleteAccount,
    DeviceRemoved,
    DeviceRenamed,
    ListDevices,
    RenameDevice,
    RevokeDevice,
    RevokeOtherDevices,
    SessionEnded,
)
from hearth.accounts.devices import get_session, sign_out
from hearth.accounts.rules import make_token
from hearth.accounts.sessions import list_ended_devices
from hearth.accounts.tables import DEVICE
from hearth.contract import Devices, Users
from hearth.errors import InvalidInput, NotFound, NotSignedIn, TooManyRequests, WrongPassword
from tests.accounts.conftest import KDF, House, make_key, to_actor

RIGHT = make_key("right")


async def test_a_token_is_looked_up_by_its_hash_in_one_query(house: House) -> None:
    signed_in = await house.registers("alice")
    house.clear()
    assert await house.finds(signed_in.token) == to_actor(signed_in)
    assert house.queries == 1
    for wrong in (None, "", make_token(), f"{signed_in.token}x", "x" * 100_000, "\ud800", "\0"):
        assert await house.finds(wrong) is None


async def test_last_seen_is_written_once_a_minute_at_most(house: House) -> None:
    signed_in = await house.registers("alice")
    for seconds, queries in ((59, 1), (1, 2), (1, 1)):
        house.clock.advance(seconds=seconds)
        house.clear()
        await house.finds(signed_in.token)
        assert house.queries == queries
    (row,) = await house.rows(DEVICE)
    assert (house.clock.now() - row.last_seen).total_seconds() == 1


async def test_a_session_in_use_lasts_and_one_unused_for_ninety_days_is_over(house: House) -> None:
    signed_in = await house.registers("alice")
    actor = to_actor(signed_in)
    for _ in range(3):
        house.clock.advance(days=89)
        assert await house.finds(signed_in.token) is not None
    house.clock.advance(days=90, seconds=1)
    assert await house.finds(signed_in.token) is None
    assert await list_ended_devices(house.services.database, [actor.device_id], house.clock.now()) == {
        actor.device_id
    }
    house.clear()
    await house.do(clean_up)
    assert house.published == [
        (SessionEnded(reason="expired"), Devices((actor.device_id,))),
        (DeviceRemoved(device_id=actor.device_id.hex()), Users((actor.user_id,))),
    ]
    house.clock.advance(days=31)
    await house.do(clean_up)
    assert await house.rows(DEVICE) == []


async def test_a_connected_device_counts_as_used(house: House) -> None:
    signed_in = await house.registers("alice")
    actor = to_actor(signed_in)
    for _ in range(4):
        house.clock.advance(days=60)
        assert not await list_ended_devices(house.services.database, [actor.device_id], house.clock.now())
    house.clear()
    assert not await list_ended_devices(house.services.database, [actor.device_id], house.clock.now())
    assert house.queries == 1
    assert await house.finds(signed_in.token) is not None


async def test_unknown_devices_count_as_ended(house: House) -> None:
    unknown = [n.to_bytes(16, "big") for n in range(1200)]
    assert await list_ended_devices(house.services.database, unknown, house.clock.now()) == set(unknown)
    assert house.queries == 3


async def test_signing_out_ends_this_device_only(house: House) -> None:
    laptop, phone = await house.registers("alice"), await house.signs_in("alice")
    house.clear()
    actor = to_actor(laptop)
    await house.do(sign_out, actor)
    assert await house.finds(laptop.token) is None
    assert await house.finds(phone.token) == to_actor(phone)
    assert house.published == [
        (SessionEnded(reason="signed_out"), Devices((actor.device_id,))),
        (DeviceRemoved(device_id=laptop.device.id), Users((actor.user_id,))),
    ]
    with pytest.raises(NotFound):
        await house.do(sign_out, actor)


async def test_devices_are_listed_last_seen_first(house: House) -> None:
    laptop = await house.registers("alice")
    house.clock.advance(minutes=5)
    phone = await house.signs_in("alice")
    house.clock.advance(minutes=5)
    await house.user("bob")
    house.clear()
    listed = await house.run(to_actor(laptop), ListDevices())
    assert [device.id for device in listed.devices] == [phone.device.id, laptop.device.id]
    assert house.queries == 1
    await house.finds(laptop.token)
    listed = await house.run(to_actor(laptop), ListDevices())
    assert [device.name for device in listed.devices] == ["Laptop", "Phone"]


async def test_one_revokes_ones_own_devices_and_nobody_elses(house: House) -> None:
    laptop, phone = await house.registers("alice"), await house.signs_in("alice")
    mallory = await house.user("mallory")
    for unknown in (phone.device.id, laptop.device.id, "0" * 32):
        with pytest.raises(NotFound):
            await house.run(mallory, RevokeDevice(device_id=unknown, auth_key=RIGHT))
    assert house.published == []
    await house.run(to_actor(laptop), RevokeDevice(device_id=phone.device.id, auth_key=RIGHT))
    assert [event for event, _ in house.published] == [
        SessionEnded(reason="revoked"),
        DeviceRemoved(device_id=phone.device.id),
    ]
    assert await house.finds(phone.token) is None and await house.finds(laptop.token) is not None
    with pytest.raises(NotFound):
        await house.run(to_actor(laptop), RevokeDevice(device_id=phone.device.id, auth_key=RIGHT))


async def test_s19_another_device_is_signed_out_by_the_password_and_not_without(house: House) -> None:
    laptop, phone = await house.registers("alice"), await house.signs_in("alice")
    house.clear()
    for command in (
        RevokeDevice(device_id=phone.device.id),
        RevokeDevice(device_id=phone.device.id, auth_key=make_key("guess")),
        RevokeDevice(device_id="0" * 32, auth_key=make_key("guess")),
        RevokeOtherDevices(auth_key=make_key("guess")),
    ):
        with pytest.raises(WrongPassword):
            await house.run(to_actor(laptop), command)
    assert house.published == [] and await house.finds(phone.token) == to_actor(phone)
    await house.run(to_actor(phone), RevokeDevice(device_id=phone.device.id))
    assert house.published[0][0] == SessionEnded(reason="signed_out"), "oneself: without a word"


async def test_devices_of_a_kind_get_names(house: House) -> None:
    """One line of bounded text in which nothing is invisible; all of one's own devices are told, once."""
    laptop, phone = await house.registers("alice"), await house.signs_in("alice")
    alice, device_id = to_actor(laptop), phone.device.id
    house.clear()
    named = await house.run(alice, RenameDevice(device_id=device_id, name="  The \u202eold\n phone "))
    assert named == msgspec.structs.replace(phone.device, name="The old phone")
    assert house.published == [(DeviceRenamed(device=named), Users((alice.user_id,)))]
    assert house.queries == 5
    await house.run(alice, RenameDevice(device_id=device_id, name="The old phone"))
    assert len(house.published) == 1, "nothing is told that is no news"
    with pytest.raises(InvalidInput):
        await house.run(alice, RenameDevice(device_id=device_id, name=" \u200b"))
    listed = await house.run(alice, ListDevices())
    assert {device.name for device in listed.devices} == {laptop.device.name, "The old phone"}


async def test_nobody_names_somebody_elses_device(house: House) -> None:
    alice, mallory = await house.registers("alice"), await house.registers("mallory")
    house.clear()
    for device_id in (alice.device.id, "0" * 32):
        with pytest.raises(NotFound):
            await house.run(to_actor(mallory), RenameDevice(device_id=device_id, name="Mine"))
    assert house.published == []


async def test_s19_guesses_at_the_password_are_counted_across_all_commands(house: House) -> None:
    """And only they: who knows it may sign out as many devices as there are."""
    laptop = await house.registers("alice")
    alice, guess = to_actor(laptop), make_key("guess")
    for _ in range(20):
        phone = await house.signs_in("alice")
        await house.run(alice, RevokeDevice(device_id=phone.device.id, auth_key=RIGHT))
    guesses = [
        RevokeDevice(device_id=laptop.device.id[::-1], auth_key=guess),
        RevokeOtherDevices(auth_key=guess),
        ChangePassword(old_auth_key=guess, auth_key=make_key("new"), kdf=KDF),
        DeleteAccount(auth_key=guess),
    ]
    for number in range(10):
        with pytest.raises(WrongPassword):
            await house.run(alice, guesses[number % 4])
    for command in (*guesses, DeleteAccount(auth_key=RIGHT)):
        with pytest.raises(TooManyRequests):
            await house.run(alice, command)
    bob = await house.user("bob")
    await house.run(bob, RevokeOtherDevices(auth_key=RIGHT))
    house.clock.advance(seconds=91)
    await house.run(alice, DeleteAccount(auth_key=RIGHT))


async def test_s19_a_thief_who_guesses_does_not_keep_the_owner_from_ending_it(
    house: House,
) -> None:
    laptop, stolen = await house.registers("alice"), await house.signs_in("alice")
    thief = to_actor(stolen)
    for _ in range(10):
        with pytest.raises(WrongPassword):
            await house.run(thief, RevokeOtherDevices(auth_key=make_key("guess")))
    for _ in range(200):
        with pytest.raises(TooManyRequests):
            await house.run(thief, RevokeOtherDevices(auth_key=make_key("guess")))
    await house.run(to_actor(laptop), RevokeDevice(device_id=stolen.device.id, auth_key=RIGHT))
    assert await house.finds(stolen.token) is None


async def test_all_other_devices_are_revoked_in_few_queries(house: House) -> None:
    laptop = await house.registers("alice")
    others = [await house.signs_in("alice") for _ in range(5)]
    bob = await house.registers("bob")
    house.clear()
    await house.run(to_actor(laptop), RevokeOtherDevices(auth_key=RIGHT))
    assert house.queries <= 6
    (ended,) = [audience for event, audience in house.published if isinstance(event, SessionEnded)]
    assert set(ended.ids) == {to_actor(other).device_id for other in others}
    for session, alive in ((laptop, True), (bob, True), *((other, False) for other in others)):
        assert (await house.finds(session.token) is not None) is alive


async def test_a_session_that_has_just_ended_is_nobodys(house: House) -> None:
    actor = await house.user("alice")
    session = await house.do(get_session, actor)
    assert session.user.username == "alice" and session.device.id == actor.device_id.hex()
    await house.do(sign_out, actor)
    with pytest.raises(NotSignedIn):
        await house.do(get_session, actor)
