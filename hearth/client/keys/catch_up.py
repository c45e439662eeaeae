"""What the server says of one's own keys, fetched and verified (docs/protocol-encryption.md, 6.1 to 6.3)."""

from collections.abc import Callable
from itertools import pairwise

from hearth.client.keys.own import Own
from hearth.sealed.core.verdicts import Rejected, Verdict, require
from hearth.sealed.person.generations import VAULT_RECIPIENT, Generation, open_predecessor, unwrap_generation
from hearth.sealed.person.keyring import EpochId, EpochRow, OpenRow, RowPlace, open_row
from hearth.sealed.person.vault import OwnHead, Vault
from hearth.vault.contract import (
    Generation as StoredGeneration,
)
from hearth.vault.contract import (
    Generations,
    KeyringPage,
    KeyringRow,
    ListGenerations,
    ListRows,
)

GENERATIONS_AT_ONCE = 50
ROWS_AT_ONCE = 500
OpenNewest = Callable[[StoredGeneration], bytes]


def open_as_device(own: Own) -> OpenNewest:
    """Return what opens the newest generation by this device's wrap."""
    return lambda stored: _open_wrap(own.keys.kem_seed, own.by.device, stored.statement, stored.wrap)


def open_as_vault(vault: Vault) -> OpenNewest:
    """Return what opens the newest generation by the wrap to the vault's key."""
    return lambda stored: _open_wrap(vault.kem_seed, VAULT_RECIPIENT, stored.statement, stored.vault_wrap)


def _open_wrap(seed: bytes, recipient: bytes, statement: bytes, wrap: bytes | None) -> bytes:
    if wrap is None:
        raise Rejected(Verdict.CANNOT_OPEN, "no wrap of the newest generation")
    signed = Generation.open(statement)
    return unwrap_generation(seed, signed.body, signed.hash, recipient, wrap)


async def catch_up_listed(own: Own) -> None:
    """Bring everything that one's keys rest on up to now. Raises Rejected; HearthError."""
    await own.met.fetch_chain(own.user)
    own.require_own_identity()
    own.require_listed()
    await own.met.fetch_newest_receive(own.user)
    await catch_up_generations(own, open_as_device(own))
    await catch_up_rows(own)
    own.remember()


async def catch_up_generations(own: Own, open_newest: OpenNewest, vault: Vault | None = None) -> None:
    """Bring the own chain up to its end: from what is known, kept or named by the vault, else from 1.

    Raises Rejected: 6.1, and rollback below what is known.
    """
    anchor = _find_anchor(own, vault)
    known = own.generations.newest
    least = (
        known.statement.g if known is not None and not _is_over(own) else max(1, anchor.g if anchor else 1)
    )
    listed = await _list_down_to(own, least)
    require(
        bool(listed) and listed[-1].g == least, Verdict.ROLLBACK, "the own chain ends below what is known"
    )
    keys = _open_down(own, listed, anchor, open_newest)
    for stored in reversed(listed):
        if own.generations.newest is None and anchor is not None:
            own.generations.anchor(stored.statement, anchor.hash, anchor.key)
        else:
            own.take_generation(stored.statement, keys[stored.g])


def _find_anchor(own: Own, vault: Vault | None) -> OwnHead | None:
    """Return where this device may begin: what it has kept itself, of this incarnation, or the vault's."""
    kept, state = own.keys.generation, own.chain.state
    if kept is not None and state is not None and kept.incarnation == state.incarnation:
        return OwnHead(kept.g, kept.hash, kept.key)
    if vault is not None and vault.own_chain.g > 0:
        return vault.own_chain
    return None


def _is_over(own: Own) -> bool:
    """Tell whether what is known of the own chain is of before a reset."""
    newest, state = own.generations.newest, own.chain.state
    return newest is not None and state is not None and newest.stated.incarnation < state.incarnation


async def _list_down_to(own: Own, g: int) -> list[StoredGeneration]:
    """Return generations newest first. Raises Rejected(wrong_link) for a list with a gap."""
    listed: list[StoredGeneration] = []
    before: int | None = None
    while before is None or before > g:
        command = ListGenerations(before=before, limit=GENERATIONS_AT_ONCE)
        page: Generations = await own.ask(command, Generations)
        if not page.generations:
            break
        for stored in page.generations:
            is_next = before is None or stored.g == before - 1
            require(is_next, Verdict.WRONG_LINK, "a generation is missing")
            before = stored.g
            if stored.g >= g:
                listed.append(stored)
    return listed


def _open_down(
    own: Own, listed: list[StoredGeneration], anchor: OwnHead | None, open_newest: OpenNewest
) -> dict[int, bytes]:
    """Return the keys of a list newest first, by the box of each in the one above."""
    newest = Generation.open(listed[0].statement)
    known = own.generations.newest
    if known is not None and known.signed.hash == newest.hash:
        key = known.key
    elif anchor is not None and anchor.hash == newest.hash:
        key = anchor.key
    else:
        key = open_newest(listed[0])
    keys = {listed[0].g: key}
    for above, stored in pairwise(listed):
        if above.predecessor is None:
            raise Rejected(Verdict.CANNOT_OPEN, "the box of a predecessor is missing")
        statement, before = Generation.open(above.statement).body, Generation.open(stored.statement).body
        keys[stored.g] = open_predecessor(keys[above.g], statement, before, above.predecessor)
    return keys


async def catch_up_rows(own: Own) -> bool:
    """Take what came into the keyring since; gives whether there was anything.

    Raises Rejected(withheld) when rows of the newest generation's set are missing.
    """
    fresh: list[KeyringRow] = []
    while True:
        page: KeyringPage = await own.ask(ListRows(after=own.position, limit=ROWS_AT_ONCE), KeyringPage)
        new = [row for row in page.rows if row.position > own.position]
        fresh += new
        own.position = max([own.position, *(row.position for row in new)])
        if not new or own.position >= page.position:
            break
    for stored in fresh:
        await _take_row(own, stored)
    own.take_rows()
    return bool(fresh)


async def _take_row(own: Own, stored: KeyringRow) -> None:
    """Open one row. One that does not open is no row: whoever wrote it, it says nothing."""
    key = await find_key(own, stored.g)
    if key is None:
        return
    place = RowPlace(own.server, own.user, stored.g, stored.kind, stored.id)
    try:
        row_id, body = open_row(key, place, stored.sealed)
    except Rejected:
        return
    if isinstance(row_id, EpochId) and isinstance(body, EpochRow):
        own.seeds[row_id] = (*own.seeds.get(row_id, ()), body)
    else:
        own.stored.append(OpenRow(stored.g, row_id, body, stored.is_of_set))


async def find_key(own: Own, g: int) -> bytes | None:
    """Return the key of a generation, walking back by the boxes to one from before this device."""
    chain = own.generations
    while chain.generations and g < min(chain.generations):
        oldest = min(chain.generations)
        page: Generations = await own.ask(ListGenerations(before=oldest + 1, limit=2), Generations)
        if [stored.g for stored in page.generations] != [oldest, oldest - 1]:
            return None
        box = page.generations[0].predecessor
        if box is None:
            return None
        chain.take_before(page.generations[1].statement, box)
    known = chain.generations.get(g)
    return None if known is None else known.key
