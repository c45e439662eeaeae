"""Writing a person's vault, device keys and own chain: parts of requests that the directory puts together.

The caller holds the user's row, has checked the user chain and hands over what it says.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from hearth.accounts.events import NOBODY_ELSE
from hearth.contract import Context, Users
from hearth.sealed.core.packed import Head
from hearth.sealed.core.statements import Signed
from hearth.sealed.core.verdicts import Verdict, require
from hearth.sealed.person.generations import Generation
from hearth.sealed.person.user_chain import VaultStatement
from hearth.vault import rows_store, rules, store
from hearth.vault.contract import DeviceKey, GenerationMade, NewGeneration, NewVault
from hearth.vault.events import OwnChainBegun
from hearth.vault.rules import GenerationMoved, Newest, Signer, VaultMoved, judged
from hearth.vault.store import GenerationRow, WayRow

FindSigner = Callable[[Head, bytes], Awaitable[Signer]]
"""From a stated head and a device to what the user chain says of it there; raises what refuses the head."""


@dataclass(frozen=True, slots=True)
class Maker:
    """Who makes a generation: the device that must have signed it, and all that are listed now.

    `is_proven` says that the request has shown the password, or what stands for it.
    """

    user_id: int
    device_id: bytes
    listed: frozenset[bytes]
    is_proven: bool


async def keep_vault(
    context: Context, user_id: int, new: NewVault, statement: VaultStatement, *, is_reset: bool
) -> None:
    """Store the vault's next version with its ways in. Raises VaultMoved, NotAccepted."""
    known = await store.find_vault(context.transaction, user_id)
    rules.require_next_version(None if known is None or is_reset else known.version, statement)
    stored = await store.list_ways(context.transaction, user_id)
    proofs = {} if is_reset else {(way.kind, way.id): way.proof_hash for way in stored}
    with judged(VaultMoved):
        rules.check_vault(new, statement)
        ways = rules.name_ways(new.ways, proofs)
    await store.save_vault(
        context.transaction,
        user_id,
        version=statement.version,
        sealed=new.sealed,
        password_wrap=new.password_wrap,
        is_new=known is None,
    )
    rows = [
        WayRow(kind, way_id, way.way_in, way.proof_hash or proofs[kind, way_id])
        for (kind, way_id), way in ways.items()
    ]
    if rows or stored:
        await store.replace_ways(context.transaction, user_id, rows)


async def keep_device_keys(
    context: Context, user_id: int, listed: Mapping[bytes, bytes], given: Sequence[DeviceKey] = ()
) -> None:
    """Keep the X-Wing keys of exactly the listed devices and the vault (→ kem hash). Raises NotAccepted."""
    known = await store.load_device_keys(context.transaction, user_id)
    with judged(GenerationMoved):
        keys = rules.pick_device_keys(listed, known, given)
    await store.replace_device_keys(context.transaction, user_id, known, keys)


async def append_generation(
    context: Context, maker: Maker, new: NewGeneration, find_signer: FindSigner
) -> int:
    """Append the next generation and return its g; one of a newer incarnation takes the place of all before.

    Raises GenerationMoved, NotAccepted, LimitReached, TooManyRequests, and what `find_signer` raises.
    """
    newest = await store.find_newest(context.transaction, maker.user_id)
    with judged(GenerationMoved):
        signed = Generation.open(new.statement)
        rules.check_place(signed.body, context.services.identity.server_id, maker.user_id)
    signer = await _find_signer(signed, newest, find_signer)
    anew = rules.begins_anew(signed.body, newest, signer.incarnation)
    before = None if anew else newest
    with judged(GenerationMoved):
        rules.check_link(signed.body, before)
        key = rules.check_signer(signed.body, before, signer)
        _require_own(signed, maker)
        signed.verify(key)
        rules.check_wraps(new, signed.body.g, maker.listed)
    _require_share(context, maker, signed.body.g)
    if anew:
        await _begin_anew(context, maker.user_id)
    await _insert(context, maker.user_id, new, signed, signer.incarnation)
    return signed.body.g


async def _begin_anew(context: Context, user_id: int) -> None:
    """Remove the own chain and empty the keyring, whose rows go by and by (`clean_up.py`)."""
    await store.delete_own_chain(context.transaction, user_id)
    context.publish(OwnChainBegun(user_id=user_id), to=NOBODY_ELSE)
    vault = await store.find_vault(context.transaction, user_id)
    if vault is not None and vault.keyring_begins_after > 0:
        await rows_store.drop_oldest(context.transaction, user_id, vault.keyring_begins_after)


def _require_share(context: Context, maker: Maker, g: int) -> None:
    """Raise LimitReached or TooManyRequests. What a device makes by itself takes nothing from its owner."""
    kept = 0 if maker.is_proven else rules.ROOM_FOR_OWNER
    rules.require_room(g, rules.MOST_GENERATIONS, "There are as many generations as can be.", kept=kept)
    limits = context.services.limits
    if maker.is_proven:
        limits.take("generation.proven", maker.user_id, rules.GENERATIONS)
    else:
        limits.take("generation", maker.user_id, rules.GENERATIONS)
        limits.take("generation.day", maker.user_id, rules.RENEWALS)


async def _find_signer(signed: Signed[Generation], newest: Newest | None, find_signer: FindSigner) -> Signer:
    """Look the stated head up, unless the generation cannot be the next one anyway."""
    if signed.body.g != 1:
        with judged(GenerationMoved):
            rules.check_link(signed.body, newest)
    return await find_signer(signed.body.chain, signed.body.device)


def _require_own(signed: Signed[Generation], maker: Maker) -> None:
    is_own = signed.body.device == maker.device_id
    require(is_own, Verdict.NOT_ALLOWED, "signed by another device than the asking one")


async def _insert(
    context: Context, user_id: int, new: NewGeneration, signed: Signed[Generation], incarnation: int
) -> None:
    statement = signed.body
    row = GenerationRow(
        statement.g, new.statement, signed.hash, statement.chain.n, incarnation, new.predecessor
    )
    wraps = {bytes.fromhex(wrap.recipient): wrap.wrap for wrap in new.wraps}
    await store.insert_generation(context.transaction, user_id, row, wraps, context.now)
    if statement.g > rules.WRAPS_KEPT_OF:
        await store.delete_wraps_through(context.transaction, user_id, statement.g - rules.WRAPS_KEPT_OF)
    context.publish(GenerationMade(g=statement.g), to=Users((user_id,)))


async def add_wrap(context: Context, user_id: int, device_id: bytes, g: int, wrap: bytes) -> None:
    """Keep the newest generation's wrap to a device that has just been listed. Raises GenerationMoved."""
    newest = await store.find_newest(context.transaction, user_id)
    if newest is None or newest.g != g:
        raise GenerationMoved
    await store.insert_wraps(context.transaction, user_id, g, {device_id: wrap})


async def get_newest_g(context: Context, user_id: int) -> int:
    """Return the newest generation's number, 0 when there is none."""
    newest = await store.find_newest(context.transaction, user_id)
    return 0 if newest is None else newest.g


async def has_generation(context: Context, user_id: int, statement: bytes) -> bool:
    """Tell whether a generation statement is stored, byte for byte."""
    digest = rules.hash_generation(statement)
    return await store.has_generation(context.transaction, user_id, statement, digest)
