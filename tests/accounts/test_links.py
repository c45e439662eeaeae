"""What a link is good for is told when its page opens; asking spends and reveals nothing (A21, S11)."""

import pytest
from sqlalchemy import update

from hearth.accounts.contract import LinkInfo
from hearth.accounts.invite import create_first_invite, create_invite
from hearth.accounts.links import get_link_info
from hearth.accounts.register import register
from hearth.accounts.reset_sign_in import create_reset
from hearth.accounts.rules import LinkInvalid, RegistrationClosed
from hearth.accounts.tables import USER
from tests.accounts.conftest import House, make_registration


async def asks_about(house: House, token: str) -> LinkInfo:
    return await house.do(lambda context: get_link_info(context, token))


async def test_each_kind_of_link_says_what_it_is_and_is_not_spent_by_asking(house: House) -> None:
    first = await house.do(create_first_invite)
    assert first is not None
    invite = await house.do(create_invite)
    for _ in range(3):
        assert await asks_about(house, first) == LinkInfo(purpose="administrator")
        assert await asks_about(house, invite) == LinkInfo(purpose="invite")
    await house.registers("alice", invite=invite)
    assert await asks_about(house, first) == LinkInfo(purpose="administrator"), "others came first"
    reset = await house.do(lambda context: create_reset(context, "alice"))
    house.clear()
    assert await asks_about(house, reset) == LinkInfo(purpose="reset", username="alice")
    assert house.queries <= 3 and house.published == []
    await house.registers("bob", invite=first)


async def test_guessed_used_expired_and_revoked_links_are_answered_alike(house: House) -> None:
    used, late = await house.do(create_invite), await house.do(create_invite)
    await house.registers("alice", invite=used)
    reset = await house.do(lambda context: create_reset(context, "alice"))
    house.clock.advance(days=7)
    for token in ("guess", "", used, late, reset):
        with pytest.raises(LinkInvalid) as refused:
            await asks_about(house, token)
        assert refused.value.to_problem() == LinkInvalid().to_problem()


async def test_a_disabled_users_reset_link_is_no_good(house: House) -> None:
    await house.user("alice")
    reset = await house.do(lambda context: create_reset(context, "alice"))
    async with house.services.database.transaction("write") as transaction:
        await transaction.execute(update(USER).values(disabled_at=house.clock.now()))
    with pytest.raises(LinkInvalid):
        await asks_about(house, reset)


async def test_where_nobody_may_register_an_invite_says_so_at_once_as_registering_does(house: House) -> None:
    first, invite = await house.do(create_first_invite), await house.do(create_invite)
    assert first is not None
    object.__setattr__(house.services.config, "registration", "closed")
    body = make_registration("alice", invite=invite)
    with pytest.raises(RegistrationClosed):
        await house.do(lambda context: register(context, body))
    with pytest.raises(RegistrationClosed):
        await asks_about(house, invite)
    assert await asks_about(house, first) == LinkInfo(purpose="administrator")
