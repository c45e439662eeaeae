"""Generations (section 6.1): keys under which a person's keyring is sealed, each in a signed statement."""

import secrets
from dataclasses import dataclass
from typing import ClassVar

from hearth.sealed.core import hpke, labels
from hearth.sealed.core.box import open_box, seal_box
from hearth.sealed.core.hashing import is_equal, labelled_hash
from hearth.sealed.core.packed import U64, Hash, Head, Id, User
from hearth.sealed.core.reader import u64
from hearth.sealed.core.statements import Extensions, Statement
from hearth.sealed.core.verdicts import Verdict, require

VAULT_RECIPIENT = bytes(16)


@dataclass(frozen=True, slots=True)
class Generation(Statement):
    """Statement g of the own chain. `chain` is the user chain's head then, `set` the hash of section 6.3."""

    LABEL: ClassVar[bytes] = labels.GENERATION_STATEMENT
    server: Id
    user: User
    g: U64
    previous: Hash
    chain: Head
    commitment: Hash
    set: Hash
    time: U64
    device: Id
    extensions: Extensions


def make_generation_key() -> bytes:
    """Return a fresh A_g, 32 bytes."""
    return secrets.token_bytes(32)


def commit_generation(server: bytes, user: int, g: int, key: bytes) -> bytes:
    """Return the commitment to A_g, 32 bytes."""
    return labelled_hash(labels.GENERATION, server + u64(user) + u64(g) + key)


def check_generation_key(statement: Generation, key: bytes) -> None:
    """Raise Rejected(bad_commitment) unless a key is the A_g that a statement names."""
    expected = commit_generation(statement.server, statement.user, statement.g, key)
    fits = len(key) == 32 and is_equal(expected, statement.commitment)
    require(fits, Verdict.BAD_COMMITMENT, "not the key of this generation")


def wrap_generation(public: bytes, statement_hash: bytes, recipient: bytes, key: bytes) -> bytes:
    """Return A_g sealed to a device's X-Wing key, or to the vault's (VAULT_RECIPIENT), 1,168 bytes."""
    return hpke.seal(public, labels.GENERATION_WRAP + statement_hash + recipient, key)


def unwrap_generation(
    seed: bytes, statement: Generation, statement_hash: bytes, recipient: bytes, wrap: bytes
) -> bytes:
    """Return A_g of a verified statement. Raises Rejected: malformed, cannot_open, bad_commitment."""
    key = hpke.open_wrap(seed, labels.GENERATION_WRAP + statement_hash + recipient, wrap)
    check_generation_key(statement, key)
    return key


def seal_predecessor(key: bytes, statement: Generation, predecessor_key: bytes) -> bytes:
    """Return A_(g−1) under A_g, 65 bytes."""
    return seal_box(key, labels.PREDECESSOR, _context(statement), predecessor_key)


def open_predecessor(key: bytes, statement: Generation, predecessor: Generation, box: bytes) -> bytes:
    """Return A_(g−1). Raises Rejected: malformed, unsupported, cannot_open, bad_commitment."""
    opened = open_box(key, labels.PREDECESSOR, _context(statement), box)
    check_generation_key(predecessor, opened)
    return opened


def _context(statement: Generation) -> bytes:
    return statement.server + u64(statement.user) + u64(statement.g)
