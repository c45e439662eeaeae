"""A backup is restored: devices that came and went since, and a password that was changed."""

import pytest

from hearth.client.restored import patience
from tests.scenarios.backups import Backups, epochs_of, goes_on, id_of, key_of, list_devices, texts
from tests.scenarios.cast import PASSWORD
from tests.scenarios.conftest import SignUp, begin_with_a_backup, calm, make_friends


async def test_devices_that_came_and_went_since_the_backup_come_and_go_again(
    sign_up: SignUp, backups: Backups
) -> None:
    """The phone was removed, a laptop added, and messages were sealed to that list."""
    alice, bob = await sign_up("alice"), await sign_up("bob")
    phone = await sign_up("bob", device="phone")
    await make_friends(alice, bob)
    await alice.sends("before the backup", to=bob)
    await bob.receives("before the backup")
    await calm(alice, bob, phone)
    await backups.make()
    laptop = await sign_up("bob", device="laptop")
    await bob.client.revoke_device(id_of(phone), PASSWORD)
    await bob.agrees(lambda client: id_of(phone) not in client.replica.devices, "the phone's going")
    listed = {id_of(bob), id_of(laptop)}
    assert await list_devices(alice, bob) == listed
    await alice.sends("not for the phone", to=bob)
    await bob.receives("not for the phone")
    await calm(alice, bob)
    assert len(await epochs_of(alice, "bob")) == 2
    before = alice.client.replica.generation
    await backups.restore()
    for device in (bob, alice):
        await goes_on(device, before)
    await bob.agrees(lambda client: id_of(phone) not in client.replica.devices, "the phone's going again")
    assert await list_devices(alice, bob) == listed
    await alice.sends("life goes on", to=bob)
    assert (await bob.receives("life goes on")).verdict is None
    everything = ["before the backup", "not for the phone", "life goes on"]
    for device, other in ((alice, "bob"), (bob, "alice")):
        assert await texts(device.client, other) == everything
    tablet = await sign_up("bob", device="tablet")
    assert await texts(tablet.client, "alice") == everything


async def test_a_list_that_nobody_can_give_back_stops_nobody(
    sign_up: SignUp, backups: Backups, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bob's programs were started anew: his list is that of the backup, and alice takes it after a while."""
    monkeypatch.setattr(patience, "PATIENCE_MS", 3000)
    alice, bob = await begin_with_a_backup(sign_up, backups)
    laptop = await sign_up("bob", device="laptop")
    assert len(await list_devices(alice, bob)) == 2
    async with alice.client.keeper.hold() as room:
        lost = len(room.own.met.chain(bob.user_id).states)
    await calm(alice, bob, laptop)
    for device in (bob, laptop):
        await device.disconnects()
    before = alice.client.replica.generation
    await backups.restore()
    await goes_on(alice, before)
    async with alice.client.keeper.hold() as room:
        assert room.own.keys.lost == {str(bob.user_id): lost}
        assert room.may_come_back(room.open(key_of(alice, "bob")), room.own.keys.lost_until - 1)
    await bob.comes_back()
    await alice.sends("after it", to=bob)
    assert (await bob.receives("after it")).verdict is None
    desk = await sign_up("bob", device="desk")
    assert await list_devices(alice, bob) == {id_of(bob), id_of(desk)}
    assert await texts(desk.client, "alice") == ["before the backup", "after it"]


async def test_after_a_new_password_since_the_backup_the_old_one_counts(
    sign_up: SignUp, backups: Backups, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The vault of that time is lost with the password's proof; nobody is stopped by that."""
    monkeypatch.setattr(patience, "PATIENCE_MS", 3000)
    alice, bob = await begin_with_a_backup(sign_up, backups)
    await bob.client.change_password(PASSWORD, "battery staple horse")
    await alice.sends("after it", to=bob)
    await bob.receives("after it")
    await calm(alice, bob)
    before = alice.client.replica.generation
    await backups.restore()
    for device in (bob, alice):
        await goes_on(device, before)
    await bob.sends("life goes on", to=alice)
    assert (await alice.receives("life goes on")).verdict is None
    tablet = await sign_up("bob", device="tablet")
    assert "life goes on" in await texts(tablet.client, "alice")
