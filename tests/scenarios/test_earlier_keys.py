"""A backup is restored of before somebody began anew or renewed their keys: the server shows earlier keys."""

import pytest

from hearth.client import NotReady, Waits
from hearth.client.client import Client
from hearth.client.derive import choose_parameters, derive_keys
from hearth.client.keys.catch_up import catch_up_listed
from hearth.client.keys.draft import Draft
from hearth.client.keys.make import KeysPlan, VaultPlan, make_keys, make_vault
from hearth.client.keys.own import now_ms
from hearth.client.keys.set_up import list_device_keys
from hearth.client.keys.vault import fetch_vault
from hearth.client.sign_in import derive_known
from hearth.directory.contract import ChainTaken, ChangeSealedPassword, VaultChange
from hearth.sealed.core import ed25519, hpke
from hearth.sealed.core.verdicts import Rejected, Verdict
from hearth.sealed.person.generations import VAULT_RECIPIENT
from hearth.sealed.person.keyring import How
from hearth.sealed.person.pins import Change
from hearth.sealed.person.user_chain import Identity, make_proof
from tests.scenarios.backups import Backups, goes_on, texts
from tests.scenarios.beginning_anew import begin_anew, make_link
from tests.scenarios.cast import PASSWORD, Device
from tests.scenarios.conftest import SignUp, begin_with_a_backup, calm
from tests.scenarios.server import RunningServer

NEW_PASSWORD = "battery staple horse"
NEW_SEED = b"n" * 32


async def renews_because_of_theft(device: Device) -> None:
    """Say another identity key, a new vault under a new password, and keep this device alone (10.7)."""
    old = await derive_known(device.client.http, device.username, PASSWORD)
    kdf = choose_parameters(insecure_test_kdf=True)
    new = derive_keys(NEW_PASSWORD, kdf, insecure_test_kdf=True)
    async with device.client.keeper.hold() as room:
        own = room.own
        await catch_up_listed(own)
        vault = await fetch_vault(own, old)
        draft = Draft(own.server, own.user, own.chain.state, now_ms())
        head = draft.head
        proof = make_proof(NEW_SEED, own.server, own.user, head.n + 1, head.hash)
        draft.say_by_identity(Identity(ed25519.public_key(NEW_SEED), proof), vault.identity_seed)
        plan = VaultPlan(vault.version + 1, NEW_SEED, own.before(), draft.head)
        made_vault = make_vault(own.server, own.user, new.kek, plan)
        draft.say_by_identity(made_vault.statement, NEW_SEED)
        keys = {VAULT_RECIPIENT: made_vault.public_key, own.by.device: hpke.public_key(own.keys.kem_seed)}
        version = own.chain.highest_receive_version
        plan_keys = KeysPlan(own.server, draft.state, own.before(), keys, own.carried(), version, now_ms())
        made = make_keys(own.by, plan_keys)
        change = VaultChange(
            statements=draft.statements,
            vault=made_vault.request,
            generation=made.generation,
            receive=made.receive.request,
            device_keys=list_device_keys(keys, {VAULT_RECIPIENT}),
            rows=made.rows,
        )
        command = ChangeSealedPassword(
            auth_key=old.auth_key, new_auth_key=new.auth_key, kdf=kdf, change=change
        )
        await own.ask(command, ChainTaken)
        own.take_statements(draft.statements)
        await own.learn_keys(made)


async def says_earlier_keys(device: Device, friend: Device) -> str:
    """Nothing goes out, and the program is told why; gives the fingerprint that it is shown."""
    with pytest.raises(NotReady) as waits:
        await device.client.send(friend.username, "not yet", wait=False)
    assert (waits.value.waits, waits.value.users) == (Waits.EARLIER, frozenset({friend.user_id}))
    shown = await device.client.identity(friend.username)
    assert (shown.change, shown.verdict, shown.is_disputed) == (Change.EARLIER, None, False)
    return shown.fingerprint


async def test_who_renewed_their_keys_because_of_theft_is_asked_about_once(
    sign_up: SignUp, backups: Backups
) -> None:
    alice, bob = await begin_with_a_backup(sign_up, backups)
    await renews_because_of_theft(bob)
    await alice.client.identity("bob")  # knows it now, and follows before it seals
    await alice.sends("to the renewed keys", to=bob)
    await bob.receives("to the renewed keys")
    newer = await alice.client.identity("bob")
    assert newer.change is Change.NONE
    await calm(alice, bob)
    before = alice.client.replica.generation
    await backups.restore()
    for device in (bob, alice):
        await goes_on(device, before)
    shown = await says_earlier_keys(alice, bob)
    assert shown != newer.fingerprint
    with pytest.raises(Rejected) as other:
        await alice.client.accept_identity("bob", newer.fingerprint)
    assert other.value.verdict is Verdict.CHANGED_IDENTITY
    tablet = await sign_up("alice", device="tablet")
    with pytest.raises(NotReady) as waits:
        await tablet.client.send("bob", "nor here", wait=False)
    assert waits.value.verdict in (Verdict.ROLLBACK, Verdict.FORK), "it was told of no restore"
    with pytest.raises(Rejected):
        await tablet.client.accept_identity("bob")
    await alice.client.accept_identity("bob", shown)
    await alice.sends("to the keys of the backup", to=bob)
    assert (await bob.receives("to the keys of the backup")).verdict is None
    await bob.sends("and back", to=alice)
    assert (await alice.receives("and back")).verdict is None
    await tablet.sends("it has the decision by the keyring", to=bob)
    assert (await bob.receives("it has the decision by the keyring")).verdict is None


async def test_who_began_anew_since_the_backup_is_asked_about_once(
    server: RunningServer, sign_up: SignUp, backups: Backups
) -> None:
    """Bob has his old devices again, and alice, who had let the new ones in, goes on with him."""
    erin = await sign_up("erin")
    alice, bob = await begin_with_a_backup(sign_up, backups)
    token = await make_link(server, erin, bob.user_id)
    async with alice.client.keeper.hold() as room:
        await room.own.met.catch_up([bob.user_id])
        state = room.own.met.chain(bob.user_id).state
        assert state is not None
    await bob.disconnects()
    await begin_anew(server.url, token, state, NEW_PASSWORD)
    async with await Client.sign_in(server.url, "bob", NEW_PASSWORD) as anew:
        with pytest.raises(NotReady) as waits:
            await alice.client.send("bob", "not yet", wait=False)
        assert waits.value.waits is Waits.HELD
        await alice.client.accept_identity("bob")
        await alice.sends("to who began anew", to="bob")
        assert await texts(anew, "alice") == [None, "to who began anew"]
        await calm(alice)
        before = alice.client.replica.generation
    await backups.restore()
    await bob.comes_back()
    await goes_on(alice, before)
    shown = await says_earlier_keys(alice, bob)
    await alice.client.accept_identity("bob", shown)
    await alice.sends("to the keys of the backup", to=bob)
    assert (await bob.receives("to the keys of the backup")).verdict is None
    await bob.sends("and back", to=alice)
    assert (await alice.receives("and back")).verdict is None
    async with alice.client.keeper.hold() as room:
        pin = room.own.pins.by_user[bob.user_id]
        assert pin.how is How.REQUEST and len(pin.takes_back) == 2, "the newer one, and that of the backup"
