"""What others may try with epochs that are given back after a restore, and what comes of it (10.10).

None of those that are offered here was ever made: nobody can tell them from what was lost.
"""

import hashlib
from dataclasses import replace

import pytest

from hearth.accounts.contract import DeleteAccount
from hearth.epochs.contract import EpochTaken, MakeEpoch, OfferEpoch
from hearth.epochs.rules import LeaveLost, NotFriends
from hearth.errors import TooManyRequests
from hearth.friends.contract import BlockUser, RemoveFriend
from hearth.sealed.core.packed import Head
from hearth.sealed.group.epoch import NO_HASH, Action, Link, Member, Role, Target
from hearth.sealed.group.ids import direct_id, group_id, self_id
from hearth.services import Identity
from hearth.vault.rules import NotAccepted
from tests.directory.conftest import Home
from tests.epochs.conftest import Cast, befriend
from tests.epochs.kit import Room, make_group, sign_leave
from tests.epochs.refusals import refuses

GENERATION = b"g" * 16


@pytest.fixture
def cast(cast: Cast) -> Cast:
    """The people, on a server that was restored a moment ago."""
    restores(cast)
    return cast


def restores(cast: Cast) -> None:
    """What is stored now is what the backup had."""
    services = cast.stage.services
    services.identity = Identity(services.identity.server_id, GENERATION, cast.stage.clock.now())
    cast.stage.clock.advance(60)


def offer(command: MakeEpoch) -> OfferEpoch:
    return OfferEpoch(record=command.record, roster=command.roster)


async def gives(home: Home, command: MakeEpoch) -> EpochTaken:
    taken: EpochTaken = await home.stage.run(home.phone, offer(command))
    return taken


async def test_a_group_under_the_id_of_two_others_tells_nothing_of_them(cast: Cast) -> None:
    alice, bob, dave = (home.owner for home in (cast.alice, cast.bob, cast.dave))
    group = make_group(cast.erin)
    for conversation in (
        direct_id(alice.server, alice.user, bob.user),
        self_id(alice.server, alice.user),
        direct_id(alice.server, bob.user, dave.user),
        self_id(alice.server, 999),
    ):
        command = offer(group.create(cast.erin, conversation=conversation))
        await refuses(cast.erin, command, NotAccepted, "wrong_place")


def stating(room: Room, home: Home, head: Head) -> list[Member]:
    """Return the lines of the newest roster as they are, but for the head of one person."""
    lines = room.rosters[-1].members
    return [replace(line, chain=head) if line.user == home.owner.user else line for line in lines]


def forge(command: MakeEpoch) -> OfferEpoch:
    """Return an epoch that nobody has signed."""
    record = command.record[:-1] + bytes([command.record[-1] ^ 1])
    return OfferEpoch(record=record, roster=command.roster)


async def test_what_friends_were_brought_into_comes_back(cast: Cast) -> None:
    room = await cast.group(cast.bob)
    add = room.add(cast.alice, cast.dave)
    create = make_group(cast.alice, cast.bob, cast.dave, time=7).create(cast.alice)
    assert [(await gives(cast.bob, command)).n for command in (add, create)] == [2, 1]
    assert [(await gives(cast.dave, command)).n for command in (add, create)] == [2, 1]


@pytest.mark.parametrize("how", ["blocked", "unfriended", "deleted"])
async def test_nobody_is_brought_in_by_who_is_no_friend_of_theirs_now(cast: Cast, how: str) -> None:
    alice, dave = cast.alice.owner, cast.dave.owner
    room = await cast.group(cast.bob)
    add = room.add(cast.alice, cast.dave)
    create = make_group(cast.alice, cast.bob, cast.dave, time=7).create(cast.alice)
    ends = {
        "blocked": BlockUser(username=alice.username),
        "unfriended": RemoveFriend(user_id=alice.user),
        "deleted": DeleteAccount(auth_key=dave.auth_key),
    }
    await cast.stage.run(cast.dave.phone, ends[how])
    for command in (add, create):
        for home in (cast.alice, cast.bob):
            await refuses(home, offer(command), NotFriends)


async def test_nothing_is_said_of_strangers_whatever_is_claimed_of_them(cast: Cast) -> None:
    """Neither of a stranger's chain, nor of who is a friend of somebody else."""
    room = await cast.group(cast.bob)
    for head in (cast.erin.owner.now.head, cast.bob.owner.now.head, Head(99, b"h" * 32)):
        line = replace(room.member(cast.erin, Role.MEMBER), chain=head)
        target = Target(line.user, Role.MEMBER, NO_HASH)
        add = room.draft(cast.alice, Action.ADD, [*room.members(), line], [target])
        await refuses(cast.alice, offer(add), NotFriends)
    by_erin = make_group(cast.erin, cast.alice).create(cast.erin)
    await refuses(cast.alice, offer(by_erin), NotFriends)
    await refuses(cast.alice, by_nobody(cast), NotFriends)
    for other in (cast.dave, cast.erin):  # a friend of alice's, and none
        group = make_group(cast.alice, cast.bob, other, time=7).create(cast.alice)
        await refuses(cast.bob, forge(group), NotAccepted, "bad_signature")


