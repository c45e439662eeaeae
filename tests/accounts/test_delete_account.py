"""Deleting an account: everything of one's own is gone at once, the name for ever (A22)."""

import pytest

from hearth.accounts import cards
from hearth.accounts.avatar import set_avatar
from hearth.accounts.contract import DeleteAccount, SessionEnded, SignInReset, UpdateProfile
from hearth.accounts.events import AccountDeleted
from hearth.accounts.reset_sign_in import create_reset, finish_reset
from hearth.accounts.rules import LinkInvalid
from hearth.accounts.tables import AVATAR, DEVICE, SIGN_IN_RESET, USER, USER_LOG
from hearth.accounts.usernames import UsernameTaken
from hearth.contract import Devices, Users
from hearth.errors import NotFound, WrongPassword
from tests.accounts.conftest import KDF, House, make_key, to_actor
from tests.accounts.images import make_png

DELETE = DeleteAccount(auth_key=make_key("right"))


async def test_nothing_of_ones_own_is_left(house: House) -> None:
    signed_in = await house.registers("alice", display_name="Alice Secret")
    alice = to_actor(signed_in)
    await house.run(alice, UpdateProfile(about="Secret words"))
    await house.do(lambda context: set_avatar(context, "image/png", make_png()), alice)
    await house.do(lambda context: create_reset(context, "alice"))
    await house.run(alice, DELETE)
    for table in (DEVICE, AVATAR, SIGN_IN_RESET, USER_LOG):
        assert await house.rows(table) == []
    (row,) = await house.rows(USER)
    assert (row.username, row.display_name, row.about, row.password) == ("", "", "", "")
    assert row.deleted_at == house.clock.now() and row.avatar_id is None and row.kdf_salt == bytes(16)
    assert await house.finds(signed_in.token) is None


async def test_sockets_end_and_the_server_is_told_but_no_log_is_begun_again(house: House) -> None:
    laptop, phone = await house.registers("alice"), await house.signs_in("alice")
    house.clear()
    await house.run(to_actor(laptop), DELETE)
    assert [event for event, _ in house.published] == [
        SessionEnded(reason="deleted"),
        AccountDeleted(user_id=laptop.user.id),
    ]
    audience = house.published[0][1]
    assert isinstance(audience, Devices)
    assert set(audience.ids) == {to_actor(device).device_id for device in (laptop, phone)}
    assert house.published[1][1] == Users(())
    assert [name for _, name, _ in house.bus.sent] == ["session.ended"]


async def test_the_wrong_password_deletes_nothing(house: House) -> None:
    alice = await house.user("alice")
    with pytest.raises(WrongPassword):
        await house.run(alice, DeleteAccount(auth_key=make_key("guess")))
    assert house.published == []
    await house.signs_in("alice")


async def test_the_name_and_its_look_alikes_are_never_given_out_again(house: House) -> None:
    alice = await house.user("alice")
    await house.run(alice, DELETE)
    for name in ("alice", "ALICE", "a1ice"):
        with pytest.raises(UsernameTaken):
            await house.registers(name)


async def test_a_deleted_user_is_a_nameless_card_and_cannot_be_found(house: House) -> None:
    alice, bob = await house.user("alice"), await house.user("bob")
    await house.run(alice, DELETE)
    async with house.services.database.transaction("read") as transaction:
        card = (await cards.load_cards(transaction, [alice.user_id]))[alice.user_id]
        assert (card.id, card.username, card.display_name, card.deleted) == (alice.user_id, "", "", True)
        assert await cards.find_card(transaction, "alice") is None
        assert await cards.find_card(transaction, "") is None
        assert await cards.load_presences(transaction, [alice.user_id]) == {}
        with pytest.raises(NotFound):
            await cards.get_own_profile(transaction, alice.user_id)
    await house.run(bob, UpdateProfile(display_name="Bob"))


async def test_dead_sessions_and_links_cannot_touch_the_deleted(house: House) -> None:
    alice = await house.user("alice")
    token = await house.do(lambda context: create_reset(context, "alice"))
    await house.run(alice, DELETE)
    body = SignInReset(token=token, auth_key=make_key("x"), kdf=KDF, device_name="")
    with pytest.raises(LinkInvalid):
        await house.do(lambda context: finish_reset(context, body))
    for command in (DELETE, DeleteAccount(auth_key=bytes(32))):
        with pytest.raises(WrongPassword):
            await house.run(alice, command)
    with pytest.raises(NotFound):
        await house.run(alice, UpdateProfile(about="I am back"))
    with pytest.raises(NotFound):
        await house.do(lambda context: set_avatar(context, "image/png", make_png()), alice)
    assert await house.rows(AVATAR) == []
