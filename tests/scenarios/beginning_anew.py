"""Somebody without a device begins anew by an administrator's link (10.8), as a browser would."""

import secrets

from sqlalchemy import update

from hearth.accounts.contract import SignedIn
from hearth.accounts.tables import USER
from hearth.admin.contract import ResetLink, ResetSignIn
from hearth.client import Client
from hearth.client.crypto.making.device import OwnDevice
from hearth.client.derive import choose_parameters, derive_keys
from hearth.client.keys.draft import Draft, describe_device
from hearth.client.keys.make import KeysPlan, VaultPlan, make_keys, make_vault
from hearth.client.keys.own import now_ms
from hearth.client.keys.set_up import list_device_keys
from hearth.client.sign_in import derive_known
from hearth.client.wire.http import Http
from hearth.directory.contract import Reset, ResetFinish, ResetQuestion, VaultChange
from hearth.sealed.core import ed25519, hpke
from hearth.sealed.person.generations import VAULT_RECIPIENT
from hearth.sealed.person.user_chain import Genesis
from hearth.sealed.person.user_state import ChainState
from tests.scenarios.cast import PASSWORD, Device
from tests.scenarios.server import RunningServer


async def ask_for_link(administrator: Client, user_id: int) -> ResetLink:
    """Ask as an administrator does: by their own password. Raises HearthError."""
    keys = await derive_known(administrator.http, administrator.username, PASSWORD)
    return await administrator.call(ResetSignIn(user_id=user_id, auth_key=keys.auth_key), ResetLink)


async def make_link(server: RunningServer, administrator: Device, user_id: int) -> str:
    """Return the token of a link that resets somebody's sign-in."""
    async with server.app.services.database.transaction("write") as transaction:
        chief = update(USER).where(USER.c.id == administrator.user_id)
        await transaction.execute(chief.values(is_admin=True))
    answer = await ask_for_link(administrator.client, user_id)
    return answer.link.rsplit("#", 1)[-1].rsplit("/", 1)[-1].rsplit("=", 1)[-1]


async def begin_anew(url: str, token: str, state: ChainState, password: str) -> None:
    """Say another identity on top of a chain, with nothing of what was before, and set a password."""
    http = Http(url)
    reset = await http.send("POST", "/api/reset", Reset, body=ResetQuestion(token=token))
    parameters = choose_parameters(insecure_test_kdf=True)
    password_keys = derive_keys(password, parameters, insecure_test_kdf=True)
    server, device = bytes.fromhex(reset.server_id), bytes.fromhex(reset.device_id)
    by, kem_seed = OwnDevice(reset.user_id, device, secrets.token_bytes(32)), hpke.make_seed()
    identity, time = secrets.token_bytes(32), now_ms()
    draft = Draft(server, reset.user_id, state, time)
    draft.say_by_identity(Genesis(ed25519.public_key(identity), reset.username), identity)
    draft.list_devices([describe_device(device, by.sign_seed, kem_seed)], identity)
    plan = VaultPlan(1, identity, None, draft.head)
    vault = make_vault(server, reset.user_id, password_keys.kek, plan)
    draft.say_by_identity(vault.statement, identity)
    public_keys = {VAULT_RECIPIENT: vault.public_key, device: hpke.public_key(kem_seed)}
    made = make_keys(by, KeysPlan(server, draft.state, None, public_keys, [], reset.receive_version, time))
    change = VaultChange(
        statements=draft.statements,
        vault=vault.request,
        generation=made.generation,
        receive=made.receive.request,
        device_keys=list_device_keys(public_keys),
        rows=made.rows,
    )
    finish = ResetFinish(
        token=token,
        new_auth_key=password_keys.auth_key,
        kdf=parameters,
        device_name="New",
        change=change,
        session="bearer",
    )
    await http.send("POST", "/api/reset/finish", SignedIn, body=finish)
    await http.close()
