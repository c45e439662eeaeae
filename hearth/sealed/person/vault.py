"""The vault (section 4): what the password, a recovery key or a passkey opens."""

import secrets
from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated

from hearth.sealed.core import ed25519, hpke, labels
from hearth.sealed.core.box import open_box, seal_box
from hearth.sealed.core.hashing import is_equal, labelled_hash, mac, sha256
from hearth.sealed.core.packed import (
    U64,
    Choice,
    Hash,
    Head,
    Id,
    Key,
    Listed,
    Nested,
    Packed,
    Raw,
    Seed,
)
from hearth.sealed.core.reader import u8, u64
from hearth.sealed.core.statements import HEADER, Extensions, check_header
from hearth.sealed.core.verdicts import Rejected, Verdict, require
from hearth.sealed.person.chain import Chain
from hearth.sealed.person.recovery import RecoverySecrets

WAY_IN = 32 + hpke.WRAP + 32
MOST_WAYS = 16


class WayKind(IntEnum):
    """How else than by password a vault opens."""

    RECOVERY = 1
    PASSKEY = 2


@dataclass(frozen=True, slots=True)
class Way(Packed):
    """A way in as the vault itself keeps it, so that the next version can be sealed to it."""

    kind: Annotated[WayKind, Choice(WayKind)]
    id: Id
    public_key: Annotated[bytes, Raw(hpke.PUBLIC)]
    tag_key: Key


@dataclass(frozen=True, slots=True)
class OwnHead(Packed):
    """A generation: number, hash of its statement, A_g."""

    g: U64
    hash: Hash
    key: Key


@dataclass(frozen=True, slots=True)
class Vault(Packed):
    """The plaintext of a vault. `user_chain` is the statement before the one that names this vault."""

    version: U64
    identity_seed: Seed
    kem_seed: Seed
    own_chain: OwnHead
    user_chain: Head
    ways: Annotated[tuple[Way, ...], Listed(Nested(Way), 1, MOST_WAYS, key=lambda way: (way.kind, way.id))]
    extensions: Extensions


@dataclass(frozen=True, slots=True)
class VaultPlace:
    """Whose vault, and which version."""

    server: bytes
    user: int
    version: int

    def pack(self) -> bytes:
        """Return server ‖ user ‖ version, 32 bytes."""
        return self.server + u64(self.user) + u64(self.version)


def make_vault_key() -> bytes:
    """Return a fresh VK; every version has its own."""
    return secrets.token_bytes(32)


def commit_vault(place: VaultPlace, vault_key: bytes) -> bytes:
    """Return the commitment that the user chain names, 32 bytes."""
    return labelled_hash(labels.VAULT_KEY, place.pack() + vault_key)


def seal_vault(vault_key: bytes, server: bytes, user: int, vault: Vault) -> bytes:
    """Return the sealed vault."""
    place = VaultPlace(server, user, vault.version)
    return seal_box(vault_key, labels.VAULT, place.pack(), HEADER + vault.pack())


def open_vault(vault_key: bytes, place: VaultPlace, sealed: bytes) -> Vault:
    """Return what is in a vault. Raises Rejected: malformed, unsupported, cannot_open."""
    plaintext = open_box(vault_key, labels.VAULT, place.pack(), sealed)
    check_header(plaintext)
    vault = Vault.unpack(plaintext[len(HEADER) :])
    require(vault.version == place.version, Verdict.MALFORMED, "the vault says another version")
    return vault


def check_vault(vault: Vault, vault_key: bytes, sealed: bytes, chain: Chain) -> None:
    """Check an opened vault against the whole verified chain of its person (section 10.9).

    Raises Rejected: rollback (the newest vault statement is newer), fork (it names another vault, or the
    chain is not the one that the vault knows), unproven (the chain ends below what the vault knows).
    """
    state = chain.state
    named = None if state is None else state.vault
    if state is None or named is None:
        raise Rejected(Verdict.FORK, "a vault that no statement names")
    require(
        named.version <= vault.version, Verdict.ROLLBACK, "an older vault than the newest statement names"
    )
    commitment = commit_vault(VaultPlace(chain.server, chain.user, vault.version), vault_key)
    kem_hash = hpke.kem_hash(hpke.public_key(vault.kem_seed))
    stated = (named.version, named.sealed_hash, named.commitment, named.kem_hash)
    is_named = stated == (vault.version, sha256(sealed), commitment, kem_hash)
    is_own = ed25519.public_key(vault.identity_seed) == state.identity_key
    require(is_named and is_own, Verdict.FORK, "not the vault that the newest statement names")
    chain.at(vault.user_chain)


def wrap_by_password(kek: bytes, place: VaultPlace, vault_key: bytes) -> bytes:
    """Return VK sealed under the password's key (section 4.2), 65 bytes."""
    return seal_box(kek, labels.VAULT_WRAP, _password_context(place), vault_key)


def open_by_password(kek: bytes, place: VaultPlace, commitment: bytes, wrap: bytes) -> bytes:
    """Return VK. Raises Rejected: cannot_open (to people: wrong_password), bad_commitment."""
    vault_key = open_box(kek, labels.VAULT_WRAP, _password_context(place), wrap)
    return _check_vault_key(place, commitment, vault_key)


def seal_way(way: Way, place: VaultPlace, vault_key: bytes) -> bytes:
    """Return the way in for what the vault keeps of it (section 4.3), 1,232 bytes."""
    commitment = commit_vault(place, vault_key)
    context = _way_context(place, way.kind, way.id, commitment)
    wrap = hpke.seal(way.public_key, labels.VAULT_WAY + context, vault_key)
    return commitment + wrap + mac(way.tag_key, labels.VAULT_WAY_TAG + context + wrap)


def open_way(
    opener: RecoverySecrets, place: VaultPlace, kind: WayKind, way_id: bytes, way_in: bytes
) -> bytes:
    """Return VK.

    The tag comes first: it is what HPKE lacks. Raises Rejected: malformed, cannot_open, bad_commitment.
    """
    require(len(way_in) == WAY_IN, Verdict.MALFORMED, "a way in of another length")
    commitment, wrap, tag = way_in[:32], way_in[32:-32], way_in[-32:]
    context = _way_context(place, kind, way_id, commitment)
    expected = mac(opener.tag_key, labels.VAULT_WAY_TAG + context + wrap)
    require(is_equal(tag, expected), Verdict.CANNOT_OPEN, "the tag does not verify")
    vault_key = hpke.open_wrap(opener.kem_seed, labels.VAULT_WAY + context, wrap)
    return _check_vault_key(place, commitment, vault_key)


def _password_context(place: VaultPlace) -> bytes:
    return place.pack() + b"\0" + bytes(16)


def _way_context(place: VaultPlace, kind: WayKind, way_id: bytes, commitment: bytes) -> bytes:
    return place.pack() + u8(kind) + way_id + commitment


def _check_vault_key(place: VaultPlace, commitment: bytes, vault_key: bytes) -> bytes:
    fits = len(vault_key) == 32 and is_equal(commit_vault(place, vault_key), commitment)
    require(fits, Verdict.BAD_COMMITMENT, "not the key that the chain names")
    return vault_key
