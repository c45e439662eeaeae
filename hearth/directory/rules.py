"""What the server checks of chains and receive statements beyond the statements' own rules (section 11)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import msgspec

from hearth.errors import Conflict, HearthError
from hearth.sealed.core import labels
from hearth.sealed.core.hashing import labelled_hash
from hearth.sealed.core.statements import SIGNATURE, Signed
from hearth.sealed.core.verdicts import Rejected, Verdict, require
from hearth.sealed.person.receive import Receive, check_receive_key
from hearth.sealed.person.user_chain import IDENTITY_SIGNS, Devices, StatementKind, read_user_statement
from hearth.sealed.person.user_state import ChainState, apply_statement

MOST_STATEMENTS = 10_000
RECEIVE_VERSIONS = "20/86400s"
OFFERED_STATEMENTS = "200/86400s"
OFFERED_RECEIVES = "200/86400s"
"""After a restore a device gives back what may have been said in weeks, and a stolen one says what is new."""
PAGE_STATEMENTS = 200
PAGE_BYTES = 96 * 1024
STATE_FORMAT = b"\x01"
"""Rises with every change of what a stored ChainState has in it."""
DECODER = msgspec.msgpack.Decoder(ChainState)
ENCODER = msgspec.msgpack.Encoder()

GENESIS, DEVICES, IDENTITY, VAULT, PROFILE, RETIRE = StatementKind
Kinds = tuple[StatementKind, ...]
"""The kinds of a request's statements, in their order."""
SET_UP: tuple[Kinds, ...] = ((GENESIS, DEVICES, VAULT, PROFILE),)
RESET: tuple[Kinds, ...] = ((GENESIS, DEVICES, VAULT), (GENESIS, DEVICES, VAULT, PROFILE))
NEW_PASSWORD: tuple[Kinds, ...] = (
    (VAULT,),
    (DEVICES, VAULT),
    (IDENTITY, VAULT),
    (IDENTITY, DEVICES, VAULT),
)
"""`devices` is said where the list changes."""
NEW_WAYS: tuple[Kinds, ...] = ((VAULT,),)
RECOVERY: tuple[Kinds, ...] = ((DEVICES, VAULT), (IDENTITY, DEVICES, VAULT))
NEW_LIST: tuple[Kinds, ...] = ((DEVICES,),)
NEW_PROFILE: tuple[Kinds, ...] = ((PROFILE,),)
LEAVE: tuple[Kinds, ...] = ((RETIRE,),)
CHANGES_LISTING = (GENESIS, DEVICES, VAULT, RETIRE)
"""After one of these a generation or receive statement must state a newer head."""


@dataclass(slots=True)
class Person:
    """Whose chain a request is about, as far as it is stored; the user's row is held meanwhile."""

    server: bytes
    user_id: int
    state: ChainState | None
    receive_version: int

    @property
    def now(self) -> ChainState:
        """The state of a chain that there is; raises ChainMoved when there is none."""
        if self.state is None:
            raise ChainMoved
        return self.state


@dataclass(frozen=True, slots=True)
class ReceiveKey:
    """The newest receive statement of a person, as far as it is named by others."""

    version: int
    hash: bytes
    statement: Receive


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a person's chain stands: the state after its newest statement, and the newest receive key."""

    state: ChainState
    receive: ReceiveKey | None


class ChainMoved(Conflict):
    code = "chain_moved"
    title = "The user chain has grown"


class ReceiveMoved(Conflict):
    code = "receive_moved"
    title = "There is a newer receive statement"


class RecoveryExpired(HearthError):
    """A ticket that is none, is of somebody else, ran out or has been used for a session that is over."""

    code = "recovery_expired"
    status = 410
    title = "This took too long; begin again"


def encode_state(state: ChainState) -> bytes:
    """Return a chain's state as it is stored beside its head."""
    return STATE_FORMAT + ENCODER.encode(state)


def decode_state(data: bytes) -> ChainState | None:
    """Return a stored state, None for one that another version of this program wrote."""
    return DECODER.decode(data[1:]) if data[:1] == STATE_FORMAT else None


def hash_statement(data: bytes) -> bytes:
    """Return the hash of a user chain's statement without reading it."""
    return labelled_hash(labels.USER_CHAIN, data[:-SIGNATURE])


def hash_receive(data: bytes) -> bytes:
    """Return the hash of a receive statement without reading it."""
    return labelled_hash(labels.RECEIVE, data[:-SIGNATURE])


def check_kinds(statements: Sequence[bytes], allowed: Collection[Kinds]) -> Kinds:
    """Return the kinds of a request's statements. Raises Rejected: malformed, unsupported, not_allowed."""
    kinds = tuple(read_user_statement(data).body.kind for data in statements)
    require(kinds in allowed, Verdict.NOT_ALLOWED, "not the statements of this request")
    return kinds


