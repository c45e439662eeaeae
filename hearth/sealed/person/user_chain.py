"""The user chain's statements (section 5): who a person is, which devices and which vault are theirs."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated, ClassVar

from hearth.sealed.core import ed25519, labels
from hearth.sealed.core.packed import (
    U64,
    Choice,
    Hash,
    Id,
    Key,
    Listed,
    Nested,
    Number,
    Packed,
    Prefixed,
    Signature,
    Text,
    User,
)
from hearth.sealed.core.reader import u64
from hearth.sealed.core.statements import Extensions, Signed, Statement
from hearth.sealed.core.verdicts import Verdict, require

IDENTITY_SIGNS = bytes(16)
NO_DEVICE = bytes(16)
MOST_DEVICES = 50
NO_HASH = bytes(32)


class StatementKind(IntEnum):
    """What a statement says; 1 to 4 are signed by the identity key, 5 and 6 by a device."""

    GENESIS = 1
    DEVICES = 2
    IDENTITY = 3
    VAULT = 4
    PROFILE = 5
    RETIRE = 6


BY_IDENTITY = frozenset(StatementKind) - {StatementKind.PROFILE, StatementKind.RETIRE}
MAY_COME_BACK = frozenset({StatementKind.DEVICES, StatementKind.PROFILE, StatementKind.RETIRE})
"""After a restore (10.10): `vault` comes with a vault, and `identity` and a reset with one, too."""


@dataclass(frozen=True, slots=True)
class Genesis(Packed):
    """The first statement, or a reset: a new identity key that nothing links to one before."""

    KIND: ClassVar = StatementKind.GENESIS
    identity_key: Key
    username: Annotated[str, Text(Prefixed(1, least=1, most=200))]


@dataclass(frozen=True, slots=True)
class Device(Packed):
    """A device: its Ed25519 key, the hash of its X-Wing key, the record formats it reads."""

    device: Id
    sign_key: Key
    kem_hash: Hash
    formats: Annotated[tuple[int, ...], Listed(Number(1), 1, 255, key=int)]

    def check(self) -> None:
        require(self.device != NO_DEVICE, Verdict.MALFORMED, "zeros are never a device")


@dataclass(frozen=True, slots=True)
class Devices(Packed):
    """All devices; who is not in the list is removed."""

    KIND: ClassVar = StatementKind.DEVICES
    devices: Annotated[
        tuple[Device, ...], Listed(Nested(Device), 1, MOST_DEVICES, key=lambda one: one.device)
    ]


@dataclass(frozen=True, slots=True)
class Identity(Packed):
    """A renewed identity key, linked to the one before, which signs it; `proof` is by the new key."""

    KIND: ClassVar = StatementKind.IDENTITY
    identity_key: Key
    proof: Signature


@dataclass(frozen=True, slots=True)
class VaultStatement(Packed):
    """Which sealed vault is the newest, what opens it, and its X-Wing key."""

    KIND: ClassVar = StatementKind.VAULT
    version: U64
    sealed_hash: Hash
    commitment: Hash
    kem_hash: Hash


@dataclass(frozen=True, slots=True)
class Profile(Packed):
    """What others see: a name, and SHA-256 of the avatar or zeros."""

    KIND: ClassVar = StatementKind.PROFILE
    display_name: Annotated[str, Text(Prefixed(2, least=1, most=512))]
    avatar: Hash


@dataclass(frozen=True, slots=True)
class Retire(Packed):
    """The signing device goes."""

    KIND: ClassVar = StatementKind.RETIRE


Body = Genesis | Devices | Identity | VaultStatement | Profile | Retire
BODIES: dict[StatementKind, type[Body]] = {
    body.KIND: body for body in (Genesis, Devices, Identity, VaultStatement, Profile, Retire)
}


@dataclass(frozen=True, slots=True)
class UserStatement(Statement):
    """Statement n of a person's chain; `signer` is a device, or zeros for the identity key."""

    LABEL: ClassVar[bytes] = labels.USER_CHAIN
    server: Id
    user: User
    n: U64
    previous: Hash
    kind: Annotated[StatementKind, Choice(StatementKind)]
    body: Annotated[bytes, Prefixed(4)]
    time: U64
    signer: Id
    extensions: Extensions

    def check(self) -> None:
        self.content()

    def content(self) -> Body:
        """Return the decoded body; Rejected(malformed)."""
        return BODIES[self.kind].unpack(self.body)


def proof_message(server: bytes, user: int, n: int, previous: bytes, identity_key: bytes) -> bytes:
    """Return what the new key of an `identity` statement signs."""
    return labels.IDENTITY + server + u64(user) + u64(n) + previous + identity_key


def make_proof(seed: bytes, server: bytes, user: int, n: int, previous: bytes) -> bytes:
    """Return the proof of an `identity` statement by the new key's seed, 64 bytes."""
    return ed25519.sign(seed, proof_message(server, user, n, previous, ed25519.public_key(seed)))


def read_user_statement(data: bytes) -> Signed[UserStatement]:
    """Decode a statement. Raises Rejected: unsupported, malformed."""
    return UserStatement.open(data)
