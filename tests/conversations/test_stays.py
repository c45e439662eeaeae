"""Who has met whom in a group: seen by who may read something of the time in which the other was there."""

from hearth.contract import Context
from hearth.conversations.sight import list_visible
from hearth.conversations.stays import Change, change_members, make_group
from hearth.conversations.store import list_companion_ids
from hearth.work import perform
from tests.stage import Stage

GROUP = b"g" * 16


async def test_who_has_met_whom(stage: Stage) -> None:
    """Bob is removed by entry 5; carol comes with 6; dave comes with 7 and may read from the beginning."""
    alice, bob, carol, dave = [await stage.user(name) for name in ("alice", "bobby", "carol", "david")]
    people = [actor.user_id for actor in (alice, bob, carol, dave)]
    changes = (
        Change(5, 4, removed=[bob.user_id]),
        Change(6, 5, added={carol.user_id: "member"}),
        Change(7, 0, added={dave.user_id: "member"}),
    )

    async def play(context: Context) -> None:
        await make_group(context, GROUP, {alice.user_id: "owner", bob.user_id: "member"})
        for change in changes:
            await change_members(context, GROUP, change)

    await perform(stage.services, alice, play)
    async with stage.services.database.transaction("read") as transaction:
        seen = {user: await list_visible(transaction, user, people) for user in people}
        by = {user: set(await list_companion_ids(transaction, user)) for user in people}
    a, b, c, d = people
    assert seen == {a: {a, b, c, d}, b: {a, b}, c: {a, c, d}, d: {a, b, c, d}}
    assert by == {user: {one for one in people if user in seen[one]} - {user} for user in people}
