"""Whatever two friends do, a stranger and a blocked one hear nothing. A command without a row fails here."""

import secrets
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from hearth.accounts import contract as accounts
from hearth.admin import contract as admin
from hearth.app import HANDLERS
from hearth.contract import Command
from hearth.friends import contract as friends
from hearth.inbox.contract import GetInboxItems
from hearth.messages import contract as messages
from hearth.presence.contract import SetPresence
from hearth.sync.contract import OpenSync, ReadHeads, ReadLog, ReadRest
from tests.epochs.kit import make_record
from tests.properties.world import make_png
from tests.scenarios.cast import PASSWORD, Device
from tests.scenarios.chain_acts import make_acts
from tests.scenarios.conftest import SignUp
from tests.scenarios.keyless import sign_in_keyless

NEW_PASSWORD = "battery staple horse"
Act = Callable[[Device, Device], Awaitable[object]]
"""What bob, with alice or erin, does to carry out a command."""


def plain(make: Callable[[Device], Command]) -> Act:
    """Bob asks for it as it is."""

    async def act(bob: Device, erin: Device) -> object:
        return await bob.asks(make(bob), dict)

    return act


def with_alice(make: Callable[[str], Command]) -> Act:
    """Bob asks for it in his conversation with alice."""
    return plain(lambda bob: make(bob.client.find_conversation("alice").conversation.id))


def refused(make: Callable[[Device], Command]) -> Act:
    """Bob is no administrator: he is refused, and nobody hears even of that."""

    async def act(bob: Device, erin: Device) -> object:
        return await bob.is_refused(make(erin), "administrators_only")

    return act


async def rename_a_device(bob: Device, erin: Device) -> None:
    await bob.client.rename_device(bob.client.file.state.device_id, "The old laptop")


async def revoke_a_device(bob: Device, erin: Device) -> None:
    extra = await sign_in_keyless(bob.client.http.url, "bob")
    await bob.client.revoke_device(extra.file.state.device_id, PASSWORD)
    await extra.close()


async def answered(bob: Device, erin: Device, answer: Callable[[], Awaitable[Any]]) -> None:
    """Erin asks bob, bob answers."""
    await erin.client.request("bob")
    await bob.agrees(lambda client: bool(client.replica.users.requests), "a request")
    await answer()
    await erin.agrees(lambda client: not client.replica.users.requests, "an answer")


async def request_and_cancel(bob: Device, erin: Device) -> None:
    await bob.client.request("erin")
    await bob.agrees(lambda client: bool(client.replica.users.requests), "a request")
    await bob.client.cancel("erin")


async def accept(bob: Device, erin: Device) -> None:
    await answered(bob, erin, lambda: bob.client.accept("erin"))


async def decline(bob: Device, erin: Device) -> None:
    await answered(bob, erin, lambda: bob.client.decline("erin"))


async def unblock(bob: Device, erin: Device) -> None:
    await bob.agrees(lambda client: bool(client.replica.users.blocked), "somebody blocked")
    await bob.client.unblock("erin")


async def send_sealed(bob: Device, erin: Device) -> object:
    """Under an epoch that erin's program makes, of which those who are not in it hear as little."""
    await bob.client.request("erin")
    await erin.agrees(lambda client: bool(client.replica.users.requests), "a request")
    await erin.client.accept("bob")
    await erin.sends("first", to=bob)
    send = messages.SendMessage(
        conversation_id=erin.client.find_conversation("bob").conversation.id,
        client_id=secrets.token_hex(16),
        counter=1,
        record=make_record(),
        epoch=1,
    )
    return await bob.asks(send, dict)


async def refused_offer(bob: Device, erin: Device) -> object:
    """There was no restore."""
    entry = messages.OfferedEntry(
        from_user=bob.user_id,
        from_device="0" * 32,
        client_id="0" * 32,
        counter=1,
        record=b"x",
        kind=1,
        epoch=1,
    )
    key = bob.client.find_conversation("alice").conversation.id
    command = messages.OfferEntries(conversation_id=key, entries=[entry])
    return await bob.is_refused(command, "not_restored", over="http")


