"""Making accounts: names given out once, invites spent once (A21, S20), nothing left behind by a refusal."""

import asyncio

import pytest

from hearth.accounts.clean_up import clean_up
from hearth.accounts.contract import DeviceAdded, KdfParameters
from hearth.accounts.events import UserRegistered
from hearth.accounts.first_account import make_first_account_link
from hearth.accounts.invite import create_first_invite, create_invite
from hearth.accounts.register import register
from hearth.accounts.rules import InviteNeeded, LinkInvalid, RegistrationClosed
from hearth.accounts.tables import DEVICE, INVITE, USER
from hearth.accounts.usernames import UsernameRefused, UsernameTaken
from hearth.contract import Users
from hearth.errors import InvalidInput
from tests.accounts.conftest import COSTLY, KDF, House, make_registration


async def test_an_account_has_a_profile_a_verifier_and_a_first_device(house: House) -> None:
    signed_in = await house.registers("Alice", display_name=" Alice\u202e Smith ", device_name="Laptop")
    assert (signed_in.user.username, signed_in.user.display_name) == ("alice", "Alice Smith")
    (row,) = await house.rows(USER)
    assert row.password.startswith("v1$") and "right" not in row.password
    assert not row.is_admin and row.status == "offline" and row.created_at == house.clock.now()
    actor = await house.finds(signed_in.token)
    assert actor is not None and actor.user_id == signed_in.user.id
    (device,) = await house.rows(DEVICE)
    assert signed_in.token is not None and signed_in.token.encode() not in device.token_hash


async def test_registration_tells_the_server_and_the_users_own_log_only(house: House) -> None:
    signed_in = await house.registers("alice")
    assert house.published == [
        (UserRegistered(user_id=signed_in.user.id), Users(())),
        (DeviceAdded(device=signed_in.device), Users((signed_in.user.id,))),
    ]
    assert [(audience, name) for audience, name, _ in house.bus.sent] == [
        (Users((signed_in.user.id,)), "log")
    ]
    assert house.queries <= 8


async def test_a_name_without_display_name_shows_the_username(house: House) -> None:
    assert (await house.registers("Alice", display_name=" ")).user.display_name == "alice"


@pytest.mark.parametrize("other", ["alice", "ALICE", "ａlice", "aIice".replace("I", "1")])
async def test_a_name_that_looks_taken_is_taken(house: House, other: str) -> None:
    await house.registers("alice")
    with pytest.raises(UsernameTaken):
        await house.registers(other)
    assert len(await house.rows(USER)) == 1


async def test_names_that_a_collation_would_mix_up_are_two_people(house: House) -> None:
    one, other = await house.registers("märrie"), await house.registers("marrie")
    assert one.user.id != other.user.id
    assert (await house.signs_in("MÄRRIE")).user.id == one.user.id
    assert (await house.signs_in("Marrie")).user.id == other.user.id


async def test_refused_input_leaves_nothing(house: House) -> None:
    cheap = KdfParameters(salt=bytes(16), memory=65535, iterations=3, parallelism=1)
    with pytest.raises(UsernameRefused):
        await house.registers("admin")
    with pytest.raises(InvalidInput):
        await house.registers("alice", display_name="a\0b")
    object.__setattr__(house.services.config, "insecure_test_kdf", False)
    with pytest.raises(InvalidInput):
        await house.registers("alice", kdf=cheap)
    with pytest.raises(InvalidInput):
        await house.registers("alice", kdf=KDF)
    assert await house.rows(USER) == [] and house.bus.sent == []
    await house.registers("alice", kdf=COSTLY)


async def test_fifty_people_racing_for_one_name_make_one_account(house: House) -> None:
    await house.opens_all_connections()
    results = await asyncio.gather(*(house.registers("alice") for _ in range(50)), return_exceptions=True)
    refused = [result for result in results if isinstance(result, BaseException)]
    assert len(refused) == 49 and all(isinstance(error, UsernameTaken) for error in refused)
    assert len(await house.rows(USER)) == 1


@pytest.mark.parametrize("uses", [1, 3])
async def test_fifty_people_racing_for_one_invite_use_it_as_often_as_it_says(house: House, uses: int) -> None:
    token = await house.do(lambda context: create_invite(context, uses=uses))
    guests = (
        house.registers(f"guest-{chr(97 + n // 26)}{chr(97 + n % 26)}", invite=token) for n in range(50)
    )
    await house.opens_all_connections()
    results = await asyncio.gather(*guests, return_exceptions=True)
    refused = [result for result in results if isinstance(result, BaseException)]
    assert len(refused) == 50 - uses and all(isinstance(error, LinkInvalid) for error in refused)
    assert len(await house.rows(USER)) == uses


async def test_an_invite_is_not_spent_by_a_registration_that_failed(house: House) -> None:
    await house.registers("alice")
    token = await house.do(create_invite)
    with pytest.raises(UsernameTaken):
        await house.registers("alice", invite=token)
    await house.registers("bob", invite=token)


async def test_guessed_used_and_expired_invites_are_refused_alike(house: House) -> None:
    used, late = await house.do(create_invite), await house.do(create_invite)
    await house.registers("alice", invite=used)
    house.clock.advance(days=7)
    for token in ("guess", "", used, late):
        with pytest.raises(LinkInvalid) as refused:
            await house.registers("bob", invite=token)
        assert refused.value.to_problem() == LinkInvalid().to_problem()
    await house.do(clean_up)
    assert await house.rows(INVITE) == []


async def test_by_invitation_nobody_registers_without_one(house: House) -> None:
    async def attempt(username: str, invite: str | None) -> None:
        body = make_registration(username, invite=invite)
        await house.do(lambda context: register(context, body, mode="invite"))

    with pytest.raises(InviteNeeded):
        await attempt("alice", None)
    await attempt("alice", await house.do(create_invite))


async def test_a_closed_server_takes_its_administrator_only(house: House) -> None:
    async def attempt(username: str, invite: str | None) -> None:
        body = make_registration(username, invite=invite)
        await house.do(lambda context: register(context, body, mode="closed"))

    with pytest.raises(RegistrationClosed):
        await attempt("alice", None)
    with pytest.raises(RegistrationClosed):
        await attempt("alice", await house.do(create_invite))
    await attempt("alice", await house.do(create_first_invite))
    assert [row.is_admin for row in await house.rows(USER)] == [True]


async def test_the_first_account_link_makes_one_administrator_and_is_offered_no_more(house: House) -> None:
    old = await make_first_account_link(house.services)
    link = await make_first_account_link(house.services)
    assert old is not None and link is not None
    address, token = link.split("#invite=")
    assert address == "http://localhost:8000/register"
    with pytest.raises(LinkInvalid):
        await house.registers("mallory", invite=old.split("#invite=")[1])
    await house.registers("alice", invite=token)
    with pytest.raises(LinkInvalid):
        await house.registers("mallory", invite=token)
    assert [row.is_admin for row in await house.rows(USER)] == [True]
    assert await make_first_account_link(house.services) is None
    assert token not in str(await house.rows(INVITE))
