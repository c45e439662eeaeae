"""What bob does with a chain of his own, as rows for the test that nobody else hears of it."""

import copy
import secrets
from collections.abc import Awaitable, Callable

import msgspec

from hearth.client.sign_in import make_deletion
from hearth.contract import Actor, Command
from hearth.directory import contract as directory
from hearth.epochs import contract as epochs
from hearth.private import contract as private
from hearth.vault import contract as vault
from tests.directory.kit import Owner, make_way
from tests.epochs.kit import make_home, make_self, sign_leave, sign_request
from tests.scenarios.cast import Device

Act = Callable[[Device, Device], Awaitable[object]]
OWNERS: dict[str, Owner] = {}
"""What bob's device knows of his chain, by the device's id: the server of each test has another one."""


def device_of(bob: Device) -> bytes:
    return bytes.fromhex(bob.client.file.state.device_id)


async def find_owner(bob: Device, password: str) -> Owner:
    """Return what bob's device knows; a fresh server's bob has no chain yet."""
    key = bob.client.file.state.device_id
    if key not in OWNERS:
        server_id = bytes.fromhex(bob.client.replica.server_id)
        auth_key = (await make_deletion(bob.client.http, bob.username, password)).auth_key
        OWNERS[key] = Owner(server_id, bob.user_id, bob.username, auth_key)
    return OWNERS[key]


def begin_notes(owner: Owner, device: bytes) -> Command:
    """Return the first epoch of bob's notes."""
    home = make_home(owner, Actor(owner.user, device))
    return make_self(home).create(home)


def leave_notes(owner: Owner, device: bytes) -> Command:
    home = make_home(owner, Actor(owner.user, device))
    return sign_leave(make_self(home), home)


def offer_notes(owner: Owner, device: bytes) -> Command:
    command = make_self(make_home(owner, Actor(owner.user, device))).create(
        make_home(owner, Actor(owner.user, device))
    )
    return epochs.OfferEpoch(record=command.record, roster=command.roster)


def mark_notes(owner: Owner, device: bytes) -> Command:
    return epochs.MarkRestored(entry=bytes(66))


def ask_for_notes(owner: Owner, device: bytes) -> Command:
    """Return a request for the seed of an epoch that there never was."""
    home = make_home(owner, Actor(owner.user, device))
    return sign_request(make_self(home), home)


def answer_oneself(owner: Owner, _: bytes) -> Command:
    return epochs.AnswerRewrap(
        conversation_id=notes_of(owner),
        n=1,
        user_id=owner.user,
        receive_hash=owner.receive_hash,
        answer=bytes(1168),
    )


def make_private_row(owner: Owner) -> private.NewPrivateRow:
    return private.NewPrivateRow(
        kind=2, place=notes_of(owner), before=0, version=1, g=owner.g, sealed=b"\1" + bytes(288)
    )


def notes_of(owner: Owner) -> str:
    return make_self(make_home(owner)).id


def make_acts(password: str) -> dict[type[Command], Act]:
    """Return the rows; `password` is bob's when they are played, and it stays so."""

    def taken(make: Callable[[Owner, bytes], Command]) -> Act:
        async def act(bob: Device, erin: Device) -> object:
            owner = await find_owner(bob, password)
            return await bob.asks(make(owner, device_of(bob)), msgspec.Raw, over="http")

        return act

    def refused(make: Callable[[Owner, bytes], Command], code: str) -> Act:
        async def act(bob: Device, erin: Device) -> object:
            owner = copy.deepcopy(await find_owner(bob, password))
            owner.auth_key = secrets.token_bytes(32)
            return await bob.is_refused(make(owner, device_of(bob)), code, over="http")

        return act

    other = secrets.token_bytes(16)
    return {
        directory.SetUpChain: taken(lambda owner, device: owner.set_up(device)),
        directory.SetChainProfile: taken(lambda owner, device: owner.set_profile(device)),
        directory.ChangeWays: taken(lambda owner, device: owner.change_ways(device, make_way(b"p" * 32))),
        directory.Renew: taken(lambda owner, device: owner.renew(device)),
        directory.OfferChain: refused(
            lambda owner, device: directory.OfferChain(statements=[owner.profile(device)]), "not_restored"
        ),
        directory.ReadChain: taken(lambda owner, device: directory.ReadChain(user_id=owner.user)),
        directory.ReadReceive: taken(lambda owner, device: directory.ReadReceive(user_id=owner.user)),
        directory.ListChainHeads: taken(
            lambda owner, device: directory.ListChainHeads(user_ids=[owner.user])
        ),
        directory.AddDevice: refused(lambda owner, device: owner.add_device(other), "wrong_password"),
        directory.RemoveDevices: refused(lambda owner, device: owner.remove(device), "wrong_password"),
        directory.ChangeSealedPassword: refused(
            lambda owner, device: owner.change_password(device, b"n" * 32), "wrong_password"
        ),
        directory.ResetChain: refused(
            lambda owner, device: owner.reset(device, "guess", b"n" * 32), "link_invalid"
        ),
        directory.RetireDevice: refused(
            lambda owner, device: directory.RetireDevice(statement=owner.genesis()), "not_accepted"
        ),
        vault.AppendRows: taken(lambda owner, device: vault.AppendRows(rows=[owner.receive_row()])),
        vault.ListRows: taken(lambda owner, device: vault.ListRows()),
        private.PutPrivateRows: taken(
            lambda owner, device: private.PutPrivateRows(rows=[make_private_row(owner)])
        ),
        private.ListPrivateRows: taken(lambda owner, device: private.ListPrivateRows()),
        vault.GetVault: taken(lambda owner, device: vault.GetVault()),
        vault.ListGenerations: taken(lambda owner, device: vault.ListGenerations()),
        vault.ListDeviceKeys: taken(lambda owner, device: vault.ListDeviceKeys()),
        epochs.MakeEpoch: taken(begin_notes),
        epochs.ListEpochs: taken(lambda owner, _: epochs.ListEpochs(conversation_id=notes_of(owner))),
        epochs.ListEpochHeads: taken(
            lambda owner, _: epochs.ListEpochHeads(conversation_ids=[notes_of(owner)])
        ),
        epochs.ListWraps: taken(lambda owner, _: epochs.ListWraps()),
        epochs.ReadEpochHistory: refused(
            lambda owner, _: epochs.ReadEpochHistory(conversation_id=notes_of(owner), n=1), "not_found"
        ),
        epochs.DropWraps: taken(
            lambda owner, _: epochs.DropWraps(wraps=[epochs.WrapName(conversation_id=notes_of(owner), n=1)])
        ),
        epochs.LeaveGroup: refused(leave_notes, "not_accepted"),
        epochs.OfferEpoch: refused(offer_notes, "not_restored"),
        epochs.MarkRestored: refused(mark_notes, "not_restored"),
        epochs.AskRewrap: refused(ask_for_notes, "not_accepted"),
        epochs.AnswerRewrap: refused(answer_oneself, "not_found"),
        epochs.ListRewraps: taken(lambda owner, _: epochs.ListRewraps()),
    }
