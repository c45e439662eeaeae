"""After a restore: what a chain has lost is taken back from its person's devices, and nothing else is."""

import copy
from dataclasses import replace
from datetime import timedelta

import pytest

from hearth.accounts.contract import ListDevices
from hearth.contract import Actor, Event
from hearth.directory.contract import (
    ChainGrown,
    NewReceive,
    OfferChain,
    ReadChain,
    ReadReceive,
    ReceiveRenewed,
)
from hearth.directory.restored import NotRestored
from hearth.directory.rules import ChainMoved, ReceiveMoved
from hearth.errors import LimitReached, NotFound
from hearth.sealed.person.user_chain import NO_HASH, Profile, Retire
from hearth.services import Identity
from hearth.vault.contract import DeviceKey, ListDeviceKeys
from hearth.vault.rules import NotAccepted
from tests.directory.conftest import Home, MakeHome
from tests.directory.kit import Owner

LAPTOP = b"l" * 16
"""A device that was added after the backup: its session is gone with the database."""


@pytest.fixture
async def restored(alice: Home) -> Home:
    """Alice's server was restored an hour ago; her phone and her tablet are listed."""
    await alice.adds()
    services = alice.stage.services
    hour_ago = alice.stage.clock.now() - timedelta(hours=1)
    services.identity = Identity(services.identity.server_id, b"g" * 16, hour_ago)
    alice.stage.clear()
    return alice


def add_laptop(owner: Owner) -> OfferChain:
    return OfferChain(
        statements=[owner.list_devices([*owner.now.devices, LAPTOP])], device_keys=owner.keys_of([LAPTOP])
    )


def told_of(home: Home) -> list[Event]:
    return [event for event, _ in home.stage.published]


async def read_chain(home: Home) -> list[bytes]:
    chain = await home.stage.run(home.phone, ReadChain(user_id=home.owner.user))
    return list(chain.statements)


async def is_refused(home: Home, command: OfferChain, verdict: str, actor: Actor | None = None) -> None:
    with pytest.raises(NotAccepted) as caught:
        await home.run(command, actor)
    assert caught.value.fields == {"verdict": verdict}


async def test_a_device_of_after_the_backup_is_listed_again(restored: Home) -> None:
    """With what it and others said since, in one request or in several, by whichever device."""
    owner = restored.owner
    first = add_laptop(owner)
    owner.profile(LAPTOP, "Alice anew")
    owner.profile(restored.id, "Alice once more")
    everything = OfferChain(statements=owner.statements[-3:], device_keys=first.device_keys)
    taken = await restored.run(first)
    assert taken.n == owner.now.n - 2
    for actor in restored.devices:
        assert (await restored.run(everything, actor)).n == owner.now.n
    assert await read_chain(restored) == owner.statements
    assert await restored.replays() == owner.now
    keys = await restored.stage.run(restored.phone, ListDeviceKeys())
    assert {key.device_id: key.public_key for key in keys.device_keys}[LAPTOP.hex()] == owner.kem_keys[LAPTOP]
    grown = [event.n for event in told_of(restored) if isinstance(event, ChainGrown)]
    assert grown == [taken.n, owner.now.n], "each time once"


async def test_a_device_that_was_removed_since_loses_its_session_again(restored: Home) -> None:
    owner, (phone, tablet) = restored.owner, restored.devices
    owner.list_devices([phone.device_id])
    await restored.run(OfferChain(statements=[owner.statements[-1]]))
    listed = await restored.stage.run(phone, ListDevices())
    assert {device.id for device in listed.devices} == {phone.device_id.hex()}
    assert tablet.device_id not in owner.now.devices


async def test_receive_statements_come_back_in_their_order(restored: Home) -> None:
    """Each as it stood at its head, of which the newest statement here is another one by now."""
    owner = restored.owner
    receives = [owner.receive(restored.id), owner.receive(restored.devices[1].device_id)]
    owner.list_devices([restored.id])
    receives.append(owner.receive(restored.id))
    with pytest.raises(ReceiveMoved):
        await restored.run(OfferChain(receives=receives[1:2]))
    await restored.run(OfferChain(statements=[owner.statements[-1]], receives=receives))
    await restored.run(OfferChain(receives=receives))
    answer = await restored.stage.run(restored.phone, ReadReceive(user_id=owner.user))
    assert [one.statement for one in answer.statements] == [receives[-1].statement]
    told = [event.version for event in told_of(restored) if isinstance(event, ReceiveRenewed)]
    assert told == [2, 3, 4]


