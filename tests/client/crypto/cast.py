"""People with chains and receive keys, made as their own devices make them: the cast of other tests."""

from dataclasses import dataclass, field

from hearth.sealed.core import ed25519, hpke
from hearth.sealed.core.hashing import sha256
from hearth.sealed.core.packed import Head
from hearth.sealed.person.chain import Chain
from hearth.sealed.person.people import People
from hearth.sealed.person.receive import Receive
from hearth.sealed.person.user_chain import (
    IDENTITY_SIGNS,
    NO_HASH,
    Body,
    Device,
    Devices,
    Genesis,
    Identity,
    Profile,
    Retire,
    VaultStatement,
    make_proof,
)
from hearth.sealed.person.user_state import ChainState, apply_statement, next_statement

SERVER = b"s" * 16
NOW = 1_790_000_000_000
DAY = 24 * 3600 * 1000


def seed_of(name: str) -> bytes:
    """Return 32 bytes that a name stands for."""
    return sha256(name.encode())


def device_id(name: str) -> bytes:
    return sha256(b"device " + name.encode())[:16]


@dataclass
class Person:
    """One user with an identity, devices by name, a chain and receive statements, all of it public here."""

    user: int
    name: str
    statements: list[bytes] = field(default_factory=list)
    received: list[bytes] = field(default_factory=list)
    state: ChainState | None = None
    identity: str = ""

    def begin(self, *devices: str) -> "Person":
        """Register with these devices and a receive key."""
        self.identity = f"{self.name} 1"
        self.say(Genesis(ed25519.public_key(seed_of(self.identity)), self.name))
        self.set_devices(*(devices or (f"{self.name} phone",)))
        self.renew_receive()
        return self

    @property
    def now(self) -> ChainState:
        assert self.state is not None
        return self.state

    @property
    def head(self) -> Head:
        return self.now.head

    @property
    def chain(self) -> Chain:
        """The chain as who fetches it now verifies it."""
        chain = Chain(SERVER, self.user)
        chain.finish(self.statements)
        return chain

    def say(self, body: Body, device: str | None = None, key: str | None = None) -> bytes:
        """Sign the next statement, by a device or by the identity."""
        signer = device_id(device) if device else IDENTITY_SIGNS
        statement = next_statement(self.state, SERVER, self.user, body, signer=signer, time=NOW)
        signed = statement.sign(seed_of(key or device or self.identity))
        self.state = apply_statement(self.state, SERVER, self.user, signed)
        self.statements.append(signed)
        return signed

    def set_devices(self, *names: str) -> bytes:
        listed = [
            Device(device_id(name), ed25519.public_key(seed_of(name)), kem_hash(name), (1,)) for name in names
        ]
        return self.say(Devices(tuple(sorted(listed, key=lambda device: device.device))))

    def set_vault(self, version: int) -> bytes:
        return self.say(VaultStatement(version, NO_HASH, NO_HASH, NO_HASH))

    def set_name(self, display_name: str, device: str) -> bytes:
        return self.say(Profile(display_name, NO_HASH), device)

    def retire(self, device: str) -> bytes:
        return self.say(Retire(), device)

    def renew_identity(self, name: str) -> bytes:
        """Say that a new identity key follows, which the old one signs."""
        proof = make_proof(seed_of(name), SERVER, self.user, self.now.n + 1, self.now.hash)
        said = self.say(Identity(ed25519.public_key(seed_of(name)), proof))
        self.identity = name
        return said

    def reset(self, name: str, *devices: str) -> None:
        """Begin anew with another identity, devices and a receive key."""
        self.identity = name
        self.say(Genesis(ed25519.public_key(seed_of(name)), self.name))
        self.set_devices(*devices)
        self.renew_receive()

    def renew_receive(self, device: str | None = None, *, head: Head | None = None, time: int = NOW) -> bytes:
        """Publish the next receive version by a device (the first listed one)."""
        by = device or self.device_name()
        version = len(self.received) + 1
        statement = Receive(
            server=SERVER,
            user=self.user,
            version=version,
            kem_hash=kem_hash(self.receive_name(version)),
            chain=head or self.head,
            device=device_id(by),
            time=time,
            extensions=(),
        )
        self.received.append(statement.sign(seed_of(by)))
        return self.received[-1]

    def receive_name(self, version: int) -> str:
        return f"{self.name} receive {version}"

    def device_name(self) -> str:
        names = [f"{self.name} {kind}" for kind in ("phone", "laptop", "tablet", "new")]
        return next(name for name in names if device_id(name) in self.now.devices)


def kem_hash(name: str) -> bytes:
    return hpke.kem_hash(hpke.public_key(seed_of(name)))


def meet(*cast: Person) -> People:
    """Return what a client knows that has fetched everything of these people."""
    people = People(SERVER)
    for person in cast:
        catch_up(people, person)
    return people


def catch_up(people: People, person: Person) -> Chain:
    """Let a client fetch everything of a person."""
    chain = people.chain(person.user)
    chain.finish(person.statements)
    for statement in person.received:
        chain.take_receive(statement)
    return chain
