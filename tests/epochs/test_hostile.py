"""What others may try with epochs, and what comes of it: nothing is stored, nobody is told (E03 to E13)."""

import secrets
from dataclasses import replace

import msgspec

from hearth.accounts.contract import DeleteAccount
from hearth.contract import Actor
from hearth.conversations.rules import ConversationClosed
from hearth.epochs.rules import EpochMoved, NotFriends
from hearth.errors import NotFound
from hearth.friends.contract import RemoveFriend
from hearth.sealed.group.epoch import NO_HASH, Action, Kind, Link, Role, Settings, Target
from hearth.sealed.group.ids import direct_id, self_id
from hearth.vault.rules import NotAccepted
from tests.epochs.conftest import Cast, befriend
from tests.epochs.kit import Room, make_direct, make_group, make_self, with_wraps, wraps_for
from tests.epochs.refusals import refuses


async def test_e08_an_epoch_that_is_not_the_next_one(cast: Cast) -> None:
    """n again, n − 1, n + 5, and one that goes on after another record than the one stored."""
    room = await cast.group()
    await room.run(cast.alice, room.rotate(cast.alice))
    for n in (2, 4, 7):
        await refuses(cast.alice, room.rotate(cast.alice, n=n), EpochMoved)
    await refuses(cast.alice, room.rotate(cast.alice, previous=secrets.token_bytes(32)), EpochMoved)
    await refuses(cast.alice, room.rotate(cast.alice, n=1), NotAccepted, "not_allowed")
    await refuses(cast.alice, room.rotate(cast.alice, n=0), NotAccepted, "not_allowed")
    again = make_group(cast.alice, cast.bob, cast.carol)
    await refuses(cast.alice, again.create(cast.alice), EpochMoved)
    await room.run(cast.alice, room.rotate(cast.alice))


async def test_e07_a_record_of_another_conversation_or_of_somebody_else(cast: Cast) -> None:
    room, other = await cast.group(), make_group(cast.alice, cast.bob, time=5)
    await other.run(cast.alice, other.create(cast.alice))
    command = room.rotate(cast.alice)
    await refuses(cast.bob, command, NotAccepted, "not_allowed")
    moved = room.draft(cast.alice, Action.ROTATE, room.members(), conversation=other.conversation)
    await refuses(cast.alice, moved, EpochMoved)
    foreign = room.rotate(cast.alice, server=secrets.token_bytes(16))
    await refuses(cast.alice, foreign, NotAccepted, "wrong_place")
    taken = await room.run(cast.alice, command)
    await refuses(cast.bob, command, NotAccepted, "not_allowed")
    assert await cast.stage.run(cast.alice.phone, command) == taken


async def test_e03_a_device_that_did_not_sign_or_is_not_listed(cast: Cast) -> None:
    room = await cast.pair()
    command = room.rotate(cast.alice)
    await refuses(
        cast.alice,
        msgspec.structs.replace(command, record=flip(command.record)),
        NotAccepted,
        "bad_signature",
    )
    laptop = await cast.alice.signs_in()
    cast.alice.owner.seeds[laptop.device_id] = secrets.token_bytes(32)
    unlisted = room.rotate(cast.alice, device=laptop)
    await refuses(cast.alice, unlisted, NotAccepted, "not_listed", device=laptop)
    await refuses(cast.alice, unlisted, NotAccepted, "not_allowed")
    tablet = await cast.alice.adds()
    await room.run(cast.alice, room.rotate(cast.alice, device=tablet), tablet)


def flip(data: bytes) -> bytes:
    return data[:-1] + bytes((data[-1] ^ 1,))


async def test_strangers_learn_nothing(cast: Cast) -> None:
    """A conversation that is others' is one that does not exist, whatever is said of it."""
    room = await cast.group()
    absent = Room(dict(room.homes), Kind.GROUP, secrets.token_bytes(16))
    absent.records, absent.rosters = list(room.records), list(room.rosters)
    for one in (room, absent):
        one.homes[cast.erin.owner.user] = cast.erin
        lines = [*one.members(), one.member(cast.erin, Role.OWNER)]
        for command in (
            one.draft(cast.erin, Action.ROTATE, lines),
            one.draft(cast.erin, Action.ROTATE, lines, n=9),
            msgspec.structs.replace(one.draft(cast.erin, Action.ROTATE, lines), roster=None),
        ):
            await refuses(cast.erin, command, NotFound)
    notes = make_self(cast.alice)
    notes.homes = {cast.erin.owner.user: cast.erin}
    await refuses(cast.erin, notes.create(cast.erin), NotAccepted, "wrong_place")


