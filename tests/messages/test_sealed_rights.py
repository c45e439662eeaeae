"""Who may write what under an epoch, and aim it at what (section 8.9)."""

import pytest

from hearth.errors import InvalidInput
from hearth.sealed.group.epoch import Role, Settings
from tests.messages.talk import Talk, make_pair, make_talk
from tests.prepared import prepare
from tests.stage import Stage


@pytest.fixture
async def talk(stage: Stage) -> Talk:
    return await prepare(stage, make_talk)


@pytest.mark.parametrize(
    ("settings", "kind", "bob_may"),
    [
        (Settings(Role.MEMBER, Role.OWNER, Role.OWNER, 0, ()), 1, False),
        (Settings(Role.MEMBER, Role.MEMBER, Role.MEMBER, 0, ()), 6, True),
        (Settings(Role.MEMBER, Role.OWNER, Role.OWNER, 0, ()), 6, True),
        (Settings(Role.OWNER, Role.OWNER, Role.OWNER, 0, ()), 6, False),
        (Settings(Role.OWNER, Role.OWNER, Role.OWNER, 0, ()), 5, True),
        (Settings(Role.OWNER, Role.OWNER, Role.OWNER, 0, ()), 0, True),
    ],
)
async def test_a_role_decides_who_posts_and_who_sets(
    stage: Stage, settings: Settings, kind: int, bob_may: bool
) -> None:
    talk = await make_talk(stage, settings=settings)
    await talk.sends(talk.alice, kind=kind)
    if bob_may:
        await talk.sends(talk.bob, kind=kind)
    else:
        await talk.rejects("not_allowed", talk.bob, kind=kind)


async def test_a_target_is_there_where_one_must_be_and_of_the_right_kind(talk: Talk) -> None:
    message = (await talk.sends(talk.bob)).seq
    reaction = (await talk.sends(talk.carol, kind=3, target_seq=message)).seq
    for kind in (2, 3, 4, 7):
        await talk.rejects("not_allowed", talk.alice, kind=kind)
        await talk.rejects("not_allowed", talk.alice, kind=kind, target_seq=1)  # the entry of the epoch
        await talk.refuses(InvalidInput, talk.alice, kind=kind, target_seq=999)
    for kind in (0, 5, 6):
        await talk.rejects("not_allowed", talk.alice, kind=kind, target_seq=message)
    for kind in (1, 2, 3):
        await talk.rejects("not_allowed", talk.bob, kind=kind, target_seq=reaction)
        await talk.sends(talk.bob, kind=kind, target_seq=message)
    await talk.rejects("not_allowed", talk.alice, kind=7, target_seq=reaction)
    await talk.sends(talk.carol, kind=4, target_seq=reaction)


@pytest.mark.parametrize("pin_by", [Role.OWNER, Role.ADMIN, Role.MEMBER])
async def test_a_right_of_its_own_decides_who_pins(stage: Stage, pin_by: Role) -> None:
    talk = await make_talk(
        stage, settings=Settings(Role.OWNER, Role.MEMBER, Role.OWNER, 0, (), pin_by=pin_by)
    )
    message = (await talk.sends(talk.bob)).seq
    await talk.sends(talk.alice, kind=7, target_seq=message)
    if pin_by is Role.MEMBER:
        await talk.sends(talk.bob, kind=7, target_seq=message)
    else:
        await talk.rejects("not_allowed", talk.bob, kind=7, target_seq=message)


async def test_two_people_both_pin_and_have_no_state(stage: Stage) -> None:
    talk = await prepare(stage, make_pair)
    await talk.room.run(talk.alice, talk.room.create(talk.alice))
    message = (await talk.sends(talk.alice)).seq
    for home in (talk.alice, talk.bob):
        await talk.sends(home, kind=7, target_seq=message)
        await talk.rejects("not_allowed", home, kind=6)


async def test_owners_delete_anybodys_admins_members_and_members_their_own(talk: Talk) -> None:
    await talk.room.run(talk.alice, talk.room.set_role(talk.alice, talk.bob, Role.ADMIN))
    places = {
        home.owner.username: (await talk.sends(home)).seq for home in (talk.alice, talk.bob, talk.carol)
    }
    for home, name, may in (
        (talk.carol, "bobby", False),
        (talk.carol, "carol", True),
        (talk.bob, "alice", False),
        (talk.bob, "carol", True),
        (talk.alice, "bobby", True),
    ):
        if may:
            await talk.sends(home, kind=4, target_seq=places[name])
        else:
            await talk.rejects("not_allowed", home, kind=4, target_seq=places[name])


async def test_in_a_direct_conversation_one_deletes_ones_own_only(stage: Stage) -> None:
    talk = await prepare(stage, make_pair)
    alice, bob = talk.alice, talk.bob
    await talk.room.run(alice, talk.room.create(alice))
    own, other = (await talk.sends(alice)).seq, (await talk.sends(bob)).seq
    await talk.sends(alice, kind=4, target_seq=own)
    await talk.rejects("not_allowed", alice, kind=4, target_seq=other)
