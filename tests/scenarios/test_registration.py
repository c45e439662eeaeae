"""Coming in: registering, signing in, and what a stranger learns of it (nothing)."""

from typing import Any

import httpx
import pytest

from hearth.accounts.contract import DeviceAdded
from hearth.client import Client
from hearth.errors import HearthError, WrongPassword
from hearth.friends.contract import FoundUser
from tests.scenarios.cast import PASSWORD, Device
from tests.scenarios.conftest import SignUp
from tests.scenarios.server import RunningServer


async def test_a_new_user_is_alone_with_their_notes(server: RunningServer, sign_up: SignUp) -> None:
    erin = await sign_up("erin")
    replica = erin.client.replica
    assert replica.profile.user.username == "erin"
    assert [state.conversation.kind for state in replica.conversations.values()] == ["self"]
    assert (replica.users.friends, replica.users.requests, replica.users.blocked) == ({}, {}, {})
    assert [device.id for device in replica.devices.values()] == [erin.client.file.state.device_id]


async def test_a_name_is_given_once_however_it_is_written(server: RunningServer, alice: Device) -> None:
    for name in ("alice", "ALICE", "аlice"):  # the last one begins with a Cyrillic letter
        with pytest.raises(HearthError) as refusal:
            await Client.register(server.url, name, PASSWORD)
        assert refusal.value.status in (400, 409)


async def test_wrong_password_and_unknown_name_are_answered_alike(
    server: RunningServer, alice: Device
) -> None:
    answers: list[dict[str, Any]] = []
    for name, password in (("alice", "not the password"), ("nobody-at-all", PASSWORD)):
        with pytest.raises(WrongPassword) as refusal:
            await Client.sign_in(server.url, name, password)
        answers.append(refusal.value.to_problem())
    assert answers[0] == answers[1]


async def test_unknown_names_have_stable_salts(server: RunningServer) -> None:
    async with httpx.AsyncClient(base_url=server.url) as http:
        path = "/api/sign-in/parameters"
        first, again, other = [
            (await http.get(path, params={"username": name})).json() for name in ("ghost", "ghost", "spectre")
        ]
    assert first == again
    assert first["salt"] != other["salt"]


async def test_a_new_device_of_ones_own_is_seen_by_ones_others_only(
    alice: Device, bob: Device, carol: Device, dave: Device, sign_up: SignUp
) -> None:
    await sign_up("bob", device="tablet")
    for device in (bob, bob.phone):
        added = await device.sees(DeviceAdded)
        assert added.device.name == "tablet"
    await carol.receives_nothing()
    await dave.receives_nothing()


async def test_finding_somebody_takes_the_exact_name(carol: Device, alice: Device) -> None:
    found = await carol.client.find("alice")
    assert isinstance(found, FoundUser)
    assert (found.user.display_name, found.relation) == ("Alice", "none")
    for name in ("alic", "alice%", "al*", ""):
        with pytest.raises(HearthError):
            await carol.client.find(name)
    await alice.receives_nothing()
