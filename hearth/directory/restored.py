"""For how long after a restore lost things are taken back (docs/protocol-encryption.md, 10.10)."""

from datetime import timedelta

from hearth.contract import Context
from hearth.errors import Conflict

OPEN_FOR = timedelta(days=30)
"""Clients come back by then, or what only they have stays theirs alone."""


class NotRestored(Conflict):
    code = "not_restored"
    title = "Nothing is taken back: this database was not restored of late, or this log was not marked"


def require_restored(context: Context) -> bytes:
    """Return the database generation of a restore that is not long ago. Raises NotRestored."""
    identity = context.services.identity
    if identity.restored_at is None or context.now - identity.restored_at > OPEN_FOR:
        raise NotRestored
    return identity.generation
