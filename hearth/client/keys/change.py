"""Another password (10.5), other devices off the list (10.4), signing out (10.3)."""

import contextlib
from collections.abc import Collection
from dataclasses import replace

from hearth.accounts.contract import KdfParameters
from hearth.client.derive import DerivedKeys
from hearth.client.keys.catch_up import catch_up_listed
from hearth.client.keys.connect import plan_keys, retry_moved
from hearth.client.keys.draft import Draft
from hearth.client.keys.make import KeysPlan, VaultPlan, make_keys, make_vault
from hearth.client.keys.own import Own, now_ms
from hearth.client.keys.set_up import list_device_keys
from hearth.client.keys.vault import fetch_vault
from hearth.contract import Nothing
from hearth.directory.contract import (
    ChainTaken,
    ChangeSealedPassword,
    RemoveDevices,
    RetireDevice,
    VaultChange,
)
from hearth.errors import NotSignedIn
from hearth.sealed.core import hpke
from hearth.sealed.person.generations import VAULT_RECIPIENT
from hearth.sealed.person.user_chain import Retire
from hearth.sealed.person.user_state import ChainState


async def change_password(own: Own, old: DerivedKeys, new: DerivedKeys, kdf: KdfParameters) -> None:
    """Set a new password and a vault that it opens; all other devices go. Raises WrongPassword."""
    await retry_moved(lambda: _change_password(own, old, new, kdf))


async def _change_password(own: Own, old: DerivedKeys, new: DerivedKeys, kdf: KdfParameters) -> None:
    await catch_up_listed(own)
    vault = await fetch_vault(own, old)
    draft = Draft(own.server, own.user, _state(own), now_ms())
    kept = [device for device in _state(own).devices.values() if device.device == own.by.device]
    if len(kept) < len(_state(own).devices):
        draft.list_devices(kept, vault.identity_seed)
    plan = VaultPlan(vault.version + 1, vault.identity_seed, own.before(), draft.head, vault.ways)
    next_vault = make_vault(own.server, own.user, new.kek, plan)
    draft.say_by_identity(next_vault.statement, vault.identity_seed)
    own_key = hpke.public_key(own.keys.kem_seed)
    public_keys = {VAULT_RECIPIENT: next_vault.public_key, own.by.device: own_key}
    version = own.chain.highest_receive_version
    made = make_keys(
        own.by,
        KeysPlan(own.server, draft.state, own.before(), public_keys, own.carried(), version, now_ms()),
    )
    change = VaultChange(
        statements=draft.statements,
        vault=next_vault.request,
        generation=made.generation,
        receive=made.receive.request,
        device_keys=list_device_keys(public_keys, {VAULT_RECIPIENT}),
        rows=made.rows,
    )
    command = ChangeSealedPassword(auth_key=old.auth_key, new_auth_key=new.auth_key, kdf=kdf, change=change)
    await own.send_keys(made)
    await own.ask(command, ChainTaken)
    own.take_statements(draft.statements)
    await own.learn_keys(made)


async def remove_devices(own: Own, password: DerivedKeys, devices: Collection[bytes]) -> bool:
    """Take these devices off the list and give those left keys that they never had.

    Gives whether any was listed: a session without keys has no line. Raises WrongPassword.
    """
    return await retry_moved(lambda: _remove_devices(own, password, devices))


async def _remove_devices(own: Own, password: DerivedKeys, devices: Collection[bytes]) -> bool:
    await catch_up_listed(own)
    left = [device for device in _state(own).devices.values() if device.device not in devices]
    if len(left) == len(_state(own).devices):
        return False
    vault = await fetch_vault(own, password)
    draft = Draft(own.server, own.user, _state(own), now_ms())
    draft.list_devices(left, vault.identity_seed)
    made = make_keys(own.by, replace(await plan_keys(own), state=draft.state))
    command = RemoveDevices(
        auth_key=password.auth_key,
        statement=draft.statements[0],
        generation=made.generation,
        receive=made.receive.request,
        rows=made.rows,
    )
    await own.send_keys(made)
    await own.ask(command, ChainTaken)
    own.take_statements(draft.statements)
    await own.learn_keys(made)
    return True


async def retire(own: Own) -> bool:
    """Take this device off the list by its own statement, which ends its session; False if it was not
    listed.
    """
    return await retry_moved(lambda: _retire(own))


async def _retire(own: Own) -> bool:
    await own.met.fetch_chain(own.user)
    if not own.is_listed:
        return False
    draft = Draft(own.server, own.user, _state(own), now_ms())
    draft.say_by_device(Retire(), own.by)
    with contextlib.suppress(NotSignedIn):  # a repeat, whose first answer was lost: the session has ended
        await own.ask(RetireDevice(statement=draft.statements[0]), Nothing)
    return True


def _state(own: Own) -> ChainState:
    own.require_listed()
    state = own.chain.state
    assert state is not None  # a listed device has a chain
    return state
