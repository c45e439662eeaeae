"""What the server checks of vaults, generations and keyring rows: all that needs no key (section 11)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from hearth.errors import Conflict, HearthError, LimitReached
from hearth.sealed.core import hpke, labels
from hearth.sealed.core.hashing import labelled_hash, sha256
from hearth.sealed.core.statements import SIGNATURE
from hearth.sealed.core.verdicts import Rejected, Verdict, require
from hearth.sealed.person.generations import VAULT_RECIPIENT, Generation
from hearth.sealed.person.keyring import BODIES, CARRIED_OVER, RowKind
from hearth.sealed.person.user_chain import NO_HASH, VaultStatement
from hearth.vault.contract import DeviceKey, NewGeneration, NewRow, NewVault, WayIn

MOST_GENERATIONS = 10_000
MOST_ROWS = 200_000
ROOM_FOR_OWNER = 1_000
"""So many generations, and ten times as many rows, are left to requests that prove the password.

Else whoever holds a stolen device fills what there is, and its owner cannot make the generation without it.
"""
WRAPS_KEPT_OF = 100
"""Of so many newest generations the wraps are kept; who was away for longer goes by the predecessor boxes."""
GENERATIONS = "5/300s"
"""One a minute, five at once: a set-up may well be followed by a recovery key and a second device."""
RENEWALS = "30/86400s"
"""Generations that a device makes without the password."""
ROWS = "50000/86400s"
"""Rows of one device without the password: to append what only looks sealed needs no key."""
MANY_ROWS = 50_000
ROWS_ABOVE = "2000/86400s"
"""In a keyring of so many, more than anybody writes: a stolen session takes two months to fill it up."""


class NotAccepted(HearthError):
    """What somebody signed or sealed does not pass the checks; `fields` has the verdict of section 12."""

    code = "not_accepted"
    status = 422
    title = "This does not pass the checks"


class VaultMoved(Conflict):
    code = "vault_moved"
    title = "The vault has a newer version"


class GenerationMoved(Conflict):
    code = "generation_moved"
    title = "The own chain has grown"


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest stored generation."""

    g: int
    hash: bytes
    chain_n: int
    incarnation: int


@dataclass(frozen=True, slots=True)
class Signer:
    """What a stated head says of the device that signed: its key there, None if it is not listed."""

    incarnation: int
    sign_key: bytes | None


@contextmanager
def judged(moved: type[Conflict]) -> Iterator[None]:
    """Turn a verdict into the answer for it: what does not follow on the stored head is `moved`."""
    try:
        yield
    except Rejected as rejected:
        if rejected.verdict in (Verdict.WRONG_LINK, Verdict.UNPROVEN):
            raise moved from rejected
        raise NotAccepted(rejected.why, fields={"verdict": rejected.verdict.value}) from rejected


def require_next_version(known: int | None, statement: VaultStatement) -> None:
    """Raise VaultMoved unless a vault's version is the known one's next; the first may have any."""
    if known is not None and statement.version != known + 1:
        raise VaultMoved


def check_vault(new: NewVault, statement: VaultStatement) -> None:
    """Raise Rejected(not_allowed) unless these are the sealed bytes that a statement names."""
    fits = sha256(new.sealed) == statement.sealed_hash
    require(fits, Verdict.NOT_ALLOWED, "not the vault that the statement names")


WayName = tuple[int, bytes]
"""Kind and id."""


def name_ways(ways: Sequence[WayIn], known: Mapping[WayName, bytes]) -> dict[WayName, WayIn]:
    """Return ways by kind and id; Rejected(malformed) for one that comes twice or has no proof known."""
    named: dict[WayName, WayIn] = {(way.kind, bytes.fromhex(way.id)): way for way in ways}
    require(len(named) == len(ways), Verdict.MALFORMED, "a way in that is there twice")
    for key, way in named.items():
        has_proof = way.proof_hash is not None or key in known
        require(has_proof, Verdict.MALFORMED, "a new way in without the hash of its proof")
    return named


def begins_anew(statement: Generation, newest: Newest | None, incarnation: int) -> bool:
    """Tell whether a generation 1 begins the own chain of a newer incarnation (section 6.1)."""
    if newest is None or statement.g != 1 or statement.previous != NO_HASH:
        return False
    return incarnation > newest.incarnation