async def test_what_somebody_said_since_stays(restored: Home) -> None:
    """Another device has gone on with the chain as the backup had it: the first one that is taken counts."""
    lost = copy.deepcopy(restored.owner)
    offer = add_laptop(lost)
    await restored.run(restored.owner.set_profile(restored.id))
    with pytest.raises(ChainMoved):
        await restored.run(offer)
    assert await read_chain(restored) == restored.owner.statements


async def test_what_is_forged_is_not_taken(restored: Home) -> None:
    owner = restored.owner
    before = copy.deepcopy(owner)
    offer = add_laptop(owner)
    (statement,) = offer.statements
    forged = statement[:-1] + bytes([statement[-1] ^ 1])
    await is_refused(
        restored, OfferChain(statements=[forged], device_keys=offer.device_keys), "bad_signature"
    )
    await is_refused(restored, OfferChain(statements=[statement]), "malformed")
    wrong = [DeviceKey(device_id=LAPTOP.hex(), public_key=bytes(1216))]
    await is_refused(restored, OfferChain(statements=[statement], device_keys=wrong), "bad_key")
    for said in (copy.deepcopy(before).seal_vault()[0], copy.deepcopy(before).renew_identity()):
        await is_refused(restored, OfferChain(statements=[said]), "not_allowed")
    receive = owner.receive(restored.id, head=before.now.head)
    unsigned = receive.statement[:-1] + bytes([receive.statement[-1] ^ 1])
    bad = NewReceive(statement=unsigned, public_key=receive.public_key)
    await is_refused(restored, OfferChain(receives=[bad]), "bad_signature")
    assert await read_chain(restored) == before.statements


async def test_only_ones_own_devices_give_back(restored: Home, make_home: MakeHome) -> None:
    owner, offer = restored.owner, add_laptop(restored.owner)
    stranger = await restored.signs_in()
    with pytest.raises(NotFound):
        await restored.run(offer, stranger)
    with pytest.raises(NotFound):
        await restored.run(OfferChain(receives=[owner.receive(restored.id)]), stranger)
    mallory = await (await make_home("mallory")).sets_up()
    await is_refused(mallory, offer, "wrong_place")
    receive = OfferChain(receives=[owner.receive(restored.id)])
    await is_refused(mallory, receive, "wrong_place")


async def lose_much(home: Home) -> Actor:
    """Say sixty things, and then list a device that had signed in before the backup; it is returned."""
    actor = await home.signs_in()
    for number in range(60):
        home.owner.profile(home.id, str(number))
    home.owner.list_devices([*home.owner.now.devices, actor.device_id])
    return actor


async def test_a_device_that_is_listed_further_above_than_a_request_reaches_shows_its_list(
    restored: Home,
) -> None:
    """Nobody else may have what was lost."""
    owner, there = restored.owner, restored.owner.now.n
    laptop = await lose_much(restored)
    *lost, listing = owner.statements[there:]
    keys = owner.keys_of([laptop.device_id])
    with pytest.raises(NotFound):
        await restored.run(OfferChain(statements=lost[:50]), laptop)
    for _ in range(2):
        taken = await restored.run(OfferChain(statements=lost[:50], listing=listing), laptop)
        assert taken.n == there + 50
    await restored.run(OfferChain(statements=[*lost[50:], listing], device_keys=keys), laptop)
    assert await read_chain(restored) == owner.statements
    assert await restored.replays() == owner.now


