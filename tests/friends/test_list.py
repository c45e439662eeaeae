"""What higher nouns and devices read of friendships."""

from hearth.accounts.contract import UpdateProfile
from hearth.contract import Actor
from hearth.friends.announce import announce_profile
from hearth.friends.contract import BlockUser, RequestFriend
from hearth.friends.list import are_friends, list_acquaintance_ids, list_friend_ids, map_friend_ids
from tests.friends.telling import befriend, list_told
from tests.stage import Stage


async def make_people(stage: Stage) -> dict[str, Actor]:
    """Alice has a friend (bobby), asked carol, was asked by dave, is blocked by erin, and knows not frank."""
    people = {name: await stage.user(name) for name in ("alice", "bobby", "carol", "dave", "erin", "frank")}
    await befriend(stage, people["alice"], people["bobby"], ("alice", "bobby"))
    await stage.run(people["alice"], RequestFriend(username="carol"))
    await stage.run(people["dave"], RequestFriend(username="alice"))
    await stage.run(people["erin"], BlockUser(username="alice"))
    stage.clear()
    return people


def ids(people: dict[str, Actor], *names: str) -> list[int]:
    return sorted(people[name].user_id for name in names)


async def test_who_is_a_friend_and_who_holds_a_card(stage: Stage) -> None:
    people = await make_people(stage)
    alice = people["alice"].user_id
    async with stage.services.database.transaction("read") as transaction:
        assert await list_friend_ids(transaction, alice) == ids(people, "bobby")
        assert await are_friends(transaction, people["bobby"].user_id, alice)
        assert not await are_friends(transaction, people["carol"].user_id, alice)
        holders = await list_acquaintance_ids(transaction, alice)
        assert holders == ids(people, "bobby", "carol", "dave", "erin")
        assert await map_friend_ids(transaction, ids(people, "alice", "bobby", "carol")) == {
            alice: ids(people, "bobby"),
            people["bobby"].user_id: [alice],
            people["carol"].user_id: [],
        }


async def test_whom_a_hidden_request_was_for_holds_no_card_of_it(stage: Stage) -> None:
    """Erin blocks alice, so alice's request gives erin nothing; erin's list of blocked people does."""
    people = await make_people(stage)
    await stage.run(people["frank"], BlockUser(username="dave"))
    await stage.run(people["dave"], RequestFriend(username="frank"))
    async with stage.services.database.transaction("read") as transaction:
        of_frank = await list_acquaintance_ids(transaction, people["frank"].user_id)
        of_dave = await list_acquaintance_ids(transaction, people["dave"].user_id)
    assert of_frank == ids(people, "dave")
    assert of_dave == ids(people, "alice", "frank")


async def test_a_changed_profile_is_told_to_whom_it_concerns(stage: Stage) -> None:
    people = await make_people(stage)
    await stage.run(people["alice"], UpdateProfile(display_name="Alice A."))
    told = list_told(stage)
    assert {user_id for name, user_id in told if name == "friend.changed"} == set(ids(people, "bobby"))
    assert {user_id for name, user_id in told if name == "user.changed"} == set(
        ids(people, "bobby", "carol", "dave", "erin")
    )
    assert people["frank"].user_id not in {user_id for _, user_id in told}


async def test_without_friends_nobody_is_told(stage: Stage) -> None:
    alice = await stage.user("alice")
    await stage.run(alice, UpdateProfile(about="Hello."))
    assert list_told(stage) == {("profile.changed", alice.user_id)}
    assert announce_profile.__doc__
