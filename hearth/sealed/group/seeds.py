"""An epoch's seed: what it must open, the key it gives, how members get it (sections 7.3, 7.7 and 7.8)."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from hearth.sealed.core import hpke, labels
from hearth.sealed.core.box import open_box, seal_box
from hearth.sealed.core.hashing import hkdf, is_equal, labelled_hash
from hearth.sealed.core.packed import U64, Listed, Nested, Packed, Seed
from hearth.sealed.core.reader import u64
from hearth.sealed.core.verdicts import Verdict, require

MOST_HISTORY = 8192


@dataclass(frozen=True, slots=True)
class SeedPlace:
    """Which epoch a seed is of, and the commitment that its record states."""

    conversation: bytes
    n: int
    record_hash: bytes
    commitment: bytes


def make_seed() -> bytes:
    """Return a fresh s, 32 bytes: one for every attempt at an epoch."""
    return secrets.token_bytes(32)


def commit_seed(conversation: bytes, n: int, seed: bytes) -> bytes:
    """Return the commitment to s, 32 bytes."""
    return labelled_hash(labels.EPOCH_COMMITMENT, conversation + u64(n) + seed)


def check_seed(place: SeedPlace, seed: bytes) -> bytes:
    """Return the seed if it opens the commitment of its record; Rejected(bad_commitment) otherwise."""
    fits = len(seed) == 32 and is_equal(commit_seed(place.conversation, place.n, seed), place.commitment)
    require(fits, Verdict.BAD_COMMITMENT, "not the seed that the record names")
    return seed


def epoch_key(seed: bytes, record_hash: bytes) -> bytes:
    """Return K, 32 bytes."""
    return hkdf(seed, record_hash, labels.EPOCH_KEY)


def wrap_seed(public: bytes, record_hash: bytes, user: int, seed: bytes) -> bytes:
    """Return s sealed to a member's receive key, 1,168 bytes."""
    return hpke.seal(public, labels.EPOCH_WRAP + record_hash + u64(user), seed)


def unwrap_seed(receive_seed: bytes, place: SeedPlace, user: int, wrap: bytes) -> bytes:
    """Return s from one's own wrap. Raises Rejected: malformed, cannot_open, bad_commitment."""
    info = labels.EPOCH_WRAP + place.record_hash + u64(user)
    return check_seed(place, hpke.open_wrap(receive_seed, info, wrap))


def answer_rewrap(public: bytes, record_hash: bytes, receive_hash: bytes, seed: bytes) -> bytes:
    """Return s sealed for who asked for it (section 7.7), 1,168 bytes."""
    return hpke.seal(public, labels.REWRAP + record_hash + receive_hash, seed)


def open_rewrap(receive_seed: bytes, place: SeedPlace, receive_hash: bytes, answer: bytes) -> bytes:
    """Return s from a re-wrap. Raises Rejected: malformed, cannot_open, bad_commitment."""
    info = labels.REWRAP + place.record_hash + receive_hash
    return check_seed(place, hpke.open_wrap(receive_seed, info, answer))


@dataclass(frozen=True, slots=True)
class PastSeed(Packed):
    """The seed of an earlier epoch."""

    n: U64
    seed: Seed


@dataclass(frozen=True, slots=True)
class History(Packed):
    """Earlier seeds for a newcomer, ascending by n."""

    seeds: Annotated[tuple[PastSeed, ...], Listed(Nested(PastSeed), 4, MOST_HISTORY, key=lambda past: past.n)]


def make_history_key() -> bytes:
    """Return h, 32 random bytes for this record."""
    return secrets.token_bytes(32)


def wrap_history(public: bytes, record_hash: bytes, user: int, key: bytes) -> bytes:
    """Return h sealed to a newcomer's receive key, 1,168 bytes."""
    return hpke.seal(public, labels.HISTORY_WRAP + record_hash + u64(user), key)


def seal_history(key: bytes, record_hash: bytes, seeds: Iterable[PastSeed]) -> bytes:
    """Return the list of earlier seeds under h."""
    return seal_box(key, labels.HISTORY, record_hash, History(tuple(seeds)).pack())


def open_history(
    receive_seed: bytes, record_hash: bytes, user: int, wrap: bytes, sealed: bytes
) -> tuple[PastSeed, ...]:
    """Return earlier seeds; each counts only where it opens the commitment of its own record (check_seed).

    Raises Rejected: malformed, unsupported, cannot_open.
    """
    key = hpke.open_wrap(receive_seed, labels.HISTORY_WRAP + record_hash + u64(user), wrap)
    return History.unpack(open_box(key, labels.HISTORY, record_hash, sealed)).seeds
