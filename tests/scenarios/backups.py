"""A server that is backed up and restored, and what devices are asked about it."""

import asyncio
import contextlib
import secrets
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

from hearth.backups.restore import restore_backup
from hearth.backups.write import make_backup
from hearth.client import Client
from hearth.client.conversations.act import act
from hearth.client.conversations.fetch import fetch_epochs
from hearth.client.crypto.making import acts
from hearth.config import Config
from hearth.db.engine import Database
from hearth.sealed.group.epoch import Action
from tests.scenarios.cast import Device
from tests.scenarios.server import RunningServer


class Backups:
    """Of one server: `make` a backup, `restore` it in the place of everything since."""

    def __init__(self, server: RunningServer, database: str, folder: Path) -> None:
        self.server, self.database, self.folder = server, database, folder

    async def make(self) -> None:
        await asyncio.to_thread(make_backup, self.server.config, self.folder / "backup")

    async def restore(self, **told: str) -> None:
        """Returns when the server answers again; `told` is what it says of itself instead, in SQL."""
        await self.server.stop()
        data = self.folder / "other"
        data.mkdir()
        target = Config(data=data, database=self.database, insecure_test_kdf=True)
        await asyncio.to_thread(restore_backup, target, self.folder / "backup")
        await self._lie(told)
        self.server.config = replace(self.server.config, data=data, database=self.database)
        await self.server.start()

    async def restore_again(self) -> None:
        """As if the same backup were restored once more, without faults."""
        await self.server.stop()
        now = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}.000000"
        await self._lie({"generation": f"x'{secrets.token_hex(16)}'", "restored_at": f"'{now}'"})
        await self.server.start()

    async def _lie(self, told: dict[str, str]) -> None:
        database = Database(self.database)
        async with database.transaction("write") as transaction:
            for column, value in told.items():
                await transaction.execute(text(f"UPDATE server SET {column} = {value}"))
        await database.stop()


async def rotates(device: Device, to: str) -> None:
    """Make the next epoch of a conversation."""
    key = key_of(device, to)
    async with device.client.keeper.hold() as room:
        live = room.open(key)
        await fetch_epochs(room, live)
        await room.own.met.catch_up(live.members())
        assert live.epochs.newest is not None
        await act(room, live, acts.rotate(live.epochs.newest))


async def epochs_of(device: Device, to: str) -> list[Action]:
    key = key_of(device, to)
    async with device.client.keeper.hold() as room:
        known = room.open(key).epochs.known
        return [known[n].epoch.record.action for n in sorted(known)]


def key_of(device: Device, to: str) -> str:
    return device.client.find_conversation(to).conversation.id


async def texts(client: Client, to: str) -> list[str | None]:
    return [message.text for message in await client.history(to, limit=100)]


async def goes_on(device: Device, before: str) -> None:
    """Return when a device has looked at the restored database."""

    def has_looked(client: Client) -> bool:
        return client.replica.generation not in ("", before) and client.keeper.at_hand() is not None

    for _ in range(4):  # all chains are verified anew
        with contextlib.suppress(AssertionError):
            return await device.agrees(has_looked, "being in step with the restored server")
    raise AssertionError(f"{device.name} is not in step with the restored server")


async def list_devices(device: Device, of: Device) -> set[str]:
    """Return the devices of somebody that a device knows to be listed."""
    async with device.client.keeper.hold() as room:
        await room.own.met.catch_up([of.user_id])
        state = room.own.met.chain(of.user_id).state
        assert state is not None
        return {one.hex() for one in state.devices}


def id_of(device: Device) -> str:
    return device.client.file.state.device_id
