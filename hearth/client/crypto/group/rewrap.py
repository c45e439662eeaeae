"""The request of a member who has no seed that works (section 7.7)."""

from dataclasses import dataclass
from typing import ClassVar

from hearth.client.crypto.core import labels
from hearth.client.crypto.core.packed import U64, Hash, Id, User
from hearth.client.crypto.core.statements import Extensions, Statement


@dataclass(frozen=True, slots=True)
class RewrapRequest(Statement):
    """Asks co-members for the seed of epoch n, sealed to a receive key of the asker."""

    LABEL: ClassVar[bytes] = labels.REWRAP_REQUEST
    server: Id
    conversation: Id
    n: U64
    record_hash: Hash
    user: User
    device: Id
    receive_version: U64
    receive_hash: Hash
    time: U64
    extensions: Extensions
