"""What all requests that renew the vault have in common: chain, vault, keys, generation, receive, rows."""

from collections.abc import Collection
from dataclasses import dataclass

from hearth.accounts.sessions import Reason, end_sessions, load_devices
from hearth.contract import Context
from hearth.directory import rules
from hearth.directory.append import (
    append_receive,
    append_statements,
    find_signer_of,
    is_taken,
    kem_hashes,
)
from hearth.directory.contract import ChainTaken, NewReceive, VaultChange
from hearth.directory.rules import ChainMoved, Kinds, Person
from hearth.vault.contract import NewGeneration, NewRow
from hearth.vault.keep import Maker, append_generation, get_newest_g, keep_device_keys, keep_vault
from hearth.vault.keyring import append_rows
from hearth.vault.rules import judged


@dataclass(frozen=True, slots=True)
class Request:
    """What a request may say, and for whom: the device that signs, the account's name."""

    device_id: bytes
    username: str
    allowed: Collection[Kinds]


async def is_change_taken(context: Context, user_id: int, change: VaultChange) -> bool:
    """Tell whether a change was carried out before."""
    return await is_taken(context, user_id, change.statements, change.generation, change.receive)


async def say_taken(context: Context, person: Person) -> ChainTaken:
    """Return the answer to a request that was taken, now or before."""
    n = 0 if person.state is None else person.state.n
    return ChainTaken(n=n, g=await get_newest_g(context, person.user_id))


async def apply_change(context: Context, person: Person, request: Request, change: VaultChange) -> ChainTaken:
    """Carry out everything that goes together with a new vault. All conflicts; NotAccepted; LimitReached."""
    kinds = await append_statements(context, person, change.statements, request.allowed)
    is_reset = kinds[0] is rules.GENESIS
    with judged(ChainMoved):
        rules.check_username(person.now, request.username)
        rules.check_ways(kinds, change.vault.ways)
    vault = person.now.vault
    assert vault is not None  # every request of this kind has a `vault` statement
    await keep_vault(context, person.user_id, change.vault, vault, is_reset=is_reset)
    await keep_device_keys(context, person.user_id, kem_hashes(person.now), change.device_keys)
    await append_keys(
        context, person, request.device_id, change.generation, change.receive, change.rows, is_proven=True
    )
    return await say_taken(context, person)


async def append_keys(
    context: Context,
    person: Person,
    device_id: bytes,
    generation: NewGeneration | None,
    receive: NewReceive | None,
    rows: Collection[NewRow],
    *,
    is_proven: bool,
) -> None:
    """Append the next generation and receive statement, signed by this device, and rows.

    Those of kinds 2 to 4 are the generation's set. `is_proven` says that the request has shown the password,
    or what stands for it: it has limits of its own, which no stolen device can use up.
    """
    if generation is not None:
        maker = Maker(person.user_id, device_id, frozenset(person.now.devices), is_proven)
        await append_generation(context, maker, generation, find_signer_of(context, person))
    if receive is not None:
        await append_receive(context, person, receive, device_id, is_proven=is_proven)
    if rows:
        is_with = generation is not None
        await append_rows(context, person.user_id, list(rows), with_generation=is_with, is_proven=is_proven)


async def end_unlisted(
    context: Context, person: Person, *, reason: Reason, of: Collection[bytes] | None = None
) -> None:
    """End the sessions of devices off the list; with `of` only those that it names."""
    rows = await load_devices(context, person.user_id)
    gone = [row.id for row in rows if row.id not in person.now.devices and (of is None or row.id in of)]
    await end_sessions(context, person.user_id, gone, reason=reason)