def hash_generation(statement: bytes) -> bytes:
    """Return the hash of a generation statement without reading it."""
    return labelled_hash(labels.GENERATION_STATEMENT, statement[:-SIGNATURE])


def check_place(statement: Generation, server: bytes, user: int) -> None:
    """Raise Rejected(wrong_place) unless a generation is of this person on this server."""
    is_here = statement.server == server and statement.user == user
    require(is_here, Verdict.WRONG_PLACE, "a generation of somebody else")


def check_link(statement: Generation, newest: Newest | None) -> None:
    """Raise Rejected(wrong_link) unless a generation follows the newest, or is the first of all."""
    g, previous = (1, NO_HASH) if newest is None else (newest.g + 1, newest.hash)
    fits = statement.g == g and statement.previous == previous
    require(fits, Verdict.WRONG_LINK, "not the next generation")


def check_signer(statement: Generation, newest: Newest | None, signer: Signer) -> bytes:
    """Return the signing device's key. Raises Rejected: rollback, wrong_link, not_listed."""
    if newest is not None:
        require(statement.chain.n >= newest.chain_n, Verdict.ROLLBACK, "a head below the one stated before")
        is_same = signer.incarnation == newest.incarnation
        require(is_same, Verdict.WRONG_LINK, "the own chain begins again after a reset")
    if signer.sign_key is None:
        raise Rejected(Verdict.NOT_LISTED, "the signer is no device at the stated head")
    return signer.sign_key


def check_wraps(new: NewGeneration, g: int, listed: Collection[bytes]) -> None:
    """Raise Rejected(malformed) unless there is one wrap for each listed device and one for the vault.

    The box of the predecessor is there from generation 2 on.
    """
    recipients = [bytes.fromhex(wrap.recipient) for wrap in new.wraps]
    wanted = {VAULT_RECIPIENT, *listed}
    fits = len(recipients) == len(wanted) and set(recipients) == wanted
    require(fits, Verdict.MALFORMED, "wraps for others than the listed devices and the vault")
    require((new.predecessor is None) == (g == 1), Verdict.MALFORMED, "the box of the predecessor")


def pick_device_keys(
    listed: Mapping[bytes, bytes], known: Mapping[bytes, bytes], given: Sequence[DeviceKey]
) -> dict[bytes, bytes]:
    """Return the X-Wing key of every listed device and the vault (→ kem hash) out of known and given ones.

    Raises Rejected: malformed (one is missing, or given for nobody), bad_key (another than the chain names).
    """
    offered = {bytes.fromhex(key.device_id): key.public_key for key in given}
    fits = len(offered) == len(given) and offered.keys() <= listed.keys()
    require(fits, Verdict.MALFORMED, "a key of a device that is not listed")
    keys = {**{device: known[device] for device in listed if device in known}, **offered}
    require(keys.keys() == listed.keys(), Verdict.MALFORMED, "the key of a listed device is missing")
    for device, key in keys.items():
        require(hpke.kem_hash(key) == listed[device], Verdict.BAD_KEY, "another key than the chain names")
    return keys


def check_rows(rows: Sequence[NewRow], newest_g: int) -> None:
    """Raise Rejected unless each row is under the newest generation, or (kind 1) under any there was."""
    for row in rows:
        kind = RowKind(row.kind)
        BODIES[kind].ID.unpack(row.id)
        if kind is RowKind.EPOCH:
            require(row.g <= newest_g, Verdict.NOT_ALLOWED, "a generation that is not there")
        else:
            require(row.g == newest_g, Verdict.WRONG_LINK, "a row that is not under the newest generation")


def check_set(rows: Sequence[NewRow]) -> None:
    """Raise Rejected(malformed) when two rows of a generation's set are of one kind and id."""
    names = {(row.kind, row.id) for row in rows}
    require(len(names) == len(rows), Verdict.MALFORMED, "two rows of a set are of one kind and id")


def is_carried(row: NewRow) -> bool:
    """Tell whether a row that comes with a generation is of its set (section 6.3)."""
    return RowKind(row.kind) in CARRIED_OVER


def require_room(count: int, most: int, sentence: str, *, kept: int = 0) -> None:
    """Raise LimitReached beyond what there may be, of which so many places are kept for others."""
    if count > most - kept:
        raise LimitReached(sentence)
