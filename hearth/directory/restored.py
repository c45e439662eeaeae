"""For how long after a restore lost things are taken back (docs/protocol-encryption.md, 10.10)."""

from collections.abc import Collection
from datetime import timedelta

from hearth.contract import Context
from hearth.directory import store
from hearth.errors import Conflict

OPEN_FOR = timedelta(days=30)
"""Clients come back by then, or what only they have stays theirs alone."""


class NotRestored(Conflict):
    code = "not_restored"
    title = "Nothing is taken back: this database was not restored of late, or this log was not marked"


async def map_restored_heads(context: Context, user_ids: Collection[int]) -> dict[int, int]:
    """Return the n of the head that these people's chains had in the backup; who had none is left out.

    One query. What was appended since then may be what was lost. Raises NotRestored.
    """
    restored_at = context.services.identity.restored_at
    if restored_at is None:
        raise NotRestored
    return await store.map_heads_at(context.transaction, user_ids, restored_at)


def require_restored(context: Context) -> bytes:
    """Return the database generation of a restore that is not long ago. Raises NotRestored."""
    identity = context.services.identity
    if identity.restored_at is None or context.now - identity.restored_at > OPEN_FOR:
        raise NotRestored
    return identity.generation
