"""Changing and resetting the password: proved, at once, everywhere (S03, S05)."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import update

from hearth.accounts.clean_up import clean_up
from hearth.accounts.contract import ChangePassword, DeviceRemoved, KdfParameters, SessionEnded, SignInReset
from hearth.accounts.first_account import make_reset_link
from hearth.accounts.reset_sign_in import create_reset, finish_reset
from hearth.accounts.rules import LinkInvalid
from hearth.accounts.sign_in import get_sign_in_parameters
from hearth.accounts.tables import SIGN_IN_RESET, USER
from hearth.contract import Devices
from hearth.errors import InvalidInput, NotFound, PasswordUnchanged, WrongPassword
from tests.accounts.conftest import KDF, House, make_key, to_actor

NEW_KDF = KdfParameters(salt=b"n" * 16, memory=16, iterations=2, parallelism=1)


def make_change(old: str = "right", new: str = "new") -> ChangePassword:
    return ChangePassword(old_auth_key=make_key(old), auth_key=make_key(new), kdf=NEW_KDF)


def make_reset(token: str, new: str = "new") -> SignInReset:
    return SignInReset(token=token, auth_key=make_key(new), kdf=NEW_KDF, device_name="Tablet")


async def reset(house: House, token: str, new: str = "new") -> Any:
    return await house.do(lambda context: finish_reset(context, make_reset(token, new)))


async def asks_for_reset(house: House, username: str) -> str:
    return await house.do(lambda context: create_reset(context, username))


async def test_a_new_password_replaces_the_old_and_ends_the_other_sessions(house: House) -> None:
    laptop, phone = await house.registers("alice"), await house.signs_in("alice")
    house.clear()
    await house.run(to_actor(laptop), make_change())
    assert house.published[0] == (
        SessionEnded(reason="password_changed"),
        Devices((to_actor(phone).device_id,)),
    )
    assert [event for event, _ in house.published[1:]] == [DeviceRemoved(device_id=phone.device.id)]
    assert await house.finds(laptop.token) is not None and await house.finds(phone.token) is None
    with pytest.raises(WrongPassword):
        await house.signs_in("alice", "right")
    await house.signs_in("alice", "new")
    assert await house.do(lambda context: get_sign_in_parameters(context, "alice")) == NEW_KDF


async def test_a_wrong_old_password_changes_nothing(house: House) -> None:
    laptop, phone = await house.registers("alice"), await house.signs_in("alice")
    house.clear()
    with pytest.raises(WrongPassword):
        await house.run(to_actor(laptop), make_change(old="guess"))
    assert house.published == [] and await house.finds(phone.token) is not None
    await house.signs_in("alice", "right")


async def test_the_password_one_has_is_no_new_one(house: House) -> None:
    """As far as the server can tell: with a fresh salt it is another key, which clients refuse to send."""
    laptop, phone = await house.registers("alice"), await house.signs_in("alice")
    house.clear()
    with pytest.raises(PasswordUnchanged) as refused:
        await house.run(to_actor(laptop), make_change(new="right"))
    assert refused.value.fields == {"password": "unchanged"}
    assert house.published == [] and await house.finds(phone.token) is not None


async def test_a_cheap_new_password_changes_nothing(house: House) -> None:
    alice = await house.user("alice")
    object.__setattr__(house.services.config, "insecure_test_kdf", False)
    with pytest.raises(InvalidInput):
        await house.run(alice, make_change())
    await house.signs_in("alice", "right")


async def test_no_session_with_the_old_password_survives_a_race_with_the_change(house: House) -> None:
    laptop = await house.registers("alice")
    sign_ins = [house.signs_in("alice", "right") for _ in range(10)]
    results = await asyncio.gather(
        *sign_ins[:5], house.run(to_actor(laptop), make_change()), *sign_ins[5:], return_exceptions=True
    )
    for result in results[:5] + results[6:]:
        if isinstance(result, BaseException):
            assert isinstance(result, WrongPassword)
        else:
            assert await house.finds(result.token) is None


async def test_many_changes_at_once_leave_one_password(house: House) -> None:
    alice = await house.user("alice")
    await house.opens_all_connections()
    changes = [house.run(alice, make_change(new=f"new-{number}")) for number in range(8)]
    results = await asyncio.gather(*changes, return_exceptions=True)
    refused = [result for result in results if isinstance(result, BaseException)]
    assert len(refused) == 7 and all(isinstance(error, WrongPassword) for error in refused)


async def test_a_reset_link_sets_the_password_once_and_ends_every_session(house: House) -> None:
    laptop = await house.registers("alice")
    token = await asks_for_reset(house, "ALICE")
    house.clear()
    tablet = await reset(house, token)
    assert await house.finds(laptop.token) is None and await house.finds(tablet.token) == to_actor(tablet)
    assert house.published[0] == (
        SessionEnded(reason="password_changed"),
        Devices((to_actor(laptop).device_id,)),
    )
    await house.signs_in("alice", "new")
    with pytest.raises(LinkInvalid):
        await reset(house, token, "again")
    await house.signs_in("alice", "new")


async def test_fifty_people_racing_with_one_reset_link_set_one_password(house: House) -> None:
    await house.user("alice")
    token = await asks_for_reset(house, "alice")
    results = await asyncio.gather(*(reset(house, token, str(n)) for n in range(50)), return_exceptions=True)
    refused = [result for result in results if isinstance(result, BaseException)]
    assert len(refused) == 49 and all(isinstance(error, LinkInvalid) for error in refused)


async def test_a_reset_link_dies_by_time_by_a_newer_one_and_by_a_changed_password(house: House) -> None:
    alice = await house.user("alice")
    older = await asks_for_reset(house, "alice")
    changed = await asks_for_reset(house, "alice")
    await house.run(alice, make_change())
    late = await asks_for_reset(house, "alice")
    house.clock.advance(hours=24)
    for token in (older, changed, late, "guess", ""):
        with pytest.raises(LinkInvalid):
            await reset(house, token, "mine")
    await house.do(clean_up)
    assert await house.rows(SIGN_IN_RESET) == []
    with pytest.raises(WrongPassword):
        await house.signs_in("alice", "mine")


async def test_a_reset_link_is_for_its_user_and_not_for_a_disabled_one(house: House) -> None:
    await house.user("alice")
    await house.user("bob")
    token = await asks_for_reset(house, "alice")
    assert (await reset(house, token)).user.username == "alice"
    await house.signs_in("bob", "right")
    token = await asks_for_reset(house, "bob")
    async with house.services.database.transaction("write") as transaction:
        await transaction.execute(update(USER).values(disabled_at=house.clock.now()))
    with pytest.raises(LinkInvalid):
        await reset(house, token)


async def test_only_existing_people_get_a_reset_link_and_only_its_hash_is_kept(house: House) -> None:
    await house.user("tom")
    for stranger in ("torn", "nobody", ""):
        with pytest.raises(NotFound):
            await asks_for_reset(house, stranger)
    token = await asks_for_reset(house, "tom")
    assert token not in str(await house.rows(SIGN_IN_RESET))
    assert make_reset_link("https://hearth.example", token) == f"https://hearth.example/reset#token={token}"


async def test_a_password_change_costs_few_queries(house: House) -> None:
    laptop = await house.registers("alice")
    for _ in range(5):
        await house.signs_in("alice")
    house.clear()
    await house.run(to_actor(laptop), make_change())
    assert house.queries <= 8
    assert KDF != NEW_KDF
