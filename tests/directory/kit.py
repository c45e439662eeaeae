"""An honest person's devices: they make the requests of section 10 as real ones would.

Keys of the KEM and sealed bytes are random: the server sees their lengths and hashes, and tests of sealing
are elsewhere. `copy.deepcopy` of an Owner is another device of the same moment.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from hearth.accounts.contract import KdfParameters
from hearth.directory.contract import (
    AddDevice,
    ChangeSealedPassword,
    ChangeWays,
    NewReceive,
    RemoveDevices,
    Renew,
    ResetChain,
    RetireDevice,
    SetChainProfile,
    SetUpChain,
    VaultChange,
)
from hearth.sealed.core import ed25519, hpke
from hearth.sealed.core.hashing import sha256
from hearth.sealed.core.packed import Head
from hearth.sealed.person.generations import VAULT_RECIPIENT, Generation
from hearth.sealed.person.keyring import VersionId, hash_set
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
from hearth.vault.contract import DeviceKey, GenerationWrap, NewGeneration, NewRow, NewVault, WayIn

KDF = KdfParameters(salt=b"t" * 16, memory=8, iterations=1, parallelism=1)
NOW = 1_790_000_000_000


@dataclass
class Owner:
    """A person with everything that their devices know; `identity` is the seed of the identity key."""

    server: bytes
    user: int
    username: str
    auth_key: bytes
    state: ChainState | None = None
    identity: bytes = b""
    seeds: dict[bytes, bytes] = field(default_factory=dict)
    kem_keys: dict[bytes, bytes] = field(default_factory=dict)
    statements: list[bytes] = field(default_factory=list)
    g: int = 0
    g_hash: bytes = NO_HASH
    receive_version: int = 0
    receive_hash: bytes = NO_HASH

    @property
    def now(self) -> ChainState:
        assert self.state is not None
        return self.state

    def say(self, body: Body, device: bytes = IDENTITY_SIGNS) -> bytes:
        """Sign the next statement, by the identity key or a device."""
        statement = next_statement(self.state, self.server, self.user, body, signer=device, time=NOW)
        signed = statement.sign(self.identity if device == IDENTITY_SIGNS else self.seeds[device])
        self.state = apply_statement(self.state, self.server, self.user, signed)
        self.statements.append(signed)
        return signed

    def genesis(self) -> bytes:
        self.identity = secrets.token_bytes(32)
        return self.say(Genesis(ed25519.public_key(self.identity), self.username))

    def renew_identity(self) -> bytes:
        """Say that a new identity key follows, which the old one signs."""
        seed = secrets.token_bytes(32)
        proof = make_proof(seed, self.server, self.user, self.now.n + 1, self.now.hash)
        said = self.say(Identity(ed25519.public_key(seed), proof))
        self.identity = seed
        return said

    def list_devices(self, devices: Sequence[bytes]) -> bytes:
        """Say which devices there are, and make keys for those that have none."""
        entries = []
        for device in sorted(set(devices)):
            seed = self.seeds.setdefault(device, secrets.token_bytes(32))
            key = self.kem_keys.setdefault(device, secrets.token_bytes(1216))
            entries.append(Device(device, ed25519.public_key(seed), hpke.kem_hash(key), (1,)))
        return self.say(Devices(tuple(entries)))

    def keys_of(self, devices: Sequence[bytes]) -> list[DeviceKey]:
        return [DeviceKey(device_id=device.hex(), public_key=self.kem_keys[device]) for device in devices]

    def profile(self, device: bytes, name: str = "Name") -> bytes:
        return self.say(Profile(name, NO_HASH), device)

    def seal_vault(self, ways: Sequence[WayIn] = ()) -> tuple[bytes, NewVault]:
        """Make the next version: its statement and its bytes."""
        version = 1 if self.now.vault is None else self.now.vault.version + 1
        sealed = b"\x01" + secrets.token_bytes(300)
        key = self.kem_keys[VAULT_RECIPIENT] = secrets.token_bytes(1216)
        statement = VaultStatement(version, sha256(sealed), secrets.token_bytes(32), hpke.kem_hash(key))
        wrap = secrets.token_bytes(65)
        return self.say(statement), NewVault(sealed=sealed, password_wrap=wrap, ways=list(ways))

    def generation(self, device: bytes) -> NewGeneration:
        """Make the next generation, wrapped to all that are listed and the vault."""
        self.g += 1
        statement = Generation(
            server=self.server,
            user=self.user,
            g=self.g,
            previous=self.g_hash,
            chain=self.now.head,
            commitment=secrets.token_bytes(32),
            set=hash_set(()),
            time=NOW,
            device=device,
            extensions=(),
        )
        self.g_hash = statement.hash()
        wraps = [
            GenerationWrap(recipient=recipient.hex(), wrap=secrets.token_bytes(1168))
            for recipient in (VAULT_RECIPIENT, *sorted(self.now.devices))
        ]
        box = None if self.g == 1 else secrets.token_bytes(65)
        return NewGeneration(statement=statement.sign(self.seeds[device]), wraps=wraps, predecessor=box)

    def receive(self, device: bytes, *, head: Head | None = None) -> NewReceive:
        self.receive_version += 1
        key = hpke.public_key(secrets.token_bytes(32))
        statement = Receive(
            server=self.server,
            user=self.user,
            version=self.receive_version,
            kem_hash=hpke.kem_hash(key),
            chain=head or self.now.head,
            device=device,
            time=NOW,
            extensions=(),
        )
        self.receive_hash = statement.hash()
        return NewReceive(statement=statement.sign(self.seeds[device]), public_key=key)

    def receive_row(self) -> NewRow:
        """The keyring row of the newest receive seed, under the newest generation."""
        row_id = VersionId(self.receive_version).pack()
        return NewRow(g=self.g, kind=4, id=row_id, sealed=b"\x01" + secrets.token_bytes(120))

    def change(
        self, statements: list[bytes], device: bytes, *, new: Sequence[bytes] = (), ways: Sequence[WayIn] = ()
    ) -> VaultChange:
        """All that goes with a new vault, after these statements; `new` are devices whose keys go along."""
        said, vault = self.seal_vault(ways)
        return VaultChange(
            statements=[*statements, said],
            vault=vault,
            generation=self.generation(device),
            receive=self.receive(device),
            device_keys=self.keys_of([VAULT_RECIPIENT, *new]),
            rows=[self.receive_row()],
        )

    def begin(self, device: bytes, *, genesis: bytes | None = None) -> VaultChange:
        """What a set-up says: genesis, devices, vault, profile."""
        statements = [genesis or self.genesis(), self.list_devices([device])]
        said, vault = self.seal_vault()
        statements += [said, self.profile(device)]
        return VaultChange(
            statements=statements,
            vault=vault,
            generation=self.generation(device),
            receive=self.receive(device),
            device_keys=self.keys_of([VAULT_RECIPIENT, device]),
            rows=[self.receive_row()],
        )

    def set_up(self, device: bytes) -> SetUpChain:
        return SetUpChain(auth_key=self.auth_key, change=self.begin(device))

    def add_device(self, device: bytes) -> AddDevice:
        statement = self.list_devices([*self.now.devices, device])
        return AddDevice(
            auth_key=self.auth_key,
            statement=statement,
            device_key=self.kem_keys[device],
            g=self.g,
            wrap=secrets.token_bytes(1168),
        )

    def retire(self, device: bytes) -> RetireDevice:
        return RetireDevice(statement=self.say(Retire(), device))

    def set_profile(self, device: bytes, name: str = "Name") -> SetChainProfile:
        return SetChainProfile(statement=self.profile(device, name))

    def remove(self, device: bytes, *gone: bytes) -> RemoveDevices:
        statement = self.list_devices([kept for kept in self.now.devices if kept not in gone])
        return RemoveDevices(
            auth_key=self.auth_key,
            statement=statement,
            generation=self.generation(device),
            receive=self.receive(device),
            rows=[self.receive_row()],
        )

    def change_password(
        self, device: bytes, new: bytes, *, keep: Sequence[bytes] | None = None, is_theft: bool = False
    ) -> ChangeSealedPassword:
        """A new password; with `keep` the other devices go, with `is_theft` the identity too."""
        statements = [self.renew_identity()] if is_theft else []
        if keep is not None or is_theft:
            statements.append(self.list_devices([device, *(keep or ())]))
        old, self.auth_key = self.auth_key, new
        change = self.change(statements, device)
        return ChangeSealedPassword(auth_key=old, new_auth_key=new, kdf=KDF, change=change)

    def change_ways(self, device: bytes, *ways: WayIn) -> ChangeWays:
        return ChangeWays(auth_key=self.auth_key, change=self.change([], device, ways=ways))

    def begin_again(self, device: bytes, *, ways: Sequence[WayIn] = ()) -> VaultChange:
        """What a reset says: another identity, this device alone, a new own chain."""
        self.seeds, self.kem_keys = {}, {}
        statements = [self.genesis(), self.list_devices([device])]
        self.g, self.g_hash = 0, NO_HASH
        return self.change(statements, device, new=[device], ways=ways)

    def reset(self, device: bytes, token: str, new: bytes) -> ResetChain:
        """Begin anew on a device, which must not use its old signing key: ids keep theirs for ever."""
        seed = self.seeds.get(device)
        statements_of = self.genesis()
        self.seeds = {} if seed is None else {device: seed}
        self.g, self.g_hash, self.auth_key = 0, NO_HASH, new
        statements = [statements_of, self.list_devices([device])]
        change = self.change(statements, device, new=[device])
        return ResetChain(token=token, new_auth_key=new, kdf=KDF, change=change)

    def renew(self, device: bytes) -> Renew:
        generation, receive = self.generation(device), self.receive(device)
        return Renew(generation=generation, receive=receive, rows=[self.receive_row()])


def make_way(proof: bytes | None, *, kind: int = 1, name: bytes = b"w" * 16) -> WayIn:
    """A way in as the server sees one; without a proof its hash is the one that is known."""
    proof_hash = None if proof is None else sha256(proof)
    way_in = secrets.token_bytes(1232)
    return WayIn(kind=1 if kind == 1 else 2, id=name.hex(), way_in=way_in, proof_hash=proof_hash)
