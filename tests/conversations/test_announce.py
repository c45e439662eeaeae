"""Who is told of a changed card."""

from hearth.accounts.contract import UpdateProfile
from hearth.conversations.announce import list_card_holder_ids
from hearth.friends.contract import BlockUser, RemoveFriend
from tests.friends.telling import befriend, list_told
from tests.stage import Stage


async def test_who_ever_shared_a_conversation_is_told_of_a_new_name(stage: Stage) -> None:
    alice, bob, carol = await stage.user("alice"), await stage.user("bobby"), await stage.user("carol")
    await befriend(stage, alice, bob, ("alice", "bobby"))
    await stage.run(alice, RemoveFriend(user_id=bob.user_id))
    stage.clear()
    await stage.run(alice, UpdateProfile(display_name="Alice Another"))
    assert list_told(stage) == {("profile.changed", alice.user_id), ("user.changed", bob.user_id)}
    assert carol.user_id not in {user_id for _, user_id in list_told(stage)}


async def test_blocked_and_removed_people_are_told_alike(stage: Stage) -> None:
    alice, bob = await stage.user("alice"), await stage.user("bobby")
    await befriend(stage, alice, bob, ("alice", "bobby"))
    await stage.run(alice, BlockUser(username="bobby"))
    stage.clear()
    await stage.run(alice, UpdateProfile(display_name="Alice Another"))
    assert list_told(stage) == {("profile.changed", alice.user_id), ("user.changed", bob.user_id)}
    stage.clear()
    await stage.run(bob, UpdateProfile(display_name="Bob Another"))
    assert list_told(stage) == {("profile.changed", bob.user_id), ("user.changed", alice.user_id)}


async def test_finding_them_takes_four_queries(stage: Stage) -> None:
    alice = await stage.user("alice")
    stage.clear()
    async with stage.services.database.transaction("read") as transaction:
        assert await list_card_holder_ids(transaction, alice.user_id) == []
    assert stage.queries == 4
