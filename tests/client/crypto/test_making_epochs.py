"""Epochs that a device makes are taken by every other one, open for their members only, and nothing else is
made."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hearth.client.crypto.making import acts
from hearth.client.crypto.making.epoch import MadeEpoch, make_epoch
from hearth.sealed.core.verdicts import Rejected, Verdict
from hearth.sealed.group.epoch import NO_HASH, Kind, Link, Role, Settings
from hearth.sealed.group.ids import direct_id, self_id
from hearth.sealed.group.seeds import unwrap_seed
from hearth.sealed.person.keyring import How
from tests.client.crypto.cast import SERVER
from tests.client.crypto.makers import AT, OPEN, Company, place_of, receive_keys
from tests.client.crypto.room import make_cast

OWNER, ADMIN, MEMBER = Role.OWNER, Role.ADMIN, Role.MEMBER
LEFT = b"7" * 32
ROLES = {1: OWNER, 2: ADMIN, 3: MEMBER, 4: MEMBER}
few = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))


def begin(roles: dict[int, Role] | None = None, group: Settings = OPEN) -> Company:
    """A group of alice (owner), bob (admin), carol and dave; erin is not in it."""
    company = Company(make_cast("alice", "bob", "carol", "dave", "erin"))
    return company.create(acts.create_group(roles or ROLES, group), by=1)


def refused(act: Callable[[], object], verdict: Verdict) -> None:
    with pytest.raises(Rejected) as caught:
        act()
    assert caught.value.verdict is verdict


def test_a_group_in_all_its_actions_is_taken_by_everybody_who_is_in_it() -> None:
    company = begin()
    company.carry_out(company.members[3].make(acts.rotate(company.members[3].newest)))
    company.carry_out(company.members[2].make(acts.add(company.members[2].newest, {5: NO_HASH})))
    company.carry_out(company.members[1].make(acts.change_roles(company.members[1].newest, {5: ADMIN})))
    timed = replace(OPEN, timer=3600)
    company.carry_out(company.members[5].make(acts.change_settings(company.members[5].newest, timed)))
    company.carry_out(company.members[5].make(acts.remove(company.members[5].newest, {3: NO_HASH})))
    assert set(company.members) == {1, 2, 4, 5}
    assert {member.seeds[6] for member in company.members.values()} == {company.made[-1].seed}
    assert company.members[1].newest.record.settings == timed


def test_direct_and_self_conversations_under_their_own_ids_only() -> None:
    cast = make_cast("alice", "bob")
    direct = Company(cast, direct_id(SERVER, 1, 2)).create(acts.create_direct(1, 2), by=2)
    assert direct.members[1].seeds == direct.members[2].seeds
    alone = Company(cast, self_id(SERVER, 1)).create(acts.create_self(1), by=1)
    assert alone.made[0].epoch.record.kind is Kind.SELF
    refused(lambda: Company(cast).create(acts.create_direct(1, 2), by=1), Verdict.WRONG_PLACE)
    refused(
        lambda: Company(cast, direct_id(SERVER, 1, 2)).create(acts.create_self(1), by=1), Verdict.WRONG_PLACE
    )


def test_the_roster_travels_only_when_it_changes() -> None:
    company = begin()
    made = company.members[1].make(acts.rotate(company.members[1].newest))
    assert made.roster is None
    company.carry_out(made)
    company.cast[2].renew_receive()
    renewed = company.members[1].make(acts.rotate(company.members[1].newest))
    assert renewed.roster is not None and renewed.epoch.members[2].receive_version == 2


def test_every_attempt_has_its_own_seed() -> None:
    alice = begin().members[1]
    first, second = (alice.make(acts.rotate(alice.newest)) for _ in range(2))
    assert first.seed != second.seed and first.epoch.hash != second.epoch.hash


def altered(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def test_no_byte_of_record_or_roster_can_be_another() -> None:
    company = begin()
    alice, bob = company.members[1], company.members[2].look()
    made = alice.make(acts.add(alice.newest, {5: NO_HASH}))
    assert made.roster is not None
    for at in range(len(made.record)):
        with pytest.raises(Rejected):
            bob.epochs.take(altered(made.record, at), made.roster)
    for at in range(0, len(made.roster), 7):
        with pytest.raises(Rejected):
            bob.epochs.take(made.record, altered(made.roster, at))
    assert bob.take(made).record.n == 2


@few
@given(data=st.data())
def test_no_byte_of_a_wrap_can_be_another_and_it_opens_for_its_member_only(data: st.DataObject) -> None:
    company = begin()
    made = company.made[0]
    assert set(made.wraps) == set(ROLES)
    carol, dave = company.members[3], company.members[4]
    wrap, at = made.wraps[3], data.draw(st.integers(0, 1167))
    for seed, user, sealed in (
        (carol.receive_seed(1), 3, altered(wrap, at)),
        (dave.receive_seed(1), 3, wrap),
        (dave.receive_seed(1), 4, wrap),
        (carol.receive_seed(1), 4, wrap),
    ):
        refused(lambda: unwrap_seed(seed, place_of(made.epoch), user, sealed), Verdict.CANNOT_OPEN)  # noqa: B023


@pytest.mark.parametrize(
    ("actor", "wanted"),
    [
        (3, lambda epoch: acts.add(epoch, {5: NO_HASH})),
        (1, lambda epoch: acts.add(epoch, {5: b"l" * 32})),
        (1, lambda epoch: acts.add(epoch, {4: NO_HASH})),
        (1, lambda epoch: acts.add(epoch, {})),
        (3, lambda epoch: acts.remove(epoch, {4: NO_HASH})),
        (2, lambda epoch: acts.remove(epoch, {1: NO_HASH})),
        (2, lambda epoch: acts.remove(epoch, {2: NO_HASH})),
        (1, lambda epoch: acts.remove(epoch, {3: LEFT})),
        (1, lambda epoch: acts.remove(epoch, {5: NO_HASH})),
        (2, lambda epoch: acts.change_roles(epoch, {3: ADMIN})),
        (3, lambda epoch: acts.change_roles(epoch, {3: OWNER})),
        (1, lambda epoch: acts.change_roles(epoch, {1: MEMBER})),
        (1, lambda epoch: acts.change_roles(epoch, {3: MEMBER})),
        (1, lambda epoch: acts.change_roles(epoch, {5: MEMBER})),
        (3, lambda epoch: acts.change_settings(epoch, replace(OPEN, timer=60))),
        (1, lambda epoch: acts.reidentify(epoch, 1, [3])),
        (1, lambda epoch: acts.reidentify(epoch, 1, [5])),
        (1, lambda epoch: acts.create_group({1: OWNER}, OPEN)),
        (1, lambda epoch: replace(acts.rotate(epoch), settings=replace(OPEN, timer=60))),
        (1, lambda epoch: replace(acts.rotate(epoch), roles={1: OWNER})),
        (1, lambda epoch: replace(acts.rotate(epoch), history_from=1)),
        (1, lambda epoch: acts.add(epoch, {5: NO_HASH}, history_from=2)),
    ],
)
def test_what_the_table_does_not_allow_is_not_made(actor: int, wanted: Callable[..., acts.Act]) -> None:
    member = begin().members[actor]
    with pytest.raises(Rejected) as caught:
        member.make(wanted(member.newest))
    assert caught.value.verdict in (Verdict.NOT_ALLOWED, Verdict.WRONG_LINK)
    assert set(member.epochs.known) == {1}


def test_an_admin_removes_members_and_no_other_admin() -> None:
    company = begin({**ROLES, 3: ADMIN})
    admin = company.members[2]
    refused(lambda: admin.make(acts.remove(admin.newest, {3: NO_HASH})), Verdict.NOT_ALLOWED)
    made = company.carry_out(admin.make(acts.remove(admin.newest, {4: NO_HASH})))
    assert set(made.members) == {1, 2, 3}


def test_who_left_is_removed_by_anybody_with_the_entry_that_counts() -> None:
    company = begin()
    company.left[1, 1] = LEFT
    made = company.members[4].make(acts.remove(company.members[4].newest, {1: LEFT}))
    assert set(company.carry_out(made).members) == {2, 3, 4}


def test_a_link_brings_in_whom_it_brings() -> None:
    company = begin(group=replace(OPEN, links=(Link(b"l" * 32, 0, 1),)))
    made = company.members[2].make(acts.add(company.members[2].newest, {5: b"l" * 32}))
    assert 5 in company.carry_out(made).members


def test_who_has_no_receive_key_that_counts_gets_no_wrap() -> None:
    company = begin()
    carol = company.cast[3]
    carol.set_devices("carol laptop")  # the phone published the receive key
    made = company.members[1].make(acts.rotate(company.members[1].newest))
    assert made.epoch.members[3].receive_version == 0 and set(made.wraps) == {1, 2, 4}
    company.carry_out(made)
    carol.renew_receive()
    again = company.members[1].make(acts.rotate(company.members[1].newest))
    assert again.epoch.members[3].receive_version == 2 and set(again.wraps) == set(ROLES)


def test_a_key_whose_owner_has_a_newer_one_is_named_only_while_it_must_be() -> None:
    company = begin()
    carol = company.cast[3]
    carol.renew_receive("carol laptop")
    carol.set_devices("carol phone")  # of the newest key, nobody is left; the phone has forgotten the first
    made = company.members[1].make(acts.rotate(company.members[1].newest))
    assert made.epoch.members[3].receive_version == 1
    again = company.members[1].make(acts.remove(company.members[1].newest, {3: NO_HASH}))
    company.carry_out(again)
    back = company.members[1].make(acts.add(company.members[1].newest, {3: NO_HASH}))
    assert back.epoch.members[3].receive_version == 0


def test_a_reset_is_let_in_by_reidentify_alone_and_stays_as_it_was_until_then() -> None:
    company = begin()
    alice, carol = company.members[1].look(), company.cast[3]
    alice.pins = alice.pins.meet(carol.chain, How.REQUEST, 0, 1)
    before = alice.newest.members[3]
    carol.reset("carol 2", "carol new")
    for member in (alice, company.members[2]):  # bob has pinned nobody
        assert member.make(acts.rotate(member.newest)).epoch.members[3] == before
    refused(lambda: alice.make(acts.reidentify(alice.newest, 1, [3])), Verdict.CHANGED_IDENTITY)
    alice.pins = alice.pins.accept(carol.chain, 2)
    made = alice.make(acts.reidentify(alice.newest, 1, [3]))
    line = made.epoch.members[3]
    assert line.identity_key == carol.now.identity_key and line.receive_version == 2
    company.members[3] = company.member(3)
    assert company.carry_out(made).members[3].seeds == {2: made.seed}


def test_two_people_who_have_both_reset_begin_anew_by_either() -> None:
    company = Company(make_cast("alice", "bob"), direct_id(SERVER, 1, 2))
    company.create(acts.create_direct(1, 2), by=1)
    company.cast[1].reset("alice 2", "alice new")
    bob = company.members[2]
    refused(lambda: bob.make(acts.reidentify(bob.newest, 2, [1, 2])), Verdict.NOT_ALLOWED)
    company.cast[2].reset("bob 2", "bob new")
    made = bob.make(acts.reidentify(bob.newest, 2, [1, 2]))
    assert {line.chain for line in made.epoch.roster.members} == {one.head for one in company.cast.values()}


def test_a_compared_identity_that_was_renewed_is_stated_as_it_was_until_it_is_compared_again() -> None:
    company = begin()
    alice, carol = company.members[1].look(), company.cast[3]
    alice.pins = alice.pins.meet(carol.chain, How.COMPARED, 0, 1)
    carol.renew_identity("carol 2")
    made = alice.make(acts.remove(alice.newest, {4: NO_HASH}))
    assert made.epoch.members[3].identity_key == alice.newest.members[3].identity_key
    alice.pins = alice.pins.accept(carol.chain, 2)
    assert alice.make(acts.rotate(alice.newest)).epoch.members[3].chain == carol.head


def test_history_is_given_from_the_epoch_on_that_the_record_names() -> None:
    company = begin()
    alice = company.members[1]
    timed, kept = replace(OPEN, timer=3600), OPEN
    for wanted in (timed, kept):
        company.carry_out(alice.make(acts.change_settings(alice.newest, wanted)))
    made = alice.make(acts.add(alice.newest, {5: NO_HASH}, history_from=1))
    erin = company.carry_out(made).members[5]
    assert erin.open_given(made, company.made) == {1: alice.seeds[1], 3: alice.seeds[3]}
    assert made.history is not None and set(made.history.wraps) == {5}
    del alice.seeds[3]
    company.carry_out(alice.make(acts.remove(alice.newest, {5: NO_HASH})))
    refused(lambda: alice.make(acts.add(alice.newest, {5: NO_HASH}, history_from=3)), Verdict.KEYLESS)
    alice.seeds[3] = b"x" * 32
    refused(lambda: alice.make(acts.add(alice.newest, {5: NO_HASH}, history_from=3)), Verdict.BAD_COMMITMENT)


def test_nothing_is_made_of_what_is_not_known() -> None:
    company = begin()
    alice = company.members[1].look()
    ground, act = alice.ground(), acts.rotate(alice.newest)
    without = replace(ground, receive_keys={})
    refused(lambda: make_epoch(without, alice.device, act, AT), Verdict.UNPROVEN)
    swapped = replace(ground, receive_keys=dict.fromkeys(ground.receive_keys, receive_keys(alice.person)[0]))
    refused(lambda: make_epoch(swapped, alice.device, act, AT), Verdict.BAD_KEY)
    other = replace(alice.device, sign_seed=b"x" * 32)
    refused(lambda: make_epoch(ground, other, act, AT), Verdict.BAD_SIGNATURE)
    stranger = company.member(5)
    refused(lambda: make_epoch(stranger.ground(), stranger.device, act, AT), Verdict.UNPROVEN)


EVENTS = {
    "renew": lambda person: person.renew_receive(),
    "name": lambda person: person.set_name("x", person.device_name()),
    "lose": lambda person: person.set_devices(person.device_name()),
    "regain": lambda person: person.set_devices(f"{person.name} phone", f"{person.name} laptop"),
    "identity": lambda person: person.renew_identity(f"{person.name} {person.now.n}"),
}
WANTED: dict[str, Callable[..., acts.Act]] = {
    "rotate": lambda epoch, user: acts.rotate(epoch),
    "add": lambda epoch, user: acts.add(epoch, {user: NO_HASH}),
    "remove": lambda epoch, user: acts.remove(epoch, {user: NO_HASH}),
    "admin": lambda epoch, user: acts.change_roles(epoch, {user: ADMIN}),
    "owner": lambda epoch, user: acts.change_roles(epoch, {user: OWNER}),
    "timer": lambda epoch, user: acts.change_settings(epoch, replace(OPEN, timer=user)),
}


@few
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(sorted(EVENTS) + sorted(WANTED)), st.integers(1, 5), st.integers(1, 5)),
        min_size=1,
        max_size=8,
    )
)
def test_whatever_happens_everybody_agrees_on_what_is_made(steps: list[tuple[str, int, int]]) -> None:
    company = begin()
    for name, actor, user in steps:
        if name in EVENTS:
            EVENTS[name](company.cast[user])
        elif actor in company.members:
            try_act(company, actor, WANTED[name], user)
    hashes = {member.newest.hash for member in company.members.values()}
    assert hashes == {company.made[-1].epoch.hash}


def try_act(company: Company, actor: int, wanted: Callable[..., acts.Act], user: int) -> None:
    member = company.members[actor]
    try:
        made: MadeEpoch = member.make(wanted(member.newest, user))
    except Rejected as rejected:
        assert rejected.verdict is Verdict.NOT_ALLOWED
        return
    company.carry_out(made)
