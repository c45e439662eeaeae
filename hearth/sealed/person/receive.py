"""The receive statement (section 6.2): the X-Wing key to which co-members seal seeds for a person."""

from dataclasses import dataclass
from typing import ClassVar

from hearth.sealed.core import hpke, labels
from hearth.sealed.core.packed import U64, Count, Hash, Head, Id, User
from hearth.sealed.core.statements import Extensions, Statement
from hearth.sealed.core.verdicts import Verdict, require


@dataclass(frozen=True, slots=True)
class Receive(Statement):
    """A receive key: its version, its hash, the user chain's head when a device signed it."""

    LABEL: ClassVar[bytes] = labels.RECEIVE
    server: Id
    user: User
    version: Count
    kem_hash: Hash
    chain: Head
    device: Id
    time: U64
    extensions: Extensions


def check_receive_key(statement: Receive, public: bytes) -> None:
    """Raise Rejected(bad_key) unless a public key is the one that a statement names."""
    require(hpke.kem_hash(public) == statement.kem_hash, Verdict.BAD_KEY, "not the key that is stated")
