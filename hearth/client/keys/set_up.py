"""With the password at hand: the first keys of an account (10.1 b), or this device beside the others
(10.2).
"""

import secrets
from collections.abc import Collection

from hearth.accounts.contract import Devices as Sessions
from hearth.accounts.contract import ListDevices
from hearth.client.derive import DerivedKeys
from hearth.client.keys.asking import is_moved
from hearth.client.keys.catch_up import catch_up_generations, open_as_vault
from hearth.client.keys.connect import retry_moved
from hearth.client.keys.draft import Draft, describe_device
from hearth.client.keys.make import KeysPlan, VaultPlan, make_keys, make_vault
from hearth.client.keys.own import Own, now_ms
from hearth.client.keys.vault import fetch_vault
from hearth.directory.contract import AddDevice, ChainTaken, SetUpChain, VaultChange
from hearth.errors import HearthError
from hearth.sealed.core import ed25519, hpke
from hearth.sealed.person.generations import VAULT_RECIPIENT, wrap_generation
from hearth.sealed.person.user_chain import MOST_DEVICES, NO_HASH, Device, Genesis, Profile
from hearth.vault.contract import DeviceKey


async def enter(own: Own, password: DerivedKeys, display_name: str, avatar: bytes = NO_HASH) -> None:
    """Give this device its place; twice does no harm. Name and picture's hash are said in a new chain.

    Raises WrongPassword; Rejected; HearthError; Disconnected and Unreachable when nobody answers.
    """
    await own.met.fetch_chain(own.user)
    if own.chain.state is None:
        try:
            await _set_up(own, password, display_name, avatar)
        except HearthError as error:
            if not is_moved(error):  # else another device of the person was quicker
                raise
        else:
            return
    await retry_moved(lambda: _add_device(own, password))


async def _set_up(own: Own, password: DerivedKeys, display_name: str, avatar: bytes) -> None:
    time, identity_seed = now_ms(), secrets.token_bytes(32)
    draft = Draft(own.server, own.user, None, time)
    own.keys.identity = ed25519.public_key(identity_seed)
    own.file.save()
    draft.say_by_identity(Genesis(own.keys.identity, own.username), identity_seed)
    draft.list_devices([_describe_own(own)], identity_seed)
    vault = make_vault(own.server, own.user, password.kek, VaultPlan(1, identity_seed, None, draft.head))
    draft.say_by_identity(vault.statement, identity_seed)
    draft.say_by_device(Profile(display_name, avatar), own.by)
    kem_key = hpke.public_key(own.keys.kem_seed)
    public_keys = {VAULT_RECIPIENT: vault.public_key, own.by.device: kem_key}
    made = make_keys(own.by, KeysPlan(own.server, draft.state, None, public_keys, [], 0, time))
    change = VaultChange(
        statements=draft.statements,
        vault=vault.request,
        generation=made.generation,
        receive=made.receive.request,
        device_keys=list_device_keys(public_keys),
        rows=made.rows,
    )
    await own.ask(SetUpChain(auth_key=password.auth_key, change=change), ChainTaken)
    own.take_statements(draft.statements)
    await own.learn_keys(made)


async def _add_device(own: Own, password: DerivedKeys) -> None:
    await own.met.fetch_chain(own.user)
    if own.is_listed:  # before a crash, perhaps
        return
    vault = await fetch_vault(own, password)
    own.keys.identity = own.began_with()  # whose vault the password opens, it is
    own.file.save()
    await own.met.fetch_newest_receive(own.user)
    await catch_up_generations(own, open_as_vault(vault), vault)
    state = own.chain.state
    assert state is not None  # the vault is named by one
    others = [device for device in state.devices.values() if device.device != own.by.device]
    draft = Draft(own.server, own.user, state, now_ms())
    draft.list_devices([*await _leave_room(own, others), _describe_own(own)], vault.identity_seed)
    newest, kem_key = own.newest, hpke.public_key(own.keys.kem_seed)
    wrap = wrap_generation(kem_key, newest.signed.hash, own.by.device, newest.key)
    command = AddDevice(
        auth_key=password.auth_key,
        statement=draft.statements[0],
        device_key=kem_key,
        g=newest.statement.g,
        wrap=wrap,
    )
    await own.ask(command, ChainTaken)
    own.take_statements(draft.statements)
    own.remember()


async def _leave_room(own: Own, others: list[Device]) -> list[Device]:
    """Return who stays in the list beside a new device.

    Of a full one those go that nobody is signed in with any more, the longest listed first, and only as many
    as make room: it is the server that says who is signed in.
    """
    surplus = len(others) - (MOST_DEVICES - 1)
    if surplus <= 0:
        return others
    sessions: Sessions = await own.ask(ListDevices(), Sessions)
    signed_in = {bytes.fromhex(device.id) for device in sessions.devices}
    gone = sorted(
        (device for device in others if device.device not in signed_in),
        key=lambda device: _listed_since(own, device.device),
    )[:surplus]
    return [device for device in others if device not in gone]


def _listed_since(own: Own, device: bytes) -> int:
    return next(state.n for state in own.chain.states if device in state.devices)


def _describe_own(own: Own) -> Device:
    return describe_device(own.by.device, own.keys.sign_seed, own.keys.kem_seed)


def list_device_keys(public_keys: dict[bytes, bytes], of: Collection[bytes] | None = None) -> list[DeviceKey]:
    """Return the X-Wing keys that lie beside the chain, as they are sent."""
    return [
        DeviceKey(device_id=device.hex(), public_key=public)
        for device, public in public_keys.items()
        if of is None or device in of
    ]
