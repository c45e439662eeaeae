"""A backup is restored: what devices have and the server lost comes back, and nobody has to do anything."""

import pytest

from hearth.client import LogBroken, NotReady, Waits
from hearth.client.conversations import rewrap
from hearth.client.restored import patience
from hearth.sealed.core.verdicts import Verdict
from hearth.sealed.group.epoch import Action
from tests.scenarios.backups import Backups, epochs_of, goes_on, key_of, rotates, texts
from tests.scenarios.conftest import SignUp, begin_with_a_backup, calm, make_friends


async def test_what_two_people_wrote_since_the_backup_comes_back(sign_up: SignUp, backups: Backups) -> None:
    alice, bob = await begin_with_a_backup(sign_up, backups)
    await bob.sends("after it", to=alice)
    await alice.receives("after it")
    await rotates(alice, "bob")
    await alice.sends("in the next epoch", to=bob)
    await bob.receives("in the next epoch")
    await bob.sends("and an answer", to=alice)
    await alice.receives("and an answer")
    await calm(alice, bob)
    before = alice.client.replica.generation
    await backups.restore()
    for device in (alice, bob):
        await goes_on(device, before)
    everything = ["before the backup", "after it", "in the next epoch", "and an answer"]
    for device, other in ((alice, "bob"), (bob, "alice")):
        assert await texts(device.client, other) == everything
        assert await epochs_of(device, other) == [Action.CREATE, Action.ROTATE]
    await alice.sends("life goes on", to=bob)
    assert (await bob.receives("life goes on")).verdict is None
    tablet = await sign_up("bob", device="tablet")
    assert await texts(tablet.client, "alice") == [*everything, "life goes on"]
    given = [message.text for device in (alice, bob) for message in device.messages]
    assert len(given) == len(set(given)), "nothing is given twice"


