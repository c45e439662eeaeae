"""Signing in: unknown and wrong are one answer by one way (S11); a changed password wins (S03)."""

import asyncio
from datetime import datetime
from functools import partial

import pytest
from sqlalchemy import update

from hearth.accounts.contract import DeleteAccount, DeviceAdded, DeviceRemoved, KdfParameters, SessionEnded
from hearth.accounts.rules import AccountDisabled
from hearth.accounts.sign_in import get_sign_in_parameters
from hearth.accounts.tables import DEVICE, USER
from hearth.contract import Devices, Users
from hearth.errors import HearthError, WrongPassword
from tests.accounts.conftest import KDF, House, make_key, to_actor


async def set_user(house: House, **values: datetime | str | None) -> None:
    async with house.services.database.transaction("write") as transaction:
        await transaction.execute(update(USER).values(**values))


async def refuse(house: House, username: str, password: str) -> tuple[list[str], dict[str, object]]:
    """Return the statements and the problem of a sign-in that must fail."""
    house.clear()
    with pytest.raises(HearthError) as refused:
        await house.signs_in(username, password)
    assert house.published == []
    return list(house.statements), refused.value.to_problem()


async def test_a_new_device_signs_in_and_the_others_hear_of_it(house: House) -> None:
    alice = await house.user("alice")
    signed_in = await house.signs_in("Alice", device="Phone\n of  alice")
    assert signed_in.user.id == alice.user_id and signed_in.device.name == "Phone of alice"
    assert house.published == [(DeviceAdded(device=signed_in.device), Users((alice.user_id,)))]
    assert await house.finds(signed_in.token) == to_actor(signed_in)


async def test_every_session_has_a_token_of_its_own(house: House) -> None:
    await house.user("alice")
    tokens = {(await house.signs_in("alice")).token for _ in range(5)}
    assert len(tokens) == 5
    hashes = [row.token_hash for row in await house.rows(DEVICE)]
    assert len(set(hashes)) == 6 and all(len(hash_) == 32 for hash_ in hashes)


async def test_unknown_name_and_wrong_password_are_one_answer_by_one_way(house: House) -> None:
    await house.user("alice")
    wrong = await refuse(house, "alice", "wrong")
    assert wrong[1] == WrongPassword().to_problem() and len(wrong[0]) == 1
    for stranger in ("nobody", "a b", "\ufffd", "x" * 64, "a1ice", "aⅼice\u0301"):
        assert await refuse(house, stranger, "right") == wrong


async def test_a_look_alike_of_a_name_does_not_sign_in(house: House) -> None:
    await house.user("tom")
    with pytest.raises(WrongPassword):
        await house.signs_in("torn")
    await house.signs_in("Tom")


async def test_a_deleted_user_is_like_one_who_never_was(house: House) -> None:
    alice = await house.user("alice")
    unknown = await refuse(house, "nobody", "right")
    await house.run(alice, DeleteAccount(auth_key=make_key("right")))
    assert await refuse(house, "alice", "right") == unknown
    fake = await house.do(lambda context: get_sign_in_parameters(context, "alice"))
    assert fake != KDF


async def test_a_disabled_user_learns_of_it_by_the_right_password_only(house: House) -> None:
    signed_in = await house.registers("alice")
    await set_user(house, disabled_at=house.clock.now())
    with pytest.raises(AccountDisabled):
        await house.signs_in("alice")
    with pytest.raises(WrongPassword):
        await house.signs_in("alice", "wrong")
    assert await house.finds(signed_in.token) is None
    await set_user(house, disabled_at=None)
    assert await house.finds(signed_in.token) is not None


async def test_parameters_of_strangers_are_invented_and_stable(house: House) -> None:
    await house.user("alice")
    answers: dict[str, KdfParameters] = {}
    for name in ("alice", "ALICE", "nobody", "Nobody", "torn", "tom", "a b", "\0", ""):
        house.clear()
        answers[name] = await house.do(partial(get_sign_in_parameters, username=name))
        assert house.queries == 1
    assert answers["alice"] == answers["ALICE"] == KDF
    assert answers["nobody"] == answers["Nobody"] != KDF
    assert answers["torn"] != answers["tom"]
    again = await house.do(lambda context: get_sign_in_parameters(context, "nobody"))
    assert again == answers["nobody"]
    assert {type(value.salt) for value in answers.values()} == {bytes}


async def test_the_fifty_first_device_signs_out_the_one_unused_for_longest(house: House) -> None:
    alice = await house.user("alice")
    for _ in range(49):
        house.clock.advance(minutes=1)
        await house.signs_in("alice")
    house.clear()
    last = await house.signs_in("alice")
    assert (SessionEnded(reason="expired"), Devices((alice.device_id,))) in house.published
    assert (DeviceRemoved(device_id=alice.device_id.hex()), Users((alice.user_id,))) in house.published
    live = [row.id for row in await house.rows(DEVICE) if row.revoked_at is None]
    assert len(live) == 50 and alice.device_id not in live and bytes.fromhex(last.device.id) in live


async def test_fifty_sign_ins_at_once_keep_to_fifty_devices(house: House) -> None:
    await house.user("alice")
    await asyncio.gather(*(house.signs_in("alice") for _ in range(55)))
    assert len([row for row in await house.rows(DEVICE) if row.revoked_at is None]) == 50
