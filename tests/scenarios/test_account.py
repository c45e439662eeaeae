"""One's own page and the end of an account: who holds the card is told, who does not is not."""

import pytest

from hearth.accounts.contract import OwnProfile, ProfileChanged, SessionEnded, UpdateProfile, UserChanged
from hearth.client import Client
from hearth.errors import HearthError, NotSignedIn, WrongPassword
from hearth.friends.contract import FriendChanged, FriendRemoved
from tests.scenarios.cast import PASSWORD, Device
from tests.scenarios.server import RunningServer


async def test_a_new_name_is_seen_by_friends_everywhere(
    alice: Device, bob: Device, carol: Device, dave: Device
) -> None:
    await bob.asks(UpdateProfile(display_name="Robert", about="Gardener"), OwnProfile)
    for device in (bob, bob.phone):
        assert (await device.sees(ProfileChanged)).profile.user.display_name == "Robert"
    changed = await alice.sees(FriendChanged)
    assert (changed.profile.user.display_name, changed.profile.about) == ("Robert", "Gardener")
    users = alice.client.find_conversation("bob").conversation.users
    assert "Robert" in [user.display_name for user in users]
    await carol.receives_nothing()
    await dave.receives_nothing()


async def test_former_friends_see_the_card_and_not_the_profile(
    alice: Device, bob: Device, carol: Device
) -> None:
    await bob.client.remove("alice")
    await alice.sees(FriendRemoved)
    await bob.asks(UpdateProfile(display_name="Robert", about="For friends"), OwnProfile)
    changed = await alice.sees(UserChanged)
    assert changed.user.display_name == "Robert"
    await alice.settles()
    assert not any(isinstance(event, FriendChanged) for event in alice.events)
    await carol.receives_nothing()


async def test_deleting_an_account_takes_the_right_password(alice: Device, bob: Device) -> None:
    with pytest.raises(WrongPassword):
        await bob.client.delete_account("not the password")
    await alice.receives_nothing()
    assert bob.client.is_connected


async def test_a_deleted_account_is_gone_and_its_messages_stay(
    server: RunningServer, alice: Device, bob: Device, carol: Device, dave: Device
) -> None:
    await bob.sends("remember me", to=alice)
    await alice.receives("remember me")
    await bob.phone.client.delete_account(PASSWORD)
    for device in (bob, bob.phone):
        assert (await device.sees(SessionEnded)).reason == "deleted"
    await alice.sees(FriendRemoved)
    await alice.agrees(lambda client: not client.replica.users.friends, "no friends")
    (left,) = [
        state
        for state in alice.client.replica.conversations.values()
        if any(u.id == bob.user_id for u in state.conversation.users)
    ]
    (message,) = await alice.client.history(left.conversation.id)
    assert message.text == "remember me"
    await alice.agrees(
        lambda client: any(
            user.deleted and user.username == user.display_name == ""
            for user in client.replica.conversations[left.conversation.id].conversation.users
        ),
        "a deleted card",
    )
    with pytest.raises(HearthError):
        await alice.sends("are you there?", to=left.conversation.id)
    with pytest.raises(HearthError):
        await alice.client.find("bob")
    with pytest.raises(WrongPassword):
        await Client.sign_in(server.url, "bob", PASSWORD)
    with pytest.raises(HearthError):
        await Client.register(server.url, "bob", PASSWORD)
    with pytest.raises(NotSignedIn):
        await bob.client.connect(timeout=2)
    await carol.receives_nothing()
    await dave.receives_nothing()
