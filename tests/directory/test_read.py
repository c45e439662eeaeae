"""Who may read somebody's chain, and who hears that it has grown."""

import pytest
from sqlalchemy import select

from hearth.accounts.contract import DeleteAccount
from hearth.directory.contract import ListChainHeads, ReadChain, ReadReceive
from hearth.errors import NotFound
from hearth.friends.contract import BlockUser, RemoveFriend, RequestFriend
from hearth.vault.tables import DEVICE_KEY, GENERATION, GENERATION_WRAP, KEYRING_ROW, VAULT, WAY_IN
from tests.directory.conftest import Home, MakeHome
from tests.directory.kit import make_way


async def test_what_others_may_read(alice: Home, make_home: MakeHome) -> None:
    """A stranger nothing; who asked or was asked, a friend, a former friend; blocking changes nothing."""
    bob, carol = await make_home("bob"), await make_home("carol")
    stage, user = alice.stage, alice.owner.user

    async def reads(home: Home) -> bool:
        heads = await stage.run(home.phone, ListChainHeads(user_ids=[user, home.owner.user]))
        outcomes = [bool(heads.heads)]
        for command in (ReadChain(user_id=user), ReadReceive(user_id=user)):
            try:
                await stage.run(home.phone, command)
            except NotFound:
                outcomes.append(False)
            else:
                outcomes.append(True)
        assert len(set(outcomes)) == 1
        return outcomes[0]

    assert not await reads(bob) and await reads(alice)
    await stage.run(bob.phone, RequestFriend(username="alice"))
    assert await reads(bob)
    await stage.run(alice.phone, RequestFriend(username="bob"))
    await stage.run(alice.phone, RequestFriend(username="carol"))
    assert await reads(bob) and await reads(carol), "who was asked may see who asks"
    await stage.run(alice.phone, RemoveFriend(user_id=bob.owner.user))
    assert await reads(bob), "they shared a conversation"
    await stage.run(alice.phone, BlockUser(username="bob"))
    assert await reads(bob), "being blocked is not to be told from being removed"
    dave = await make_home("dave")
    await stage.run(alice.phone, BlockUser(username="dave"))
    await stage.run(dave.phone, RequestFriend(username="alice"))
    assert await reads(dave), "a request that is hidden from her is open to him"
    erin = await make_home("erin")
    assert not await reads(erin)
    with pytest.raises(NotFound):
        await stage.run(erin.phone, ReadChain(user_id=9_999))


async def test_who_holds_the_card_hears_of_growth_and_nobody_else(alice: Home, make_home: MakeHome) -> None:
    bob, carol = await make_home("bob"), await make_home("carol")
    await alice.stage.run(bob.phone, RequestFriend(username="alice"))
    alice.stage.clear()
    await alice.run(alice.owner.change_ways(alice.id))
    told: dict[str, set[int]] = {}
    for audience, name, _ in alice.stage.bus.sent:
        told.setdefault(name, set()).update(getattr(audience, "ids", ()))
    both = {alice.owner.user, bob.owner.user}
    assert told["chain.grown"] == told["chain.receive_renewed"] == both
    assert told["generation.made"] == told["keyring.grown"] == {alice.owner.user}
    assert carol.owner.user not in set().union(*told.values())


async def test_a_deleted_accounts_chain_stays_for_those_who_could_see_it(
    alice: Home, make_home: MakeHome
) -> None:
    """Others have pinned it, and check old conversations by it. What she alone opens goes."""
    bob, carol = await make_home("bob"), await make_home("carol")
    stage, user = alice.stage, alice.owner.user
    await stage.run(bob.phone, RequestFriend(username="alice"))
    await stage.run(alice.phone, RequestFriend(username="bob"))
    await alice.run(alice.owner.change_ways(alice.id, make_way(b"p" * 32)))
    await stage.run(alice.phone, DeleteAccount(auth_key=alice.owner.auth_key))
    chain = await stage.run(bob.phone, ReadChain(user_id=user))
    assert chain.statements == alice.owner.statements
    assert (await stage.run(bob.phone, ReadReceive(user_id=user))).statements
    with pytest.raises(NotFound):
        await stage.run(carol.phone, ReadChain(user_id=user))
    async with stage.services.database.transaction("read") as transaction:
        for table in (VAULT, WAY_IN, DEVICE_KEY, GENERATION, GENERATION_WRAP, KEYRING_ROW):
            assert (await transaction.execute(select(table))).all() == []
