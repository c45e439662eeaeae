"""What somebody without a session gets for the proof of a recovery key or passkey."""

from dataclasses import dataclass
from typing import Literal

from hearth.contract import Context
from hearth.sealed.core.hashing import sha256
from hearth.sealed.person.generations import VAULT_RECIPIENT
from hearth.vault import store
from hearth.vault.contract import Generation
from hearth.vault.read import show_generations

NOBODYS = 0
"""The user id that is asked for when there is no such user: the same queries, the same answer."""


@dataclass(frozen=True, slots=True)
class OpenedWay:
    """The newest vault with one way into it and the newest generation's wrap to the vault."""

    version: int
    sealed: bytes
    kind: Literal[1, 2]
    id: bytes
    way_in: bytes
    generation: Generation


async def open_way(context: Context, user_id: int, proof: bytes) -> OpenedWay | None:
    """Return what a proof leads to, None when it is no proof of this user's.

    It is found by its hash, so how long that takes tells nothing of the stored ones. For a wrong one nothing
    more is looked at: the same queries, whether there is such a user, such a chain, or not.
    """
    way = await store.find_way(context.transaction, user_id, sha256(proof))
    if way is None:
        return None
    vault = await store.find_vault(context.transaction, user_id)
    newest = await store.list_generations(context.transaction, user_id, before=None, limit=1)
    shown = await show_generations(context.transaction, user_id, newest, VAULT_RECIPIENT)
    if vault is None or not shown:
        return None
    assert way.kind in (1, 2)
    kind: Literal[1, 2] = 1 if way.kind == 1 else 2
    return OpenedWay(vault.version, vault.sealed, kind, way.id, way.way_in, shown[0])