async def test_e09_who_may_not(cast: Cast) -> None:
    room = await cast.group(cast.bob, cast.carol, cast.dave)
    await refuses(cast.bob, room.remove(cast.bob, cast.carol), NotAccepted, "not_allowed")
    await refuses(cast.bob, room.set_role(cast.bob, cast.bob, Role.OWNER), NotAccepted, "not_allowed")
    closed = Settings(Role.OWNER, Role.MEMBER, Role.OWNER, 0, ())
    settings = room.draft(cast.bob, Action.SETTINGS, room.members(), settings=closed)
    await refuses(cast.bob, settings, NotAccepted, "not_allowed")
    await refuses(cast.bob, room.rotate(cast.bob, settings=closed), NotAccepted, "not_allowed")
    await room.run(cast.alice, room.set_role(cast.alice, cast.bob, Role.ADMIN))
    await refuses(cast.bob, room.remove(cast.bob, cast.alice), NotAccepted, "not_allowed")
    await room.run(cast.bob, room.remove(cast.bob, cast.carol))
    left = room.draft(
        cast.bob, Action.REMOVE, room.members()[:-1], [Target(cast.dave.owner.user, Role.NONE, b"c" * 32)]
    )
    await refuses(cast.bob, left, NotAccepted, "not_allowed")


async def test_e10_who_was_removed_comes_back_by_nothing(cast: Cast) -> None:
    room = await cast.group()
    before = list(room.records), list(room.rosters)
    await room.run(cast.alice, room.remove(cast.alice, cast.bob))
    await refuses(cast.bob, room.rotate(cast.bob), NotFound)
    room.records, room.rosters = before
    await refuses(cast.bob, room.rotate(cast.bob), NotFound)


async def test_who_is_brought_in_is_a_friend(cast: Cast) -> None:
    """And nothing is said of a stranger's chain, whatever is claimed of it."""
    group = make_group(cast.alice, cast.bob, cast.erin)
    await refuses(cast.alice, group.create(cast.alice), NotFriends)
    room = await cast.group()
    command = room.add(cast.bob, cast.dave)
    await refuses(cast.bob, command, NotFriends)
    line = replace(room.member(cast.erin, Role.MEMBER), chain=room.member(cast.bob, Role.MEMBER).chain)
    target = Target(cast.erin.owner.user, Role.MEMBER, NO_HASH)
    made_up = room.draft(cast.alice, Action.ADD, [*room.members(), line], [target])
    await refuses(cast.alice, made_up, NotFriends)
    await cast.stage.run(cast.dave.phone, DeleteAccount(auth_key=cast.dave.owner.auth_key))
    room.homes.pop(cast.erin.owner.user, None)
    await refuses(cast.alice, room.add(cast.alice, cast.dave), NotFriends)


async def test_a_group_under_the_id_of_two_others_tells_nothing_of_them(cast: Cast) -> None:
    """Direct and self ids can be computed: whether there are such conversations is not to be learnt."""
    alice, bob, dave = (home.owner for home in (cast.alice, cast.bob, cast.dave))
    group = make_group(cast.erin)
    for taken in (direct_id(alice.server, alice.user, bob.user), self_id(alice.server, alice.user)):
        command = group.create(cast.erin, conversation=taken)
        await refuses(cast.erin, command, NotAccepted, "wrong_place")
    for free in (direct_id(alice.server, bob.user, dave.user), self_id(alice.server, 999)):
        command = group.create(cast.erin, conversation=free)
        await refuses(cast.erin, command, NotAccepted, "wrong_place")


async def test_a_group_goes_on_with_a_deleted_member(cast: Cast) -> None:
    room = await cast.group()
    await cast.stage.run(cast.bob.phone, DeleteAccount(auth_key=cast.bob.owner.auth_key))
    await room.run(cast.alice, room.rotate(cast.alice))
    await room.run(cast.alice, room.remove(cast.alice, cast.bob))


async def test_nothing_is_written_into_a_closed_conversation(cast: Cast) -> None:
    room = await cast.pair()
    await cast.stage.run(cast.alice.phone, RemoveFriend(user_id=cast.bob.owner.user))
    for home in (cast.alice, cast.bob):
        await refuses(home, room.rotate(home), ConversationClosed)
    stranger = make_direct(cast.alice, cast.erin)
    await refuses(cast.alice, stranger.create(cast.alice), NotFound)


