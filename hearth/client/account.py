"""A client's acts on its own account: give the device keys, other passwords, other devices, sign out,
delete.
"""

from typing import Protocol, TypeVar

from hearth.accounts.contract import Device as NamedDevice
from hearth.accounts.contract import RenameDevice, RevokeDevice, RevokeOtherDevices, UserCard
from hearth.client import sign_in
from hearth.client.derive import DerivedKeys
from hearth.client.device_file import DeviceFile
from hearth.client.keys import change
from hearth.client.keys.asking import Asker
from hearth.client.keys.keeper import Keeper
from hearth.client.keys.own import Own, make_account_keys
from hearth.client.keys.past import meet_database
from hearth.client.keys.set_up import enter
from hearth.client.problems import NoKeys
from hearth.client.wire.http import Http
from hearth.contract import Command, Nothing
from hearth.sealed.core.verdicts import Verdict, require
from hearth.sealed.person.user_chain import NO_HASH

R = TypeVar("R")


class Device(Protocol):
    """What these acts need of a client."""

    file: DeviceFile
    http: Http
    keeper: Keeper

    @property
    def username(self) -> str: ...

    async def call(self, command: Command, result: type[R], /) -> R: ...


async def give_keys(http: Http, file: DeviceFile, password: DerivedKeys, card: UserCard) -> None:
    """Set the account's keys up, or put this device beside those that have them. Twice does no harm.

    The device's own keys are in the file before anything of them leaves.
    """
    info = await sign_in.fetch_info(http)
    server = bytes.fromhex(info.server_id)
    if file.state.keys is None:
        file.state.keys = make_account_keys(server)
        file.save()
    require(file.state.keys.server == server, Verdict.FORK, "another server than this file is of")
    own = Own(file, Asker(http))
    await meet_database(own, info.generation)
    avatar = NO_HASH if card.avatar_id is None else bytes.fromhex(card.avatar_id)
    await enter(own, password, card.display_name or card.username, avatar)


class AccountActs:
    """Mixed into Client."""

    @property
    def has_keys(self: Device) -> bool:
        """Tell whether this device was given keys; without, `secure` gives it some."""
        return self.file.state.keys is not None

    async def needs_password(self: Device) -> bool:
        """Tell whether `secure` has still to be called: no device of these keys stands in the person's list.

        So it is with files older than encryption, and after a crash before a device was whole.
        """
        if self.file.state.keys is None:
            return True
        own = Own(self.file, Asker(self.http))
        await own.met.fetch_chain(own.user)
        return not own.is_listed

    async def secure(self: Device, password: str) -> None:
        """Give this device keys, if it has none that count: for accounts and device files that are older.

        Raises WrongPassword; Rejected when the server shows what cannot be.
        """
        keys = await sign_in.derive_known(self.http, self.username, password)
        card = await sign_in.fetch_card(self.http)
        await give_keys(self.http, self.file, keys, card)
        self.keeper.forget()
        self.keeper.begin()

    async def change_password(self: Device, old_password: str, password: str) -> None:
        """Prove the old password, set the new one; every other device is signed out.

        Raises WrongPassword, and InvalidInput for a password that is unfit or the old one.
        """
        derived = await sign_in.derive_change(self.http, self.username, old_password, password)
        try:
            async with self.keeper.hold() as room:
                await change.change_password(room.own, derived.old, derived.new, derived.parameters)
        except NoKeys:
            await self.call(derived.to_command(), Nothing)

    async def rename_device(self: Device, device_id: str, name: str) -> None:
        """Call one of the user's devices by another name. Raises NotFound, InvalidInput."""
        await self.call(RenameDevice(device_id=device_id, name=name), NamedDevice)

    async def revoke_device(self: Device, device_id: str, password: str) -> None:
        """Sign another of the user's devices out. Raises WrongPassword, NotFound."""
        keys = await sign_in.derive_known(self.http, self.username, password)
        if not await remove_listed(self.keeper, keys, {bytes.fromhex(device_id)}):
            await self.call(RevokeDevice(device_id=device_id, auth_key=keys.auth_key), Nothing)

    async def revoke_other_devices(self: Device, password: str) -> None:
        """Sign all of the user's other devices out. Raises WrongPassword."""
        keys = await sign_in.derive_known(self.http, self.username, password)
        await remove_listed(self.keeper, keys, None)
        await self.call(RevokeOtherDevices(auth_key=keys.auth_key), Nothing)  # those without keys

    async def delete_account(self: Device, password: str) -> None:
        """Delete the account for ever. Raises WrongPassword."""
        command = await sign_in.make_deletion(self.http, self.username, password)
        await self.http.call(command, Nothing)  # this device's socket ends with it
        self.file.remove()


async def remove_listed(keeper: Keeper, password: DerivedKeys, devices: set[bytes] | None) -> bool:
    """Take these devices (None: all but this one) off the list; gives whether any was in it.

    Raises WrongPassword; Rejected.
    """
    try:
        async with keeper.hold() as room:
            others = room.own.list_others()
            return await change.remove_devices(
                room.own, password, others if devices is None else others & devices
            )
    except NoKeys:
        return False


async def end_session(http: Http, file: DeviceFile) -> None:
    """Sign this device out: by its own statement where it has keys, whose session ends with it."""
    if file.state.keys is not None and await change.retire(Own(file, Asker(http))):
        return
    await sign_in.sign_out(http)
