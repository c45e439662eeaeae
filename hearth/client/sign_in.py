"""Registering and signing in by HTTP: the password becomes keys here and goes no further."""

import asyncio
import platform
from dataclasses import dataclass
from pathlib import Path

from hearth.accounts.contract import (
    ChangePassword,
    DeleteAccount,
    KdfParameters,
    Registration,
    RegistrationInfo,
    Session,
    SignedIn,
    SignIn,
    UserCard,
)
from hearth.client.derive import (
    DerivedKeys,
    check_changed_password,
    check_new_password,
    choose_parameters,
    derive_keys,
)
from hearth.client.device_file import DeviceFile, DeviceState
from hearth.client.keys.past import make_next_keys
from hearth.client.problems import ProtocolBroken
from hearth.client.wire.http import Http, is_loopback
from hearth.contract import Nothing


@dataclass(frozen=True, slots=True)
class Entry:
    """A session that has begun, and what the password gave, to be let go of soon."""

    file: DeviceFile
    keys: DerivedKeys
    card: UserCard


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
) -> Entry:
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
    return Entry(_to_file(http, signed_in, path), keys, signed_in.user)


async def sign_in(
    http: Http, username: str, password: str, *, device_name: str | None = None, path: Path | None = None
) -> Entry:
    """Sign a new device in. Raises WrongPassword, TooManyRequests."""
    keys = await derive_known(http, username, password)
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
    return Entry(_to_file(http, signed_in, path), keys, signed_in.user)


@dataclass(frozen=True, slots=True)
class PasswordChange:
    """Both passwords as keys, and how the new one is derived."""

    old: DerivedKeys
    new: DerivedKeys
    parameters: KdfParameters

    def to_command(self) -> ChangePassword:
        """Return the command of an account without keys."""
        return ChangePassword(old_auth_key=self.old.auth_key, auth_key=self.new.auth_key, kdf=self.parameters)


async def derive_change(http: Http, username: str, old_password: str, password: str) -> PasswordChange:
    """Derive both passwords. Raises InvalidInput for a new one that is unfit or the old one."""
    check_new_password(password)
    check_changed_password(old_password, password)
    old = await derive_known(http, username, old_password)
    parameters, keys = await _derive_new(http, password)
    return PasswordChange(old, keys, parameters)


async def make_deletion(http: Http, username: str, password: str) -> DeleteAccount:
    """Return the command that deletes the account for ever."""
    keys = await derive_known(http, username, password)
    return DeleteAccount(auth_key=keys.auth_key)


async def sign_out(http: Http) -> None:
    """End this device's session."""
    await http.send("POST", "/api/sign-out", Nothing)


async def fetch_card(http: Http) -> UserCard:
    """Return one's own card."""
    return (await http.send("GET", "/api/session", Session)).user


async def fetch_info(http: Http) -> RegistrationInfo:
    """Return which server it is, to which keys are bound, and which database it has."""
    return await http.send("GET", "/api/registration", RegistrationInfo)


async def _may_be_weak(http: Http) -> bool:
    """Only a test server says so, and only this machine's own is believed."""
    return is_loopback(http.url) and (await fetch_info(http)).insecure_test_kdf


async def _derive_new(http: Http, password: str) -> tuple[KdfParameters, DerivedKeys]:
    weak = await _may_be_weak(http)
    parameters = choose_parameters(insecure_test_kdf=weak)
    return parameters, await _derive(password, parameters, weak)


async def derive_known(http: Http, username: str, password: str) -> DerivedKeys:
    """Derive the password of an account as the server says that it is derived. Raises WeakKdf,
    InvalidInput.
    """
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
    state.keys = make_next_keys(path, state)
    file = DeviceFile(state, path)
    file.save()
    return file