async def test_a_group_takes_no_id_of_others(cast: Cast) -> None:
    pair = direct_id(cast.alice.owner.server, cast.carol.owner.user, cast.dave.owner.user)
    room = make_group(cast.alice, cast.bob)
    room.conversation = pair
    await refuses(cast.alice, room.create(cast.alice), NotAccepted, "wrong_place")
    room = make_direct(cast.alice, cast.bob)
    room.kind = Kind.GROUP
    await refuses(cast.alice, room.create(cast.alice), NotAccepted, "wrong_place")


async def test_wraps_are_for_the_members_and_nobody_else(cast: Cast) -> None:
    room = await cast.group()
    users = sorted(room.homes)
    command = room.rotate(cast.alice)
    for others in ([], users[:-1], [*users, cast.erin.owner.user], [*users, users[0]]):
        await refuses(cast.alice, with_wraps(command, wraps_for(others)), NotAccepted, "malformed")
    await room.run(cast.alice, command)


async def test_rosters_that_do_not_belong(cast: Cast) -> None:
    room = await cast.group()
    new = make_group(cast.alice, cast.bob, time=7)
    without = msgspec.structs.replace(new.create(cast.alice), roster=None)
    await refuses(cast.alice, without, NotAccepted, "bad_roster")
    await cast.bob.adds()
    command = room.rotate(cast.alice)
    assert command.roster is not None
    await refuses(cast.alice, msgspec.structs.replace(command, roster=None), NotAccepted, "bad_roster")
    trailing = msgspec.structs.replace(command, roster=command.roster + b"\0")
    await refuses(cast.alice, trailing, NotAccepted, "malformed")
    other = msgspec.structs.replace(command, roster=room.rosters[-1].pack())
    await refuses(cast.alice, other, NotAccepted, "bad_roster")


async def test_a_history_is_the_actors_own(cast: Cast) -> None:
    """E13: who came with epoch 3 gives nothing from before it, and a history comes with its wraps."""
    room = await cast.group(cast.bob)
    await room.run(cast.alice, room.rotate(cast.alice))
    await room.run(cast.alice, room.add(cast.alice, cast.carol))
    await befriend(cast.carol, cast.dave)
    cast.stage.clock.advance(60)
    for first in (1, 2):
        command = room.add(cast.carol, cast.dave, history=first)
        room.homes.pop(cast.dave.owner.user)
        await refuses(cast.carol, command, NotAccepted, "not_allowed")
    command = room.add(cast.carol, cast.dave, history=3)
    assert command.history is not None
    bare = msgspec.structs.replace(command, history=None)
    await refuses(cast.carol, bare, NotAccepted, "malformed")
    few = msgspec.structs.replace(command, history=msgspec.structs.replace(command.history, wraps=[]))
    await refuses(cast.carol, few, NotAccepted, "malformed")
    given = msgspec.structs.replace(room.rotate(cast.carol), history=command.history)
    await refuses(cast.carol, given, NotAccepted)
    await room.run(cast.carol, command)


async def test_a_link_brings_nobody_in_yet(cast: Cast) -> None:
    room = await cast.group(cast.bob)
    link = Link(secrets.token_bytes(32), room.time + 1000, 5)
    settings = replace(room.records[-1].settings, links=(link,))
    await room.run(cast.alice, room.draft(cast.alice, Action.SETTINGS, room.members(), settings=settings))
    lines = [*room.members(), room.member(cast.carol, Role.MEMBER)]
    target = Target(cast.carol.owner.user, Role.MEMBER, link.public_key)
    await refuses(cast.alice, room.draft(cast.alice, Action.ADD, lines, [target]), NotAccepted, "not_allowed")


async def test_what_is_no_record(cast: Cast) -> None:
    """E15: cut short, longer, of another version, with unknown critical extensions; random bytes."""
    room = await cast.pair()
    command = room.rotate(cast.alice)
    record = command.record
    broken = {
        record[:-1]: "malformed",
        record + b"\0": "malformed",
        b"\2" + record[1:]: "unsupported",
        record[:1] + b"\2" + record[2:]: "unsupported",
        secrets.token_bytes(400): None,
    }
    for data, verdict in broken.items():
        cast.stage.clock.advance(60)
        await refuses(cast.alice, msgspec.structs.replace(command, record=data), NotAccepted, verdict)


async def test_a_session_of_the_same_person_is_another_device(cast: Cast) -> None:
    room = await cast.pair()
    laptop: Actor = await cast.alice.signs_in()
    await refuses(cast.alice, room.rotate(cast.alice), NotAccepted, "not_allowed", device=laptop)