async def test_who_was_started_anew_takes_back_what_others_have(
    sign_up: SignUp, backups: Backups, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bob's program has nothing but its file: it waits for alice, and is given nothing twice."""
    monkeypatch.setattr(rewrap, "ANSWER_WITHIN", 0.1)
    alice, bob = await begin_with_a_backup(sign_up, backups)
    await rotates(alice, "bob")
    await alice.sends("read by bob", to=bob)
    await bob.receives("read by bob")
    await calm(alice, bob)
    await bob.disconnects()
    await alice.sends("not read by bob", to=bob)
    await calm(alice)
    before = alice.client.replica.generation
    await alice.client._connection.stop()  # she is late
    await backups.restore()
    await bob.comes_back()
    with pytest.raises(NotReady):
        await bob.client.send("alice", "too early", wait=False)
    await alice.client.connect()
    await goes_on(alice, before)
    await bob.agrees(lambda client: "not read by bob" in [one.text for one in bob.messages], "what came back")
    await bob.sends("an answer", to=alice)
    await alice.receives("an answer")
    assert await epochs_of(bob, "alice") == [Action.CREATE, Action.ROTATE]
    opened = [one.text for one in bob.messages if one.verdict is None]
    assert opened == ["before the backup", "read by bob", "not read by bob"]


async def test_what_nobody_has_any_more_stops_nobody(
    sign_up: SignUp, backups: Backups, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both programs have nothing but their files: they wait for a while, then they go on without."""
    monkeypatch.setattr(patience, "PATIENCE_MS", 3000)
    alice, bob = await begin_with_a_backup(sign_up, backups)
    await rotates(alice, "bob")
    await alice.sends("lost", to=bob)
    await bob.receives("lost")
    await calm(alice, bob)
    for device in (alice, bob):
        await device.disconnects()
    await backups.restore()
    for device in (alice, bob):
        await device.comes_back()
    await alice.sends("after it", to=bob)
    assert (await bob.receives("after it")).verdict is None
    assert await texts(bob.client, "alice") == ["before the backup", "after it"]


async def test_who_comes_late_goes_on_with_what_others_made_meanwhile(
    sign_up: SignUp, backups: Backups
) -> None:
    """Bob's tablet signs in after the restore and makes an epoch with the number of one that alice knows."""
    alice, bob = await begin_with_a_backup(sign_up, backups)
    await bob.sends("under the same epoch", to=alice)
    await alice.receives("under the same epoch")
    await rotates(alice, "bob")
    await alice.sends("under another epoch", to=bob)
    await bob.receives("under another epoch")
    await calm(alice, bob)
    before = alice.client.replica.generation
    for device in (alice, bob):
        await device.client._connection.stop()
    await backups.restore()
    tablet = await sign_up("bob", device="tablet")
    await rotates(tablet, "alice")
    await alice.client.connect()
    await goes_on(alice, before)
    await alice.sends("life goes on", to=bob)
    await tablet.receives("under the same epoch")
    assert (await tablet.receives("life goes on")).verdict is None
    assert "under another epoch" not in await texts(tablet.client, "alice")
    async with alice.client.keeper.hold() as room:
        assert room.open(key_of(alice, "bob")).stopped is None


async def test_who_was_removed_since_the_backup_is_removed_again_before_anything_is_sent(
    sign_up: SignUp, backups: Backups
) -> None:
    """Bob's tablet, which does not know of it, has made another epoch in its place; bob may not remove."""
    alice, bob, erin = await sign_up("alice"), await sign_up("bob"), await sign_up("erin")
    for other in (bob, erin):
        await make_friends(alice, other)
    group = await alice.client.groups.create(["bob", "erin"])
    await alice.sends("before the backup", to=group)
    for other in (bob, erin):
        await other.receives("before the backup")
    await calm(alice, bob, erin)
    await backups.make()
    await alice.client.groups.remove(group, ["erin"])
    await alice.sends("without erin", to=group)
    await bob.receives("without erin")
    await calm(alice, bob)
    before = alice.client.replica.generation
    for device in (alice, bob, erin):
        await device.client._connection.stop()
    await backups.restore()
    tablet = await sign_up("bob", device="tablet")
    await rotates(tablet, group)
    await bob.client.connect()
    await goes_on(bob, before)
    with pytest.raises(NotReady) as waits:
        await bob.client.send(group, "to erin, too", wait=False)
    assert (waits.value.waits, waits.value.users) == (Waits.REMOVED, frozenset({erin.user_id}))
    await alice.client.connect()
    await goes_on(alice, before)
    await alice.sends("still without erin", to=group)
    await bob.receives("still without erin")
    await bob.sends("and so I write", to=group)
    await alice.receives("and so I write")
    assert await epochs_of(alice, group) == [Action.CREATE, Action.ROTATE, Action.REMOVE]
    await alice.client.groups.add(group, ["erin"])
    await alice.sends("with erin", to=group)
    assert await epochs_of(alice, group) == [Action.CREATE, Action.ROTATE, Action.REMOVE, Action.ADD]


async def test_who_is_added_after_the_restore_stays_whatever_was_lost(
    sign_up: SignUp, backups: Backups
) -> None:
    """Alice added erin and removed her again since the backup; then she decides anew, on another device."""
    alice, bob, erin = await sign_up("alice"), await sign_up("bob"), await sign_up("erin")
    for other in (bob, erin):
        await make_friends(alice, other)
    group = await alice.client.groups.create(["bob"])
    await alice.sends("before the backup", to=group)
    await bob.receives("before the backup")
    await calm(alice, bob)
    await backups.make()
    await alice.client.groups.add(group, ["erin"])
    await alice.client.groups.remove(group, ["erin"])
    await alice.sends("without erin", to=group)
    await bob.receives("without erin")
    await calm(alice, bob)
    before = alice.client.replica.generation
    for device in (alice, bob, erin):
        await device.client._connection.stop()
    await backups.restore()
    tablet = await sign_up("alice", device="tablet")
    await tablet.client.groups.add(group, ["erin"])
    await alice.client.connect()
    await goes_on(alice, before)
    await alice.sends("with erin", to=group)
    assert await epochs_of(alice, group) == [Action.CREATE, Action.ADD]


async def test_a_server_that_says_it_was_restored_and_takes_nothing_back_is_stopped(
    sign_up: SignUp, backups: Backups
) -> None:
    """Until it says that it was restored again, and takes all of it."""
    alice, bob = await sign_up("alice"), await sign_up("bob")
    await make_friends(alice, bob)
    await alice.sends("before the backup", to=bob)
    await bob.receives("before the backup")
    await backups.make()
    await rotates(alice, "bob")
    await calm(alice, bob)
    before = alice.client.replica.generation
    await backups.restore(restored_at="NULL")
    await goes_on(alice, before)
    with pytest.raises(NotReady) as stopped:
        await alice.client.send("bob", "no", wait=False)
    assert (stopped.value.waits, stopped.value.verdict) == (Waits.STOPPED, Verdict.ROLLBACK)
    before = alice.client.replica.generation
    await backups.restore_again()
    await goes_on(alice, before)
    assert await epochs_of(alice, "bob") == [Action.CREATE, Action.ROTATE]
    await alice.sends("life goes on", to=bob)
    await bob.receives("life goes on")


async def test_who_comes_after_others_have_given_all_back_still_has_its_keys(
    sign_up: SignUp, backups: Backups
) -> None:
    """The log is as bob knew it when he looks; what his keyring lost, only he has."""
    alice, bob = await begin_with_a_backup(sign_up, backups)
    await rotates(alice, "bob")
    await calm(alice, bob)
    before = alice.client.replica.generation
    await bob.client._connection.stop()
    await backups.restore()
    await goes_on(alice, before)
    await alice.disconnects()
    await bob.client.connect()
    await goes_on(bob, before)
    await bob.sends("life goes on", to=alice)
    tablet = await sign_up("bob", device="tablet")
    assert await texts(tablet.client, "alice") == ["before the backup", "life goes on"]


async def test_what_cannot_come_back_stops_nothing(sign_up: SignUp, backups: Backups) -> None:
    """Bob is no friend any more: nothing goes into their conversation, and alice goes on with carol."""
    alice, bob, carol = await sign_up("alice"), await sign_up("bob"), await sign_up("carol")
    for other in (bob, carol):
        await make_friends(alice, other)
    await alice.sends("before the backup", to=bob)
    await bob.receives("before the backup")
    await alice.sends("hello", to=carol)
    await carol.receives("hello")
    await calm(alice, bob, carol)
    await backups.make()
    await rotates(alice, "bob")
    await calm(alice, bob)
    before = alice.client.replica.generation
    await bob.disconnects()
    await alice.client._connection.stop()
    await backups.restore()
    await bob.comes_back()
    await bob.client.remove("alice")
    await alice.client.connect()
    await goes_on(alice, before)
    async with alice.client.keeper.hold() as room:
        assert room.open(key_of(alice, "bob")).stopped is None
    await alice.sends("life goes on", to=carol)
    assert (await carol.receives("life goes on")).verdict is None


async def test_an_older_state_without_a_new_generation_is_no_restore(
    sign_up: SignUp, backups: Backups
) -> None:
    alice, bob = await sign_up("alice"), await sign_up("bob")
    await make_friends(alice, bob)
    await alice.sends("before the backup", to=bob)
    await bob.receives("before the backup")
    await backups.make()
    await bob.sends("after it", to=alice)
    await alice.receives("after it")
    await rotates(alice, "bob")
    await calm(alice, bob)
    await bob.disconnects()
    generation = f"x'{alice.client.replica.generation}'"
    await backups.restore(generation=generation)
    await alice.agrees(lambda client: isinstance(client._connection.failure, LogBroken), "the alarm")
    await bob.comes_back()
    with pytest.raises(NotReady) as stopped:
        await bob.client.send("alice", "no", wait=False)
    assert (stopped.value.waits, stopped.value.verdict) == (Waits.STOPPED, Verdict.ROLLBACK)
