"""Lines of the one table (7.4) and of the user chain's rules (5.1) that the shared vectors do not draw."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from hearth.sealed.core.verdicts import Rejected, Verdict
from hearth.sealed.group.check import Where, check_record, read_epoch
from hearth.sealed.group.epoch import Action, Kind, Link, Role, Target
from hearth.sealed.group.ids import direct_id, self_id
from hearth.sealed.group.steps import Facts
from hearth.sealed.person.user_chain import VaultStatement
from tests.client.crypto.cast import NOW, SERVER, Person
from tests.client.crypto.room import NO_HASH, OPEN, Room, make_cast

OWNER, ADMIN, MEMBER, NONE = Role.OWNER, Role.ADMIN, Role.MEMBER, Role.NONE
CAUSE = b"7" * 32
LEFT = (4, CAUSE)
Roles = dict[int, Role]


def judge(room: Room, own: int = 9) -> Verdict | None:
    """Return the verdict on the last epoch of a room after the one before it. User 4 has left with CAUSE."""
    facts = Facts(is_linked=lambda user, old, new: False, has_left=lambda user, cause: (user, cause) == LEFT)
    before = None if room.n == 1 else read_epoch(*room.epochs[-2][:2])
    try:
        check_record(before, *room.epochs[-1][:2], Where(SERVER, room.conversation, own), facts)
    except Rejected as rejected:
        return rejected.verdict
    return None


def step(
    before: Roles,
    action: Action,
    actor: int,
    after: Roles,
    *targets: Target,
    cast: dict[int, Person] | None = None,
) -> Verdict | None:
    """Return the verdict on one action in a group whose members had and have these roles."""
    room = Room(cast or CAST)
    room.make(Action.CREATE, 1, [room.member(user, role) for user, role in before.items()])
    room.make(action, actor, [room.member(user, role) for user, role in after.items()], *targets)
    return judge(room)


CAST = make_cast("alice", "bob", "carol", "dave", "erin")
FOUR = {1: OWNER, 2: ADMIN, 3: MEMBER, 4: MEMBER}
ADMINS = {1: ADMIN, 2: ADMIN, 3: MEMBER, 4: MEMBER}
MEMBERS = {3: MEMBER, 4: MEMBER}


def without(roles: Roles, *users: int) -> Roles:
    return {user: role for user, role in roles.items() if user not in users}


@pytest.mark.parametrize("action", [Action.ADD, Action.REMOVE, Action.ROLE, Action.REIDENTIFY])
def test_an_action_on_people_names_somebody(action: Action) -> None:
    assert step(FOUR, action, 1, FOUR) is Verdict.NOT_ALLOWED


@pytest.mark.parametrize("action", [Action.ROTATE, Action.SETTINGS])
def test_an_action_on_nobody_names_nobody(action: Action) -> None:
    assert step(FOUR, action, 1, FOUR) is None
    assert step(FOUR, action, 1, FOUR, Target(3, MEMBER, NO_HASH)) is Verdict.NOT_ALLOWED


@pytest.mark.parametrize(
    ("before", "actor", "after", "target", "verdict"),
    [
        (ADMINS, 1, without(ADMINS, 2), Target(2, NONE, NO_HASH), None),
        (FOUR, 2, without(FOUR, 1), Target(1, NONE, NO_HASH), Verdict.NOT_ALLOWED),
        (ADMINS, 3, without(ADMINS, 4), Target(4, NONE, NO_HASH), Verdict.NOT_ALLOWED),
        (MEMBERS, 3, without(MEMBERS, 4), Target(4, NONE, NO_HASH), None),
    ],
)
def test_without_an_owner_the_highest_role_acts_as_one(
    before: Roles, actor: int, after: Roles, target: Target, verdict: Verdict | None
) -> None:
    assert step(before, Action.REMOVE, actor, after, target) is verdict


def test_a_group_without_an_owner_gives_itself_one() -> None:
    for actor, user, verdict in ((1, 1, None), (1, 2, None), (3, 3, Verdict.NOT_ALLOWED)):
        after = {**ADMINS, user: OWNER}
        assert step(ADMINS, Action.ROLE, actor, after, Target(user, OWNER, NO_HASH)) is verdict


def test_one_remove_may_have_both_kinds_of_targets_and_each_is_judged_by_its_own_line() -> None:
    targets = (Target(3, NONE, NO_HASH), Target(4, NONE, CAUSE))
    after = without(FOUR, 3, 4)
    assert step(FOUR, Action.REMOVE, 2, after, *targets) is None
    assert step({**FOUR, 2: MEMBER}, Action.REMOVE, 2, {1: OWNER, 2: MEMBER}, *targets) is Verdict.NOT_ALLOWED
    assert step(FOUR, Action.REMOVE, 4, without(FOUR, 4), targets[1]) is Verdict.NOT_ALLOWED


def test_a_link_that_has_ended_or_is_used_up_is_no_matter_of_the_verdict() -> None:
    room = Room(CAST)
    ended = replace(OPEN, links=(Link(b"5" * 32, 0, 0),))
    room.make(Action.CREATE, 1, [room.member(1, OWNER)], settings=ended)
    room.make(Action.ADD, 1, [room.member(1, OWNER), room.member(5, MEMBER)], Target(5, MEMBER, b"5" * 32))
    assert judge(room) is None


def test_a_group_may_not_take_the_id_of_ones_own_other_conversations_even_later() -> None:
    room = Room(CAST, conversation=direct_id(SERVER, 9, 5))
    room.make(Action.CREATE, 1, [room.member(1, OWNER)])
    assert judge(room, own=8) is Verdict.WRONG_PLACE
    room.make(Action.ADD, 1, [room.member(1, OWNER), room.member(5, MEMBER)], Target(5, MEMBER, NO_HASH))
    assert judge(room) is Verdict.WRONG_PLACE
    assert judge(room, own=8) is None
    own_notes = Room(CAST, conversation=self_id(SERVER, 9))
    own_notes.make(Action.CREATE, 1, [own_notes.member(1, OWNER)])
    assert judge(own_notes, own=8) is Verdict.WRONG_PLACE
    own_notes.make(Action.ROTATE, 1, [own_notes.member(1, OWNER)])
    assert judge(own_notes) is Verdict.WRONG_PLACE
    assert judge(own_notes, own=8) is None


def test_the_id_of_a_group_is_that_of_its_creator_their_device_and_the_time() -> None:
    for changes in ({}, {"by": "alice laptop"}, {"time": NOW + 1}):
        room = Room(CAST)
        room.make(Action.CREATE, 1, [room.member(1, OWNER)], **changes)
        assert judge(room) is (Verdict.WRONG_PLACE if changes else None)
        room.make(Action.ROTATE, 1, [room.member(1, OWNER)], time=NOW + 2)
        assert judge(room) is None


def test_place_comes_before_link_and_link_before_roster() -> None:
    room = Room(CAST)
    room.make(Action.CREATE, 1, [room.member(1, OWNER)])
    room.make(Action.ROTATE, 1, [room.member(1, OWNER)], previous=b"x" * 32, kind=Kind.SELF)
    assert judge(room) is Verdict.WRONG_PLACE
    room = Room(CAST)
    room.make(Action.CREATE, 1, [room.member(1, OWNER)])
    room.make(Action.ROTATE, 1, [room.member(1, OWNER)], previous=b"x" * 32, roster_hash=b"x" * 32)
    assert judge(room) is Verdict.WRONG_LINK
    room = Room(CAST)
    room.make(Action.CREATE, 1, [room.member(1, OWNER)])
    room.make(Action.ROTATE, 1, [room.member(1, ADMIN)], roster_hash=b"x" * 32)
    assert judge(room) is Verdict.BAD_ROSTER


def test_a_group_begins_with_create_whatever_else_is_wrong() -> None:
    room = Room(CAST)
    room.make(Action.ROTATE, 1, [room.member(1, OWNER)], n=2, previous=b"x" * 32)
    assert judge(room) is Verdict.NOT_ALLOWED


def begin() -> Person:
    return Person(1, "alice").begin("alice phone", "alice laptop")


@pytest.mark.parametrize(
    "act",
    [
        lambda alice: alice.renew_identity(alice.identity),
        lambda alice: (alice.renew_identity("alice 2"), alice.renew_identity("alice 1")),
        lambda alice: alice.renew_identity("alice phone"),
        lambda alice: (alice.set_devices("alice laptop"), alice.renew_identity("alice phone")),
        lambda alice: alice.reset("alice phone", "alice new"),
        lambda alice: alice.reset("alice 1", "alice new"),
        lambda alice: (alice.renew_identity("alice 2"), alice.set_devices("alice 1")),
        lambda alice: alice.set_vault(0),
        lambda alice: (alice.set_vault(5), alice.set_vault(5)),
    ],
)
def test_what_a_user_chain_never_says(act: Callable[[Person], object]) -> None:
    with pytest.raises(Rejected) as caught:
        act(begin())
    assert caught.value.verdict is Verdict.NOT_ALLOWED


def test_what_a_user_chain_may_say() -> None:
    alice = begin()
    alice.retire("alice laptop")
    alice.set_devices("alice phone", "alice laptop")
    alice.set_vault(5)
    alice.reset("alice 2", "alice phone")
    alice.set_vault(3)
    assert alice.now.vault == VaultStatement(3, NO_HASH, NO_HASH, NO_HASH)
    assert alice.now.incarnation == 2
