"""Registering and signing in by HTTP: the password becomes keys here and goes no further."""

import asyncio
import platform
from pathlib import Path

from hearth.accounts.contract import (
    ChangePassword,
    DeleteAccount,
    KdfParameters,
    Registration,
    RegistrationInfo,
    RevokeDevice,
    RevokeOtherDevices,
    SignedIn,
    SignIn,
)
from hearth.client.derive import (
    DerivedKeys,
    check_changed_password,
    check_new_password,
    choose_parameters,
    derive_keys,
)
from hearth.client.device_file import DeviceFile, DeviceState
from hearth.client.problems import ProtocolBroken
from hearth.client.wire.http import Http, is_loopback
from hearth.contract import Nothing


def default_device_name() -> str:
    return f"Python {platform.python_version()} on {platform.system() or 'unknown'}"


async def register(
    http: Http,
    username: str,
    password: str,
    *,
    display_name: str | None = None,
    device_name: str | None = None,
    invite: str | None = None,
    path: Path | None = None,
) -> DeviceFile:
    """Make an account with one signed-in device. Raises InvalidInput, Conflict, NotFound (no such invite)…"""
    check_new_password(password)
    parameters, keys = await _derive_new(http, password)
    signed_in = await http.send(
        "POST",
        "/api/register",
        SignedIn,
        body=Registration(
            username=username,
            display_name=display_name or username,
            auth_key=keys.auth_key,
            kdf=parameters,
            device_name=device_name or default_device_name(),
            invite=invite,
            session="bearer",
        ),
    )
    return _to_file(http, signed_in, path)


async def sign_in(
    http: Http, username: str, password: str, *, device_name: str | None = None, path: Path | None = None
) -> DeviceFile:
    """Sign a new device in. Raises WrongPassword, TooManyRequests."""
    keys = await _derive_known(http, username, password)
    signed_in = await http.send(
        "POST",
        "/api/sign-in",
        SignedIn,
        body=SignIn(
            username=username,
            auth_key=keys.auth_key,
            device_name=device_name or default_device_name(),
            session="bearer",
        ),
    )
    return _to_file(http, signed_in, path)


async def make_password_change(http: Http, username: str, old_password: str, password: str) -> ChangePassword:
    """Return the command that changes the password; both are derived here. Raises InvalidInput."""
    check_new_password(password)
    check_changed_password(old_password, password)
    old = await _derive_known(http, username, old_password)
    parameters, keys = await _derive_new(http, password)
    return ChangePassword(old_auth_key=old.auth_key, auth_key=keys.auth_key, kdf=parameters)


async def make_revocation(http: Http, username: str, password: str, device_id: str) -> RevokeDevice:
    """Return the command that signs another device out."""
    keys = await _derive_known(http, username, password)
    return RevokeDevice(device_id=device_id, auth_key=keys.auth_key)


async def make_revocation_of_others(http: Http, username: str, password: str) -> RevokeOtherDevices:
    """Return the command that signs all other devices out."""
    keys = await _derive_known(http, username, password)
    return RevokeOtherDevices(auth_key=keys.auth_key)


async def make_deletion(http: Http, username: str, password: str) -> DeleteAccount:
    """Return the command that deletes the account for ever."""
    keys = await _derive_known(http, username, password)
    return DeleteAccount(auth_key=keys.auth_key)


async def sign_out(http: Http) -> None:
    """End this device's session."""
    await http.send("POST", "/api/sign-out", Nothing)


async def _may_be_weak(http: Http) -> bool:
    """Only a test server says so, and only this machine's own is believed."""
    if not is_loopback(http.url):
        return False
    return (await http.send("GET", "/api/registration", RegistrationInfo)).insecure_test_kdf


async def _derive_new(http: Http, password: str) -> tuple[KdfParameters, DerivedKeys]:
    weak = await _may_be_weak(http)
    parameters = choose_parameters(insecure_test_kdf=weak)
    return parameters, await _derive(password, parameters, weak)


async def _derive_known(http: Http, username: str, password: str) -> DerivedKeys:
    parameters = await http.send(
        "GET", "/api/sign-in/parameters", KdfParameters, params={"username": username}
    )
    return await _derive(password, parameters, await _may_be_weak(http))


async def _derive(password: str, parameters: KdfParameters, weak: bool) -> DerivedKeys:
    # Argon2id takes a second of processor time: not in the loop's thread.
    return await asyncio.to_thread(derive_keys, password, parameters, insecure_test_kdf=weak)


def _to_file(http: Http, signed_in: SignedIn, path: Path | None) -> DeviceFile:
    if signed_in.token is None:
        raise ProtocolBroken("the server gave no token")
    http.token = signed_in.token
    state = DeviceState(
        url=http.url,
        username=signed_in.user.username,
        user_id=signed_in.user.id,
        device_id=signed_in.device.id,
        token=signed_in.token,
    )
    file = DeviceFile(state, path)
    file.save()
    return file