async def test_only_a_list_that_its_person_has_signed_and_that_is_to_come_shows_a_device(
    restored: Home, make_home: MakeHome
) -> None:
    owner, there = restored.owner, restored.owner.now.n
    laptop = await lose_much(restored)
    *lost, listing = owner.statements[there:]
    stranger = await restored.signs_in()
    mallory = await (await make_home("mallory")).sets_up()
    hers = mallory.owner.list_devices([mallory.id, laptop.device_id])
    forged = listing[:-1] + bytes([listing[-1] ^ 1])
    for verdict, shown in (("wrong_place", hers), ("bad_signature", forged), ("not_allowed", lost[-1])):
        await is_refused(restored, OfferChain(statements=lost[:50], listing=shown), verdict, laptop)
        await is_refused(restored, OfferChain(listing=shown), verdict, laptop)
    with pytest.raises(NotFound):
        await restored.run(OfferChain(statements=lost[:50], listing=listing), stranger)
    branch = copy.deepcopy(owner)
    branch.renew_identity()
    renewed = branch.list_devices([*branch.now.devices, stranger.device_id])
    await is_refused(restored, OfferChain(statements=lost[:50], listing=renewed), "bad_signature", stranger)
    assert await read_chain(restored) == owner.statements[:there]


async def test_a_list_that_the_chain_has_passed_shows_nobody(restored: Home) -> None:
    """Of a branch that came to nothing: the person's devices have gone on without it."""
    owner, laptop = restored.owner, await restored.signs_in()
    branch = copy.deepcopy(owner)
    listing = branch.list_devices([*branch.now.devices, laptop.device_id])
    lost = [owner.profile(restored.id, "Alice anew"), owner.profile(restored.id, "Alice once more")]
    await restored.run(OfferChain(statements=lost[:1]))
    with pytest.raises(NotFound):
        await restored.run(OfferChain(statements=lost[1:], listing=listing), laptop)
    with pytest.raises(NotFound):
        await restored.run(OfferChain(receives=[owner.receive(restored.id)], listing=listing), laptop)
    assert await read_chain(restored) == owner.statements[:-1]


async def test_a_stolen_session_gives_back_no_more_than_a_days_share(
    restored: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It can sign profiles and receive statements that nobody has lost."""
    owner, thief = restored.owner, restored.devices[1]
    monkeypatch.setattr("hearth.directory.rules.OFFERED_STATEMENTS", "5/86400s")
    monkeypatch.setattr("hearth.directory.rules.OFFERED_RECEIVES", "3/86400s")
    receives = [owner.receive(thief.device_id) for _ in range(4)]
    said = [owner.profile(thief.device_id, str(number)) for number in range(6)]
    for _ in range(2):  # a repeat costs nothing
        await restored.run(OfferChain(statements=said[:4], receives=receives[:3]), thief)
    with pytest.raises(LimitReached):
        await restored.run(OfferChain(statements=said[4:]), thief)
    with pytest.raises(LimitReached):
        await restored.run(OfferChain(receives=receives[3:]), thief)
    assert await read_chain(restored) == owner.statements[:-2]
    restored.stage.clock.advance(86_400)
    await restored.run(OfferChain(statements=said[4:], receives=receives[3:]), thief)


async def test_what_is_given_back_leaves_room_for_whoever_has_the_password(
    restored: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, thief = restored.owner, restored.devices[1]
    monkeypatch.setattr("hearth.directory.offer.ROOM_FOR_OWNER", 2)
    monkeypatch.setattr("hearth.directory.rules.MOST_STATEMENTS", owner.now.n + 2)
    for body in (Profile("Mallory", NO_HASH), Retire()):
        there = copy.deepcopy(owner)
        with pytest.raises(LimitReached):
            await restored.run(OfferChain(statements=[there.say(body, thief.device_id)]), thief)
    await restored.run(add_laptop(owner))
    await restored.run(owner.remove(restored.id, thief.device_id))


async def test_without_a_restore_nothing_is_taken_back(restored: Home) -> None:
    offer, services = add_laptop(restored.owner), restored.stage.services
    for restored_at in (None, restored.stage.clock.now() - timedelta(days=30, seconds=1)):
        services.identity = replace(services.identity, restored_at=restored_at)
        with pytest.raises(NotRestored):
            await restored.run(offer)