def follow(person: Person, statements: Sequence[bytes]) -> list[ChainState]:
    """Return the state after each statement. Raises Rejected: the verdicts of section 5.1."""
    states = []
    state = person.state
    for data in statements:
        state = apply_statement(state, person.server, person.user_id, data)
        states.append(state)
    return states


def check_own(statement: bytes, device_id: bytes) -> None:
    """Raise Rejected(not_allowed) unless the asking device itself signed a profile or retire statement."""
    is_own = read_user_statement(statement).body.signer == device_id
    require(is_own, Verdict.NOT_ALLOWED, "signed by another device than the asking one")


def is_listed_above(person: Person, state: ChainState, statement: bytes, device_id: bytes) -> bool:
    """Tell whether a `devices` statement from above a state of a chain lists a device (10.10).

    The identity key of that state has signed it: no device, and nobody but its person, can make one.
    Raises Rejected: malformed, unsupported, wrong_place, not_allowed, bad_signature.
    """
    signed = read_user_statement(statement)
    said, body = signed.body, signed.body.content()
    is_here = said.server == person.server and said.user == person.user_id
    require(is_here, Verdict.WRONG_PLACE, "a list of somebody else's devices")
    if not isinstance(body, Devices) or said.signer != IDENTITY_SIGNS:
        raise Rejected(Verdict.NOT_ALLOWED, "no list of devices")
    signed.verify(state.identity_key)
    return said.n > state.n and any(one.device == device_id for one in body.devices)


def check_username(state: ChainState, username: str) -> None:
    """Raise Rejected(not_allowed) unless a chain is under the account's name."""
    require(state.username == username, Verdict.NOT_ALLOWED, "a chain under another username")


def check_ways(kinds: Kinds, ways: Sequence[object]) -> None:
    """Raise Rejected(not_allowed) for ways in beside a new identity: a thief could forge them (10.7)."""
    is_safe = IDENTITY not in kinds or not ways
    require(is_safe, Verdict.NOT_ALLOWED, "no way in outlives a suspected theft")


def check_alone(state: ChainState, device_id: bytes) -> None:
    """Raise Rejected(not_allowed) unless a chain begins with the asking device alone."""
    require(set(state.devices) == {device_id}, Verdict.NOT_ALLOWED, "a chain begins with the asking device")


def check_devices(before: Collection[bytes], state: ChainState, sessions: Collection[bytes]) -> None:
    """Raise Rejected(not_allowed) unless every device that is new in the list is a session of the person."""
    new = state.devices.keys() - set(before)
    require(new <= set(sessions), Verdict.NOT_ALLOWED, "a listed device that is no session of this person")


def check_addition(
    before: ChainState, after: ChainState, device_id: bytes, sessions: Collection[bytes]
) -> None:
    """Raise Rejected(not_allowed) unless the asking device was added to the list, and that alone.

    Devices that nobody is signed in with any more may make room: their sessions never come back, and only a
    listed device could remove them, of which there may be none left.
    """
    is_new = device_id in after.devices and device_id not in before.devices
    require(is_new, Verdict.NOT_ALLOWED, "the asking device is not added")
    others = {device: entry for device, entry in after.devices.items() if device != device_id}
    is_kept = all(before.devices.get(device) == entry for device, entry in others.items())
    require(is_kept, Verdict.NOT_ALLOWED, "other devices are changed as well")
    gone = before.devices.keys() - others.keys()
    require(gone.isdisjoint(sessions), Verdict.NOT_ALLOWED, "a device that is signed in is left out")


def check_removal(before: ChainState, after: ChainState) -> None:
    """Raise Rejected(not_allowed) unless devices were taken off the list and nothing else."""
    is_kept = all(before.devices.get(device) == entry for device, entry in after.devices.items())
    is_removal = is_kept and len(after.devices) < len(before.devices)
    require(is_removal, Verdict.NOT_ALLOWED, "devices are not only removed")


def check_receive(signed: Signed[Receive], public_key: bytes, person: Person, device_id: bytes) -> None:
    """Check a receive statement whose stated head lists what the newest does (section 6.2).

    Raises Rejected: wrong_place, not_listed, not_allowed, bad_signature, bad_key.
    """
    statement = signed.body
    is_here = statement.server == person.server and statement.user == person.user_id
    require(is_here, Verdict.WRONG_PLACE, "a receive statement of somebody else")
    device = person.now.devices.get(statement.device)
    if device is None:
        raise Rejected(Verdict.NOT_LISTED, "the signer is no device at the stated head")
    require(
        statement.device == device_id, Verdict.NOT_ALLOWED, "signed by another device than the asking one"
    )
    signed.verify(device.sign_key)
    check_receive_key(statement, public_key)
