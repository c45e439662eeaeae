"""The unit of work: nothing is delivered before the commit, reactions follow, user logs stay gapless."""

import pytest

from hearth.accounts.contract import UpdateProfile
from hearth.contract import Context, Users
from hearth.errors import NotFound
from hearth.friends.contract import AcceptRequest, RequestFriend
from hearth.work import perform
from tests.stage import Stage


async def test_a_change_reaches_oneself_and_ones_friends_and_nobody_else(stage: Stage) -> None:
    alice, bob, carol = await stage.user("alice"), await stage.user("bob"), await stage.user("carol")
    asked = await stage.run(alice, RequestFriend(username="bob"))
    await stage.run(bob, AcceptRequest(request_id=asked.request.id))
    stage.clear()

    await stage.run(alice, UpdateProfile(about="Gardener"))

    told = {(audience.ids, payload["kind"]) for audience, name, payload in stage.bus.sent if name == "log"}
    assert told == {
        ((alice.user_id,), "profile.changed"),
        ((bob.user_id,), "friend.changed"),
        ((bob.user_id,), "user.changed"),
    }
    assert not any(carol.user_id in audience.ids for audience, _, _ in stage.bus.sent)


async def test_what_fails_writes_and_tells_nothing(stage: Stage) -> None:
    alice = await stage.user("alice")

    async def verb(context: Context) -> None:
        from hearth.accounts.contract import Settings, SettingsChanged

        context.publish(SettingsChanged(settings=Settings()), to=Users((alice.user_id,)))
        raise NotFound

    with pytest.raises(NotFound):
        await perform(stage.services, alice, verb)
    assert stage.bus.sent == []


async def test_user_logs_are_gapless_whatever_runs_at_once(stage: Stage) -> None:
    import asyncio

    alice = await stage.user("alice")
    await asyncio.gather(*(stage.run(alice, UpdateProfile(about=f"text {n}")) for n in range(20)))
    seqs = [payload["seq"] for _, name, payload in stage.bus.sent if name == "log"]
    assert len(seqs) == 20
    assert sorted(seqs) == list(range(min(seqs), min(seqs) + 20))