def by_nobody(cast: Cast) -> OfferEpoch:
    """Return a group that user 999 is said to have made."""
    room, erin = make_group(cast.erin, cast.alice), cast.erin.owner
    lines = [replace(room.member(cast.erin, Role.OWNER), user=999), room.member(cast.alice, Role.MEMBER)]
    conversation = group_id(erin.server, 999, cast.erin.id, room.time)
    return offer(room.draft(cast.erin, Action.CREATE, lines, actor=999, conversation=conversation))


async def test_a_link_brings_nobody_back(cast: Cast) -> None:
    room = await cast.group(cast.bob)
    link = Link(b"l" * 32, room.time + 1000, 5)
    settings = replace(room.records[-1].settings, links=(link,))
    await room.run(cast.alice, room.draft(cast.alice, Action.SETTINGS, room.members(), settings=settings))
    lines = [*room.members(), room.member(cast.carol, Role.MEMBER)]
    target = Target(cast.carol.owner.user, Role.MEMBER, link.public_key)
    add = room.draft(cast.alice, Action.ADD, lines, [target])
    await refuses(cast.alice, offer(add), NotAccepted, "not_allowed")


async def test_offers_take_from_the_budgets_of_what_is_made(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = await cast.group()
    monkeypatch.setattr("hearth.epochs.rules.PER_MEMBER", "1/86400s")
    await room.run(cast.bob, room.rotate(cast.bob))
    rotate = room.rotate(cast.bob)
    await refuses(cast.bob, offer(rotate), TooManyRequests)
    room.keep(rotate, await gives(cast.carol, rotate))
    cast.stage.clock.advance(60)
    forged = forge(room.rotate(cast.bob))
    for _ in range(10):
        with pytest.raises(NotAccepted):
            await cast.stage.run(cast.bob.phone, forged)
    await refuses(cast.bob, forged, TooManyRequests)


async def test_nobody_is_held_and_no_chain_is_read_for_what_is_not_signed(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = await cast.group()
    rotate = room.draft(cast.alice, Action.ROTATE, stating(room, cast.carol, Head(99, b"h" * 32)))

    async def fail(*_: object, **__: object) -> None:
        pytest.fail("work for what nobody has signed")

    for name in ("offer.hold_users", "judge_offer.load_chain", "judge_offer.load_chains"):
        monkeypatch.setattr(f"hearth.epochs.{name}", fail)
    await refuses(cast.bob, forge(rotate), NotAccepted, "bad_signature")
    other = room.rotate(cast.alice, roster_hash=b"r" * 32)
    await refuses(cast.bob, offer(other), NotAccepted, "bad_roster")


async def test_a_device_that_was_removed_long_ago_makes_no_epochs(cast: Cast) -> None:
    """Its key is with a member; at the head that they state, it was listed."""
    alice, room = cast.alice, await cast.group(cast.bob)
    tablet = await alice.adds()
    listed = alice.owner.now.head
    await alice.run(alice.owner.remove(alice.id, tablet.device_id))
    restores(cast)
    command = room.draft(alice, Action.ROTATE, stating(room, alice, listed), device=tablet)
    await refuses(cast.bob, offer(command), NotAccepted, "rollback")
    newest = stating(room, alice, alice.owner.now.head)
    command = room.draft(alice, Action.ROTATE, newest, device=tablet)
    await refuses(cast.bob, offer(command), NotAccepted, "not_listed")
    await gives(cast.bob, room.draft(alice, Action.ROTATE, newest))


async def test_a_line_stays_or_states_a_head_that_the_backup_had_or_a_later_one(cast: Cast) -> None:
    bob, room, heads = cast.bob, await cast.group(), []
    for when in ("before", "before", "after", "after"):
        await bob.run(bob.owner.set_profile(bob.id, when))
        heads.append(bob.owner.now.head)
        if len(heads) == 2:
            restores(cast)
    too_old = room.draft(cast.alice, Action.ROTATE, stating(room, bob, heads[0]))
    await refuses(cast.carol, offer(too_old), NotAccepted, "rollback")
    for head in (room.rosters[-1].by_user()[bob.owner.user].chain, *heads[1:]):
        command = room.draft(cast.alice, Action.ROTATE, stating(room, bob, head))
        room.keep(command, await gives(cast.carol, command))
    assert room.n == 5


async def test_a_history_is_judged_by_what_its_actor_may_read(cast: Cast) -> None:
    room = await cast.group(cast.carol)
    await room.run(cast.alice, room.add(cast.alice, cast.bob))
    add = room.add(cast.alice, cast.dave, history=1)
    assert (await gives(cast.bob, add)).n == 3


async def test_nobody_gives_a_history_that_they_may_not_read(cast: Cast) -> None:
    room = await cast.group(cast.carol)
    await room.run(cast.alice, room.add(cast.alice, cast.bob))
    await befriend(cast.bob, cast.dave)
    add = room.add(cast.bob, cast.dave, history=1)
    await refuses(cast.alice, offer(add), NotAccepted, "not_allowed")


async def test_who_left_by_an_entry_that_was_lost_is_not_removed(cast: Cast) -> None:
    room = await cast.group()
    left = sign_leave(room, cast.bob)
    lines = [line for line in room.members() if line.user != cast.bob.owner.user]
    target = Target(cast.bob.owner.user, Role.NONE, hashlib.sha256(left.entry).digest())
    removal = room.draft(cast.carol, Action.REMOVE, lines, [target])
    await refuses(cast.carol, offer(removal), LeaveLost)
    await cast.stage.run(cast.bob.phone, left)
    assert (await gives(cast.carol, removal)).n == 2
