"""What is left of somebody who deletes the account: nothing with anybody, and everybody concerned is told."""

from sqlalchemy import func, select

from hearth.accounts.contract import DeleteAccount
from hearth.friends.contract import BlockUser, FindUser, RequestFriend
from hearth.friends.tables import BLOCK, FRIEND_REQUEST, FRIENDSHIP
from hearth.sync.contract import OpenSync
from tests.friends.telling import list_told, names_of
from tests.friends.test_list import make_people
from tests.stage import Stage


async def test_a_deleted_user_leaves_no_friendship_request_or_block(stage: Stage) -> None:
    people = await make_people(stage)
    alice = people["alice"]
    await stage.run(alice, BlockUser(username="frank"))
    await stage.run(people["frank"], RequestFriend(username="alice"))
    stage.clear()
    await stage.run(alice, DeleteAccount(auth_key=b"alice".ljust(32, b"\0")))
    async with stage.services.database.transaction("read") as transaction:
        for table in (FRIENDSHIP, FRIEND_REQUEST, BLOCK):
            assert (await transaction.execute(select(func.count()).select_from(table))).scalar() == 0
    stage.published[:] = [(event, to) for event, to in stage.published if type(event).is_logged]
    told = list_told(stage)
    assert names_of(told, people["bobby"]) == {"user.deleted", "friend.removed", "conversation.changed"}
    assert names_of(told, people["carol"]) == {"user.deleted", "friend.request_closed"}
    assert names_of(told, people["dave"]) == {"user.deleted", "friend.request_closed"}
    assert names_of(told, people["erin"]) == {"user.deleted", "friend.unblocked"}
    assert names_of(told, people["frank"]) == {"user.deleted", "friend.request_closed"}


async def test_nothing_of_a_deleted_user_is_found_or_shown(stage: Stage) -> None:
    people = await make_people(stage)
    await stage.run(people["alice"], DeleteAccount(auth_key=b"alice".ljust(32, b"\0")))
    for name, actor in people.items():
        if name == "alice":
            continue
        snapshot = (await stage.run(actor, OpenSync())).snapshot
        assert (snapshot.friends, snapshot.requests, snapshot.blocked) == ([], [], [])
        for command in (FindUser(username="alice"), RequestFriend(username="alice")):
            try:
                await stage.run(actor, command)
            except Exception as error:  # compared below
                assert getattr(error, "code", "") == "not_found"
            else:
                raise AssertionError("a deleted user was found")


async def test_names_are_gone_from_what_is_told(stage: Stage) -> None:
    people = await make_people(stage)
    await stage.run(people["alice"], DeleteAccount(auth_key=b"alice".ljust(32, b"\0")))
    for audience, name, payload in stage.bus.sent:
        if people["alice"].user_id not in audience.ids:
            assert "alice" not in str(payload).lower(), name
