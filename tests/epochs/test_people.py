"""Members whose chains and receive keys move: what an epoch must state of them."""

from dataclasses import replace
from typing import Any

import pytest

from hearth.directory.rules import ChainMoved
from hearth.epochs.contract import MakeEpoch
from hearth.epochs.rules import ReceiveOutdated
from hearth.sealed.group.epoch import NO_HASH, Action, Member, Role, Target
from hearth.vault.rules import NotAccepted
from tests.directory.conftest import Home, make_home_on
from tests.epochs.conftest import Cast, befriend
from tests.epochs.kit import Room, make_group
from tests.epochs.refusals import refuses


async def renew(home: Home) -> None:
    await home.run(home.owner.renew(home.id))
    home.stage.clock.advance(3600)
    home.stage.clear()


async def reset(home: Home) -> None:
    await home.run(home.owner.reset(home.id, await home.gets_link(), b"new".ljust(32, b"\0")))
    home.stage.clock.advance(3600)
    home.stage.clear()


def stale(room: Room, *homes: Home) -> list[Member]:
    """Return lines of which these are still what the newest epoch says."""
    kept = {home.owner.user for home in homes}
    old = room.rosters[-1].by_user()
    return [old[line.user] if line.user in kept else line for line in room.members()]


def rotate_with(room: Room, home: Home, *old: Home) -> MakeEpoch:
    """Return a rotation in which the lines of some are as they were."""
    return room.draft(home, Action.ROTATE, stale(room, *old))


async def test_a_seed_is_sealed_to_the_newest_receive_key(cast: Cast) -> None:
    room = await cast.pair()
    await renew(cast.bob)
    await refuses(cast.alice, rotate_with(room, cast.alice, cast.bob), ReceiveOutdated)
    await room.run(cast.alice, room.rotate(cast.alice))


async def test_nobody_is_left_out_by_saying_that_they_have_no_key(cast: Cast) -> None:
    room = await cast.group()
    lines = [line if line.user == cast.alice.owner.user else without_key(line) for line in room.members()]
    await refuses(cast.alice, room.draft(cast.alice, Action.ROTATE, lines), ReceiveOutdated)


def without_key(line: Member) -> Member:
    return replace(line, receive_version=0, receive_hash=NO_HASH)


async def test_a_line_is_the_one_before_or_states_the_newest_head(cast: Cast) -> None:
    room = await cast.group()
    heads = []
    for name in ("One", "Two"):
        await cast.bob.run(cast.bob.owner.set_profile(cast.bob.id, name))
        heads.append(cast.bob.owner.now.head)
    lines = [
        replace(line, chain=heads[0]) if line.user == cast.bob.owner.user else line for line in room.members()
    ]
    await refuses(cast.alice, room.draft(cast.alice, Action.ROTATE, lines), ChainMoved)
    await room.run(cast.alice, rotate_with(room, cast.alice, cast.bob))
    await room.run(cast.alice, room.rotate(cast.alice))


async def test_the_actor_states_its_own_newest_head(cast: Cast) -> None:
    room = await cast.group()
    await cast.alice.run(cast.alice.owner.set_profile(cast.alice.id, "New"))
    await refuses(cast.alice, rotate_with(room, cast.alice, cast.alice), ChainMoved)


async def test_a_removal_is_held_up_by_nobodys_growing_chain(cast: Cast) -> None:
    """The one to be removed says something new all the time; the lines of the others stay as they were."""
    room = await cast.group(cast.bob, cast.carol, cast.dave)
    users = {cast.bob.owner.user}
    lines = [line for line in stale(room, cast.carol, cast.dave) if line.user not in users]
    for home in (cast.bob, cast.carol, cast.dave):
        await home.run(home.owner.set_profile(home.id, "Again"))
    target = Target(cast.bob.owner.user, Role.NONE, NO_HASH)
    await room.run(cast.alice, room.draft(cast.alice, Action.REMOVE, lines, [target]))


async def test_who_has_begun_anew_stays_as_they_were_until_reidentify(cast: Cast) -> None:
    room = await cast.group()
    await reset(cast.bob)
    await refuses(cast.alice, room.rotate(cast.alice), NotAccepted, "not_allowed")
    await room.run(cast.alice, rotate_with(room, cast.alice, cast.bob))
    target = Target(cast.bob.owner.user, Role.MEMBER, NO_HASH)
    again = room.draft(cast.alice, Action.REIDENTIFY, room.members(), [target])
    await room.run(cast.alice, again)
    await room.run(cast.bob, room.rotate(cast.bob))


async def test_a_renewed_identity_may_wait_to_be_compared(cast: Cast) -> None:
    """Until then its line stays as it was, and somebody else can be removed; the line before it is not."""
    room = await cast.group(cast.bob, cast.carol, cast.dave)
    await cast.bob.run(cast.bob.owner.change_password(cast.bob.id, b"n" * 32, is_theft=True))
    users = {cast.carol.owner.user}
    lines = [line for line in stale(room, cast.bob) if line.user not in users]
    target = Target(cast.carol.owner.user, Role.NONE, NO_HASH)
    await room.run(cast.alice, room.draft(cast.alice, Action.REMOVE, lines, [target]))
    await room.run(cast.alice, room.rotate(cast.alice))
    await renew(cast.bob)
    await refuses(cast.alice, rotate_with(room, cast.alice, cast.bob), ReceiveOutdated)


async def test_nobody_is_reidentified_who_has_not_begun_anew(cast: Cast) -> None:
    room = await cast.group()
    changed = cast.bob.owner.change_password(cast.bob.id, b"n" * 32, is_theft=True)
    await cast.bob.run(changed)
    target = Target(cast.bob.owner.user, Role.MEMBER, NO_HASH)
    again = room.draft(cast.alice, Action.REIDENTIFY, room.members(), [target])
    await refuses(cast.alice, again, NotAccepted, "not_allowed")
    await room.run(cast.alice, room.rotate(cast.alice))


async def test_who_has_begun_anew_does_not_act_as_before(cast: Cast) -> None:
    room = await cast.group()
    await reset(cast.bob)
    await refuses(cast.bob, room.rotate(cast.bob), NotAccepted, "not_allowed")
    target = Target(cast.bob.owner.user, Role.MEMBER, NO_HASH)
    own = room.draft(cast.bob, Action.REIDENTIFY, room.members(), [target])
    await refuses(cast.bob, own, NotAccepted, "not_allowed")


async def test_another_key_than_the_heads(cast: Cast) -> None:
    """A line must not put somebody else's key, or a receive statement that was never said, under a head."""
    parts: list[tuple[dict[str, Any], str]] = [
        ({"identity_key": b"k" * 32}, "not_allowed"),
        ({"receive_hash": b"h" * 32}, "fork"),
    ]
    for part, verdict in parts:
        room = make_group(cast.alice, cast.bob, time=len(verdict))
        lines = [
            replace(room.member(cast.bob, Role.MEMBER), **part),
            room.member(cast.alice, Role.OWNER),
        ]
        await refuses(cast.alice, room.draft(cast.alice, Action.CREATE, lines), NotAccepted, verdict)


@pytest.mark.parametrize("is_first", [True, False])
async def test_a_friend_without_a_chain(cast: Cast, is_first: bool) -> None:
    frank = await make_home_on(cast.stage, "frank")
    await befriend(cast.alice, frank)
    frank.owner.set_up(frank.id)
    if is_first:
        room = make_group(cast.alice, frank)
        await refuses(cast.alice, room.create(cast.alice), ChainMoved)
    else:
        room = await cast.group()
        await refuses(cast.alice, room.add(cast.alice, frank), ChainMoved)
