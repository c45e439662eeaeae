"""What a device looks for at every connection (end of section 10): what a crash or another device left
undone.
"""

from collections import Counter
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import TypeVar

from hearth.client.keys.asking import is_moved
from hearth.client.keys.catch_up import catch_up_listed, catch_up_rows
from hearth.client.keys.make import KeysPlan, make_keys, make_receive, seal_rows
from hearth.client.keys.own import Own, digest_row, now_ms
from hearth.client.keys.pins import find_disputed
from hearth.directory.contract import ChainTaken, Renew
from hearth.errors import HearthError
from hearth.sealed.core import hpke
from hearth.vault.contract import DeviceKeys, ListDeviceKeys

R = TypeVar("R")
MOST_TRIES = 5


class Place(StrEnum):
    """Where this device stands: NONE and UNLISTED need the password, REMOVED has nothing to do here."""

    NONE = "none"
    UNLISTED = "unlisted"
    REMOVED = "removed"
    LISTED = "listed"


async def retry_moved(act: Callable[[], Awaitable[R]]) -> R:
    """Do again what another device's quicker request made void."""
    tries = 0
    while True:
        tries += 1
        try:
            return await act()
        except HearthError as error:
            if not is_moved(error) or tries == MOST_TRIES:
                raise


async def connect(own: Own) -> Place:
    """Bring one's keys up to now and make what is due.

    Raises Rejected when the server shows what cannot be; HearthError.
    """
    return await retry_moved(lambda: _connect_once(own))


async def _connect_once(own: Own) -> Place:
    await own.met.fetch_chain(own.user)
    if own.chain.state is None:
        return Place.NONE
    own.require_own_identity()
    if not own.is_listed:
        return Place.REMOVED if own.was_listed else Place.UNLISTED
    await catch_up_listed(own)
    await keep_current(own)
    await _learn_device_keys(own)
    return Place.LISTED


async def keep_current(own: Own) -> None:
    """Carry rows over that were left, renew the generation where it is stale, the receive key where it
    is not ours.
    """
    if own.keys.carry_from is not None:
        await _carry_over(own, own.keys.carry_from)
        own.keys.carry_from, own.keys.carry = None, []
        own.file.save()
        await catch_up_rows(own)
    if own.generations.find_stale(now_ms()) is not None:
        await renew_generation(own)
    elif not is_receive_mine(own):
        await _renew_receive(own)


def is_receive_mine(own: Own) -> bool:
    """Tell whether the newest receive statement counts and its seed is here."""
    state, version = own.chain.state, own.chain.highest_receive_version
    assert state is not None  # a listed device has a chain
    counting = own.chain.newest_receive(state)
    return counting is not None and counting.body.version == version and version in own.receive_seeds


async def fetch_device_keys(own: Own) -> dict[bytes, bytes]:
    """Return the X-Wing keys of listed devices and of the vault, as the server has them: nothing is
    checked.
    """
    answer: DeviceKeys = await own.ask(ListDeviceKeys(), DeviceKeys)
    return {bytes.fromhex(one.device_id): one.public_key for one in answer.device_keys}


async def _learn_device_keys(own: Own) -> None:
    """Know the keys of all that are listed: a server that was restored may have lost them."""
    state = own.chain.state
    assert state is not None  # a listed device has a chain
    if state.devices.keys() <= own.device_keys.keys():
        return
    for device, key in (await fetch_device_keys(own)).items():
        listed = state.devices.get(device)
        if listed is not None and hpke.kem_hash(key) == listed.kem_hash:
            own.device_keys[device] = key


async def plan_keys(own: Own) -> KeysPlan:
    """Return the plan of the next generation as things stand."""
    state = own.chain.state
    assert state is not None  # a listed device has a chain
    public_keys, version = await fetch_device_keys(own), own.chain.highest_receive_version
    return KeysPlan(own.server, state, own.before(), public_keys, own.carried(), version, now_ms())


async def renew_generation(own: Own) -> None:
    """Make the next generation and receive key. Raises HearthError when another device was quicker."""
    made = make_keys(own.by, await plan_keys(own))
    await own.send_keys(made)
    command = Renew(generation=made.generation, receive=made.receive.request, rows=made.rows)
    await own.ask(command, ChainTaken)
    await own.learn_keys(made)


async def _renew_receive(own: Own) -> None:
    state, newest = own.chain.state, own.newest
    assert state is not None  # a listed device has a chain
    version = own.chain.highest_receive_version + 1
    receive = make_receive(own.by, own.server, state.head, version, now_ms())
    place = (own.server, own.user, newest.statement.g, newest.key)
    rows = seal_rows(*place, [receive.row])
    await own.ask(Renew(receive=receive.request, rows=rows), ChainTaken)
    signed = own.chain.take_receive(receive.request.statement)
    own.met.receive_keys[signed.body.kem_hash] = receive.request.public_key
    own.receive_seeds[version] = receive.seed
    row_id, body = receive.row
    own.rows[body.KIND, row_id.pack()] = body
    own.met.keep(own.user)


async def _carry_over(own: Own, from_g: int) -> None:
    """Append what counted under an older generation, and is not there under the newest one.

    What was written there since is nobody's: whoever was removed has that generation's key.
    """
    there, carry = set(own.rows), set(own.keys.carry)
    rows = [row for row in own.stored if row.g == from_g and digest_row(row.id, row.body) in carry]
    old = {row.name: (row.id, row.body) for row in rows}
    missing = [row for name, row in old.items() if name not in there]
    said = Counter(row.name for row in own.stored if row.g == own.newest.statement.g)
    missing += [(row_id, pin) for row_id, pin in find_disputed(rows) if said[pin.KIND, row_id.pack()] <= 1]
    if missing:
        await own.append(missing)