ACTS: dict[type[Command], Act] = {
    friends.FindUser: lambda bob, erin: bob.client.find("alice"),
    friends.RequestFriend: request_and_cancel,
    friends.CancelRequest: request_and_cancel,
    friends.AcceptRequest: accept,
    friends.RemoveFriend: lambda bob, erin: bob.client.remove("erin"),
    friends.DeclineRequest: decline,
    friends.BlockUser: lambda bob, erin: bob.client.block("erin"),
    friends.UnblockUser: unblock,
    messages.OfferEntries: refused_offer,
    messages.MarkReceived: with_alice(lambda key: messages.MarkReceived(conversation_id=key, read_seq=1)),
    messages.StartTyping: with_alice(lambda key: messages.StartTyping(conversation_id=key)),
    messages.StopTyping: with_alice(lambda key: messages.StopTyping(conversation_id=key)),
    messages.ReadAimed: with_alice(lambda key: messages.ReadAimed(conversation_id=key, seqs=[1])),
    messages.ReadStates: with_alice(lambda key: messages.ReadStates(conversations=[key])),
    messages.ReadPins: with_alice(lambda key: messages.ReadPins(conversation_id=key)),
    messages.ReadHistory: with_alice(lambda key: messages.ReadHistory(conversation_id=key, seq=0)),
    GetInboxItems: with_alice(lambda key: GetInboxItems(conversations=[key])),
    OpenSync: plain(lambda bob: OpenSync()),
    ReadLog: plain(lambda bob: ReadLog(after=0)),
    ReadRest: plain(lambda bob: ReadRest(part="friends", after=0)),
    ReadHeads: plain(lambda bob: ReadHeads()),
    SetPresence: plain(lambda bob: SetPresence(away=True)),
    accounts.UpdateProfile: plain(lambda bob: accounts.UpdateProfile(display_name="Robert", about="About")),
    accounts.UpdateSettings: plain(lambda bob: accounts.UpdateSettings(share_presence=False)),
    accounts.ListDevices: plain(lambda bob: accounts.ListDevices()),
    accounts.RenameDevice: rename_a_device,
    accounts.RevokeDevice: revoke_a_device,
    accounts.RevokeOtherDevices: lambda bob, erin: bob.client.revoke_other_devices(PASSWORD),
    accounts.ChangePassword: lambda bob, erin: bob.client.change_password(PASSWORD, NEW_PASSWORD),
    **make_acts(NEW_PASSWORD),
    messages.SendMessage: send_sealed,
    admin.ListUsers: refused(lambda erin: admin.ListUsers()),
    admin.DisableUser: refused(lambda erin: admin.DisableUser(user_id=erin.user_id)),
    admin.EnableUser: refused(lambda erin: admin.EnableUser(user_id=erin.user_id)),
    admin.ResetSignIn: refused(lambda erin: admin.ResetSignIn(user_id=erin.user_id, auth_key=b"w" * 32)),
    admin.ListInvites: refused(lambda erin: admin.ListInvites()),
    admin.CreateInvite: refused(lambda erin: admin.CreateInvite()),
    admin.RevokeInvite: refused(lambda erin: admin.RevokeInvite(invite_id="0" * 64)),
    admin.GetHealth: refused(lambda erin: admin.GetHealth()),
    accounts.DeleteAccount: lambda bob, erin: bob.client.delete_account(NEW_PASSWORD),
}


@pytest.fixture
def keyless() -> frozenset[str]:
    """Bob's chain is made by hand, so that each command of it has its row."""
    return frozenset({"bob"})


async def test_nobody_else_hears_of_any_command(
    alice: Device, bob: Device, carol: Device, dave: Device, sign_up: SignUp
) -> None:
    registered = {handler.command for handler in HANDLERS.values()}
    assert ACTS.keys() == registered, f"write a row for {registered - ACTS.keys()}"
    erin = await sign_up("erin")
    for act in ACTS.values():
        await act(bob, erin)
        await alice.settles()
        await carol.receives_nothing()
        await dave.receives_nothing()


async def test_nobody_else_hears_of_a_new_picture(
    alice: Device, bob: Device, carol: Device, dave: Device
) -> None:
    state = bob.client.file.state
    headers = {"authorization": f"Bearer {state.token}", "content-type": "image/png"}
    async with httpx.AsyncClient(base_url=state.url, headers=headers) as http:
        answer = await http.put("/api/avatar", content=make_png(b"red"))
        assert answer.status_code == 200, answer.text
        avatar_id = answer.json()["avatar_id"]
        changed = await alice.sees(friends.FriendChanged)
        assert changed.profile.user.avatar_id == avatar_id
        shown = await http.get(f"/api/avatars/{avatar_id}")
        assert (shown.content, shown.headers["content-type"]) == (make_png(b"red"), "image/png")
    await carol.receives_nothing()
    await dave.receives_nothing()
