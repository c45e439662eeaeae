"""The next generation, receive key and vault, as parts of a request (docs/protocol-encryption.md, 4,
6.1 to 6.3).
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hearth.client.crypto.making.device import OwnDevice
from hearth.directory.contract import NewReceive
from hearth.sealed.core import hpke
from hearth.sealed.core.hashing import sha256
from hearth.sealed.core.packed import Head
from hearth.sealed.core.verdicts import Rejected, Verdict, require
from hearth.sealed.person.generations import (
    VAULT_RECIPIENT,
    Generation,
    commit_generation,
    make_generation_key,
    seal_predecessor,
    wrap_generation,
)
from hearth.sealed.person.keyring import ReceiveRow, RowBody, RowId, RowPlace, VersionId, hash_set, seal_row
from hearth.sealed.person.receive import Receive
from hearth.sealed.person.user_chain import NO_HASH, VaultStatement
from hearth.sealed.person.user_state import ChainState
from hearth.sealed.person.vault import (
    OwnHead,
    Vault,
    VaultPlace,
    Way,
    commit_vault,
    make_vault_key,
    seal_vault,
    seal_way,
    wrap_by_password,
)
from hearth.vault.contract import GenerationWrap, NewGeneration, NewRow, NewVault, WayIn

MOST_ROWS = 600
"""So many rows go with a generation: half a megabyte with all that is beside them."""
NO_KEY = bytes(32)
Row = tuple[RowId, RowBody]


@dataclass(frozen=True, slots=True)
class KeysPlan:
    """What the next generation and receive key are made of.

    `state` is after the statements of the request, `before` the newest generation (None where the own chain
    begins), `public_keys` those of the vault and of each listed device, `time` in ms.
    """

    server: bytes
    state: ChainState
    before: OwnHead | None
    public_keys: Mapping[bytes, bytes]
    carried: Sequence[Row]
    receive_version: int
    time: int


@dataclass(frozen=True, slots=True)
class MadeReceive:
    """The next receive statement, with its seed and its row for the keyring."""

    request: NewReceive
    version: int
    seed: bytes
    row: Row


@dataclass(frozen=True, slots=True)
class MadeKeys:
    """A generation and a receive key. `rows` go with them; for `later` the set has no room."""

    generation: NewGeneration
    g: int
    key: bytes
    receive: MadeReceive
    rows: list[NewRow]
    later: list[NewRow]


@dataclass(frozen=True, slots=True)
class MadeVault:
    """The next version of a vault: what is sent, what the chain says of it, its X-Wing public key."""

    request: NewVault
    statement: VaultStatement
    public_key: bytes


def make_keys(by: OwnDevice, plan: KeysPlan) -> MadeKeys:
    """Return the next generation and receive key. Raises Rejected(bad_key): not the key that is stated."""
    receive = make_receive(by, plan.server, plan.state.head, plan.receive_version + 1, plan.time)
    rows, others = _order_rows([*plan.carried, receive.row])
    later = [*rows[MOST_ROWS:], *others]
    key, g = make_generation_key(), 1 if plan.before is None else plan.before.g + 1
    generation = _make_generation(by, plan, g, key, rows[:MOST_ROWS])
    place = (plan.server, by.user, g, key)
    return MadeKeys(
        generation, g, key, receive, seal_rows(*place, rows[:MOST_ROWS]), seal_rows(*place, later)
    )


def _make_generation(by: OwnDevice, plan: KeysPlan, g: int, key: bytes, rows: Sequence[Row]) -> NewGeneration:
    state, before = plan.state, plan.before
    statement = Generation(
        server=plan.server,
        user=by.user,
        g=g,
        previous=NO_HASH if before is None else before.hash,
        chain=state.head,
        commitment=commit_generation(plan.server, by.user, g, key),
        set=hash_set((body.KIND, row_id.pack(), body.pack()) for row_id, body in rows),
        time=plan.time,
        device=by.device,
        extensions=(),
    )
    statement_hash = statement.hash()
    wraps = [
        GenerationWrap(
            recipient=recipient.hex(), wrap=wrap_generation(public, statement_hash, recipient, key)
        )
        for recipient, public in _find_recipients(plan).items()
    ]
    box = None if before is None else seal_predecessor(key, statement, before.key)
    return NewGeneration(statement=statement.sign(by.sign_seed), wraps=wraps, predecessor=box)


def _find_recipients(plan: KeysPlan) -> dict[bytes, bytes]:
    """Return the public keys of the vault and of all devices that the chain lists: as it names them."""
    vault = plan.state.vault
    if vault is None:
        raise Rejected(Verdict.NOT_ALLOWED, "generations need a vault")
    hashes = {VAULT_RECIPIENT: vault.kem_hash} | {
        device.device: device.kem_hash for device in plan.state.devices.values()
    }
    found = {}
    for recipient, kem_hash in hashes.items():
        public = plan.public_keys.get(recipient, b"")
        require(hpke.kem_hash(public) == kem_hash, Verdict.BAD_KEY, "not the key that the chain names")
        found[recipient] = public
    return found


def _order_rows(rows: Iterable[Row]) -> tuple[list[Row], list[Row]]:
    """Return rows in the order of a set, of several with one kind and id the first, and the others."""
    named: dict[tuple[int, bytes], Row] = {}
    others = list[Row]()
    for row_id, body in rows:
        name = body.KIND, row_id.pack()
        if name in named:
            others.append((row_id, body))
        else:
            named[name] = row_id, body
    return [named[name] for name in sorted(named)], others


def seal_rows(server: bytes, user: int, g: int, key: bytes, rows: Iterable[Row]) -> list[NewRow]:
    """Return rows as they are sent, under generation g."""
    sealed = []
    for row_id, body in rows:
        packed = row_id.pack()
        place = RowPlace(server, user, g, body.KIND, packed)
        kind: Any = body.KIND.value
        sealed.append(NewRow(g=g, kind=kind, id=packed, sealed=seal_row(key, place, body)))
    return sealed


def make_receive(by: OwnDevice, server: bytes, chain: Head, version: int, time: int) -> MadeReceive:
    """Return a receive statement with a fresh key."""
    seed = hpke.make_seed()
    public = hpke.public_key(seed)
    statement = Receive(server, by.user, version, hpke.kem_hash(public), chain, by.device, time, ())
    row = VersionId(version), ReceiveRow(statement.hash(), seed)
    request = NewReceive(statement=statement.sign(by.sign_seed), public_key=public)
    return MadeReceive(request, version, seed, row)


@dataclass(frozen=True, slots=True)
class VaultPlan:
    """What goes into a vault beside what is fresh in every version. `user_chain`: before its statement."""

    version: int
    identity_seed: bytes
    before: OwnHead | None
    user_chain: Head
    ways: tuple[Way, ...] = ()


def make_vault(server: bytes, user: int, kek: bytes, plan: VaultPlan) -> MadeVault:
    """Return a vault under a new VK and with a new X-Wing key, always (section 4.1); `kek` is the
    password's.
    """
    vault_key, kem_seed = make_vault_key(), secrets.token_bytes(32)
    place = VaultPlace(server, user, plan.version)
    before = plan.before or OwnHead(0, NO_HASH, NO_KEY)
    vault = Vault(plan.version, plan.identity_seed, kem_seed, before, plan.user_chain, plan.ways, ())
    sealed, public = seal_vault(vault_key, server, user, vault), hpke.public_key(kem_seed)
    ways = [
        WayIn(kind=1 if way.kind == 1 else 2, id=way.id.hex(), way_in=seal_way(way, place, vault_key))
        for way in plan.ways
    ]
    request = NewVault(sealed=sealed, password_wrap=wrap_by_password(kek, place, vault_key), ways=ways)
    commitment = commit_vault(place, vault_key)
    statement = VaultStatement(plan.version, sha256(sealed), commitment, hpke.kem_hash(public))
    return MadeVault(request, statement, public)
