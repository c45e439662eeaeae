"""Devices that came into one's list after a restore: an old password lets in again (10.10)."""

import logging
from collections.abc import Iterator
from datetime import datetime

from hearth.client.conversations.room import Room
from hearth.client.keys.own import Own
from hearth.sealed.person.user_chain import StatementKind, read_user_statement

LOG = logging.getLogger(__name__)
SAID = (
    "%s (%s) was signed in after the server was restored on %s UTC, when an old password works again:"
    " if that was not you, sign it out and change the password"
)


def warn_of_devices(room: Room) -> None:
    """Say it once of each, while the newest vault, which comes with every new password, is older than the
    restore. Nothing but this notice rests on the times that statements name.
    """
    restored, own = room.replica.restored, room.own
    if restored is None:
        return
    arrived = [device for device in find_arrived(own, restored.at) if device not in own.keys.told]
    if not arrived:
        return
    for device in arrived:
        named = room.replica.devices.get(device.hex())
        name = "a device" if named is None else named.name
        LOG.warning(SAID, name, device.hex(), f"{restored.at:%Y-%m-%d %H:%M}")
    own.keys.told += arrived
    own.file.save()


def find_arrived(own: Own, restored_at: datetime) -> list[bytes]:
    """Return the listed devices but this one that were not listed then; none once there is a newer vault."""
    state, since = own.chain.state, int(restored_at.timestamp() * 1000)
    vaults = [time for kind, time, _ in _read(own) if kind is StatementKind.VAULT]
    if state is None or max(vaults, default=0) >= since:
        return []
    before = {device for _, time, listed in _read(own) if time < since for device in listed}
    return sorted(state.devices.keys() - before - {own.by.device})


def _read(own: Own) -> Iterator[tuple[StatementKind, int, frozenset[bytes]]]:
    """Kind, time in ms, and which devices are listed after it."""
    for data, state in zip(own.chain.statements, own.chain.states, strict=True):
        said = read_user_statement(data).body
        yield said.kind, said.time, frozenset(state.devices)
