"""Here, away, gone: friends only, true with several devices, across restarts, and hidden if one wishes."""

from collections.abc import Callable

import pytest

from hearth.accounts.contract import Settings, SettingsChanged, UpdateSettings
from hearth.presence.contract import PresenceChanged
from tests.scenarios.cast import Device
from tests.scenarios.conftest import calm
from tests.scenarios.server import RunningServer

GRACE = 0.4


@pytest.fixture(autouse=True)
def short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten seconds of grace are long for a test; everything else stays as it is."""
    monkeypatch.setattr("hearth.presence.sockets.GRACE_SECONDS", GRACE)


def of(device: Device, status: str) -> Callable[[PresenceChanged], bool]:
    return lambda event: event.presence.user_id == device.user_id and event.presence.status == status


async def test_a_friend_is_seen_online_from_the_first_moment(alice: Device, bob: Device) -> None:
    await alice.agrees(lambda client: client.replica.presence[bob.user_id].status == "online")
    await bob.agrees(lambda client: client.replica.presence[alice.user_id].status == "online")


async def test_going_and_coming_back_is_seen_by_friends_only(
    alice: Device, bob: Device, carol: Device, dave: Device
) -> None:
    await alice.disconnects()
    gone = await bob.sees(PresenceChanged, of(alice, "offline"))
    assert gone.presence.last_seen is not None
    await alice.comes_back()
    await bob.sees(PresenceChanged, of(alice, "online"))
    await carol.receives_nothing()
    await dave.receives_nothing()


async def test_somebody_with_two_devices_goes_with_the_last(
    alice: Device, bob: Device, carol: Device
) -> None:
    await bob.disconnects()
    await calm(alice)
    assert alice.client.replica.presence[bob.user_id].status == "online"
    await bob.phone.disconnects()
    await alice.sees(PresenceChanged, of(bob, "offline"))
    await carol.receives_nothing()


async def test_away_means_away_on_all_devices(
    alice: Device, bob: Device, carol: Device, dave: Device
) -> None:
    await bob.client.set_away(True)
    await calm(alice)
    assert alice.client.replica.presence[bob.user_id].status == "online"
    await bob.phone.client.set_away(True)
    await alice.sees(PresenceChanged, of(bob, "away"))
    await bob.client.set_away(False)
    await alice.sees(PresenceChanged, of(bob, "online"))
    await carol.receives_nothing()
    await dave.receives_nothing()


async def test_a_short_cut_is_no_farewell(
    alice: Device, bob: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hearth.presence.sockets.GRACE_SECONDS", 5.0)
    await alice.disconnects()
    await alice.comes_back()
    await calm(alice)
    assert not any(isinstance(event, PresenceChanged) and of(alice, "offline")(event) for event in bob.events)
    assert bob.client.replica.presence[alice.user_id].status == "online"


async def test_who_hides_is_gone_for_friends_and_comes_back_when_shown(
    alice: Device, bob: Device, carol: Device, dave: Device
) -> None:
    await bob.asks(UpdateSettings(share_presence=False), Settings)
    hidden = await alice.sees(PresenceChanged, of(bob, "offline"))
    assert hidden.presence.last_seen is None
    for device in (bob, bob.phone):
        await device.sees(SettingsChanged)
    await bob.phone.disconnects()
    await bob.disconnects()
    await bob.comes_back()
    await alice.receives_nothing()
    await alice.disconnects()
    await alice.comes_back()
    assert bob.user_id not in alice.client.replica.presence
    await bob.asks(UpdateSettings(share_presence=True), Settings)
    await alice.sees(PresenceChanged, of(bob, "online"))
    await carol.receives_nothing()
    await dave.receives_nothing()


async def test_a_removed_friend_sees_nothing_any_more(alice: Device, bob: Device) -> None:
    await alice.client.remove("bob")
    await bob.agrees(lambda client: alice.user_id not in client.replica.presence, "no presence")
    await calm(bob)
    await alice.disconnects()
    await alice.comes_back()
    await bob.receives_nothing()


async def test_presence_survives_a_restart_of_the_server(
    server: RunningServer, alice: Device, bob: Device
) -> None:
    for stranger in (bob.phone,):
        await stranger.disconnects()
    await server.stop()
    await server.start()
    for device, friend in ((alice, bob), (bob, alice)):
        await device.agrees(lambda client: client.is_connected, "a connection")
        await device.agrees(
            lambda client, friend=friend: (  # type: ignore[misc]
                friend.user_id in client.replica.presence
                and client.replica.presence[friend.user_id].status == "online"
            ),
            "the friend online",
        )
