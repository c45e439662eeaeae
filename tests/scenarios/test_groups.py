"""Groups by programs: who is in one reads what is written while they are, and nothing else."""

import pytest

from hearth.client import NotReady, Waits
from hearth.errors import HearthError, NotFound
from hearth.sealed.core.verdicts import Rejected, Verdict
from tests.scenarios.backups import rotates
from tests.scenarios.cast import Device
from tests.scenarios.conftest import SignUp, make_friends


@pytest.fixture
async def erin(sign_up: SignUp, alice: Device, bob: Device) -> Device:
    """A friend of alice and of bob."""
    erin = await sign_up("erin")
    await make_friends(alice, erin)
    await make_friends(bob, erin)
    return erin


async def knows(device: Device, group: str, *usernames: str) -> None:
    """Wait until a device has the group with these members."""

    def has(client: object) -> bool:
        state = device.client.replica.conversations.get(group)
        return state is not None and {one.username for one in state.conversation.users} >= {*usernames}

    await device.agrees(has, f"a group with {usernames}")


async def test_three_programs_in_a_group_that_changes(
    alice: Device, bob: Device, erin: Device, carol: Device, dave: Device
) -> None:
    group = await alice.client.groups.create(["bob"])
    assert await alice.client.groups.members(group) == {"alice": "owner", "bob": "member"}
    await knows(bob, group, "alice", "bob")
    await alice.sends("for two", to=group)
    for device in (bob, bob.phone):
        assert (await device.receives("for two", from_=alice)).conversation_id == group
    await bob.sends("and back", to=group)
    await alice.receives("and back", from_=bob)

    await alice.client.groups.add(group, ["erin"])
    await knows(erin, group, "alice", "bob", "erin")
    assert await erin.client.groups.members(group) == {"alice": "owner", "bob": "member", "erin": "member"}
    await bob.sends("for three", to=group)
    await erin.receives("for three", from_=bob)
    await alice.receives("for three", from_=bob)
    assert [one.text for one in await erin.client.history(group)] == ["for three"]

    await alice.client.groups.remove(group, ["bob"])
    await erin.sends("without bob", to=group)
    await alice.receives("without bob", from_=erin)
    assert "without bob" not in [one.text for one in await bob.client.history(group)]
    with pytest.raises((HearthError, NotReady)):
        await bob.client.send(group, "still here?", wait=False)
    await carol.receives_nothing()
    await dave.receives_nothing()


async def test_roles_are_what_they_allow(alice: Device, bob: Device, erin: Device) -> None:
    group = await alice.client.groups.create(["bob", "erin"])
    await knows(bob, group, "erin")
    await knows(erin, group, "bob")
    for act in (
        bob.client.groups.remove(group, ["erin"]),
        bob.client.groups.set_role(group, "bob", "admin"),
        erin.client.groups.remove(group, ["alice"]),
    ):
        with pytest.raises(Rejected) as caught:
            await act
        assert caught.value.verdict is Verdict.NOT_ALLOWED
    await alice.client.groups.set_role(group, "bob", "admin")
    assert (await erin.client.groups.members(group))["bob"] == "admin"
    await bob.client.groups.remove(group, ["erin"])
    assert await alice.client.groups.members(group) == {"alice": "owner", "bob": "admin"}


async def test_who_leaves_is_gone_and_the_last_owner_names_another_first(
    alice: Device, bob: Device, erin: Device
) -> None:
    group = await alice.client.groups.create(["bob", "erin"])
    await knows(bob, group, "erin")
    await knows(erin, group, "bob")
    with pytest.raises(HearthError):
        await alice.client.groups.leave(group)
    await bob.client.groups.leave(group)
    await alice.sends("bob has gone", to=group)
    await erin.receives("bob has gone", from_=alice)
    assert await erin.client.groups.members(group) == {"alice": "owner", "erin": "member"}
    assert "bob has gone" not in [one.text for one in await bob.client.history(group)]
    await alice.client.groups.set_role(group, "erin", "owner")
    await alice.client.groups.leave(group)
    await erin.sends("alone", to=group)
    assert await erin.client.groups.members(group) == {"erin": "owner"}


async def test_who_is_added_with_its_history_reads_what_was_before(
    sign_up: SignUp, alice: Device, bob: Device, erin: Device, carol: Device
) -> None:
    group = await alice.client.groups.create(["bob"])
    await knows(bob, group, "alice")
    await alice.sends("in the first epoch", to=group)
    await bob.receives("in the first epoch")
    await rotates(alice, group)
    await bob.sends("in the second", to=group)
    await alice.receives("in the second")
    await alice.client.groups.add(group, ["erin"], history=True)
    await knows(erin, group, "alice", "bob", "erin")
    await bob.sends("to all", to=group)
    everything = ["in the first epoch", "in the second", "to all"]
    for text in everything:
        await erin.receives(text)
    assert [one.text for one in await erin.client.history(group)] == everything
    laptop = await sign_up("erin", device="laptop")
    assert [one.text for one in await laptop.client.history(group)] == everything
    await carol.receives_nothing()


async def test_strangers_and_other_conversations_are_no_groups(alice: Device, bob: Device) -> None:
    with pytest.raises(NotFound):
        await alice.client.groups.create(["carol"])
    direct = alice.client.find_conversation("bob").conversation.id
    with pytest.raises(NotFound):
        await alice.client.groups.add(direct, ["bob"])
    group = await alice.client.groups.create([])
    with pytest.raises(NotFound):
        await alice.client.groups.remove(group, ["bob"])
    assert await alice.client.groups.members(group) == {"alice": "owner"}


class TestKeyless:
    @pytest.fixture
    def keyless(self) -> frozenset[str]:
        return frozenset({"erin"})

    async def test_a_friend_without_keys_is_named(self, alice: Device, erin: Device) -> None:
        with pytest.raises(NotReady) as caught:
            await alice.client.groups.create(["erin"])
        assert (caught.value.waits, caught.value.users) == (Waits.NO_KEYS, frozenset({erin.user_id}))
