"""Profiles, settings and pictures as others come to see them."""

import asyncio
import hashlib
from typing import Any

import pytest

from hearth.accounts import cards
from hearth.accounts.avatar import get_avatar, remove_avatar, set_avatar
from hearth.accounts.contract import ProfileChanged, Settings, SettingsChanged, UpdateProfile, UpdateSettings
from hearth.accounts.status import save_everyone_offline, save_status
from hearth.accounts.tables import AVATAR
from hearth.contract import Actor, Users
from hearth.errors import HearthError, InvalidInput, NotFound
from tests.accounts.conftest import House
from tests.accounts.images import make_png, make_webp


async def shows(house: House, actor: Actor, content: bytes, content_type: str = "image/png") -> Any:
    return await house.do(lambda context: set_avatar(context, content_type, content), actor)


async def test_what_is_given_changes_and_the_rest_stays(house: House) -> None:
    alice = await house.user("alice")
    await house.run(alice, UpdateProfile(display_name="Alice Smith"))
    house.clear()
    profile = await house.run(alice, UpdateProfile(about="Gardener\nand cook"))
    assert (profile.user.display_name, profile.about) == ("Alice Smith", "Gardener\nand cook")
    (published,) = house.published
    event, audience = published
    assert isinstance(event, ProfileChanged) and audience == Users((alice.user_id,))
    assert event.profile.user == profile.user and event.profile.about == profile.about
    assert house.queries <= 7


async def test_nothing_new_tells_nobody(house: House) -> None:
    alice = await house.user("alice")
    await house.run(alice, UpdateProfile(display_name="Alice", about="x"))
    house.clear()
    await house.run(alice, UpdateProfile(display_name="Alice", about="x"))
    await house.run(alice, UpdateProfile())
    assert house.published == []


async def test_an_emptied_name_is_the_username_and_a_bad_one_changes_nothing(house: House) -> None:
    alice = await house.user("alice")
    await house.run(alice, UpdateProfile(display_name="Al"))
    with pytest.raises(InvalidInput):
        await house.run(alice, UpdateProfile(display_name="x" * 65, about="new"))
    assert (await house.run(alice, UpdateProfile())).about == ""
    assert (await house.run(alice, UpdateProfile(display_name=" "))).user.display_name == "alice"


async def test_settings_are_kept_and_told_to_own_devices(house: House) -> None:
    alice, bob = await house.user("alice"), await house.user("bob")
    house.clear()
    await house.run(alice, UpdateSettings(share_presence=False))
    assert house.published == [
        (SettingsChanged(settings=Settings(share_presence=False)), Users((alice.user_id,)))
    ]
    async with house.services.database.transaction("read") as transaction:
        stored = await cards.load_presences(transaction, [alice.user_id, bob.user_id])
    assert [stored[actor.user_id].is_shared for actor in (alice, bob)] == [False, True]


async def test_cards_are_loaded_in_one_query_however_many(house: House) -> None:
    users = [await house.user(name) for name in ("alice", "bob", "carol")]
    ids = [user.user_id for user in users]
    house.clear()
    async with house.services.database.transaction("read") as transaction:
        found = await cards.load_cards(transaction, [*ids, *ids, 999_999])
        assert await cards.load_profiles(transaction, []) == {}
    assert [found[id_].username for id_ in ids] == ["alice", "bob", "carol"] and len(found) == 3
    assert house.queries == 1


async def test_people_are_found_by_exact_name_only(house: House) -> None:
    await house.user("tom")
    async with house.services.database.transaction("read") as transaction:
        card = await cards.find_card(transaction, "Tom")
        assert card is not None and card.username == "tom"
        for other in ("torn", "t0m", "tom ", "to", "%", "", "tom\0"):
            assert await cards.find_card(transaction, other) is None


async def test_presence_is_kept_with_the_user(house: House) -> None:
    alice, now = await house.user("alice"), house.clock.now()
    async with house.services.database.transaction("write") as transaction:
        await save_status(transaction, alice.user_id, "online", last_seen=now)
        await save_status(transaction, alice.user_id, "away")
        stored = (await cards.load_presences(transaction, [alice.user_id]))[alice.user_id]
        assert (stored.status, stored.last_seen) == ("away", now)
        await save_everyone_offline(transaction)
        stored = (await cards.load_presences(transaction, [alice.user_id]))[alice.user_id]
        assert (stored.status, stored.last_seen) == ("offline", now)


async def test_a_picture_is_shown_by_its_hash_until_another_replaces_it(house: House) -> None:
    alice, one, two = await house.user("alice"), make_png(fill=1), make_webp()
    saved = await shows(house, alice, one)
    assert saved.avatar_id == hashlib.sha256(one).hexdigest()
    (event, audience) = house.published[-1]
    assert isinstance(event, ProfileChanged) and event.profile.user.avatar_id == saved.avatar_id
    assert audience == Users((alice.user_id,))
    picture = await house.do(lambda context: get_avatar(context, bytes.fromhex(saved.avatar_id)))
    assert (picture.content_type, bytes(picture.content)) == ("image/png", one)
    await shows(house, alice, two, "image/webp")
    assert [row.content_type for row in await house.rows(AVATAR)] == ["image/webp"]
    with pytest.raises(NotFound):
        await house.do(lambda context: get_avatar(context, bytes.fromhex(saved.avatar_id)))
    await house.do(remove_avatar, alice)
    assert await house.rows(AVATAR) == []


async def test_the_same_picture_again_tells_nobody(house: House) -> None:
    alice = await house.user("alice")
    await shows(house, alice, make_png())
    house.clear()
    await shows(house, alice, make_png())
    assert house.published == []
    await house.do(remove_avatar, alice)
    house.clear()
    await house.do(remove_avatar, alice)
    assert house.published == []


async def test_a_picture_two_people_show_stays_until_both_are_done(house: House) -> None:
    alice, bob = await house.user("alice"), await house.user("bob")
    await shows(house, alice, make_png())
    await shows(house, bob, make_png())
    await house.do(remove_avatar, alice)
    assert len(await house.rows(AVATAR)) == 1
    await house.do(remove_avatar, bob)
    assert await house.rows(AVATAR) == []


async def test_two_people_swapping_one_picture_never_leave_a_hole(house: House) -> None:
    alice, bob = await house.user("alice"), await house.user("bob")
    one, two = make_png(fill=1), make_png(fill=2)
    await shows(house, alice, one)
    await shows(house, bob, two)
    await asyncio.gather(
        *(shows(house, actor, picture) for _ in range(5) for actor, picture in ((alice, two), (bob, one)))
    )
    async with house.services.database.transaction("read") as transaction:
        found = await cards.load_cards(transaction, [alice.user_id, bob.user_id])
    shown = {card.avatar_id for card in found.values()}
    assert shown == {hashlib.sha256(picture).hexdigest() for picture in (one, two)}
    assert {row.id.hex() for row in await house.rows(AVATAR)} == shown


async def test_a_refused_picture_changes_nothing(house: House) -> None:
    alice = await house.user("alice")
    with pytest.raises(HearthError):
        await shows(house, alice, make_png(600, 600))
    assert await house.rows(AVATAR) == [] and house.published == []
