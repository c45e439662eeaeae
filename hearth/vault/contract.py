"""What can be asked of one's own vault, own chain and keyring, and the parts of requests that change them.

Everything here is sealed: the server knows lengths, order and hashes (docs/protocol-encryption.md, 4 and 6).
"""

from typing import Annotated, Literal

from msgspec import Meta, field

from hearth.contract import Command, DeviceId, Event, Hash32, Id, Shape

Statement = Annotated[bytes, Meta(min_length=66, max_length=16384)]
"""A signed statement, byte for byte."""
SealedBytes = Annotated[bytes, Meta(min_length=33, max_length=65536)]
Wrap = Annotated[bytes, Meta(min_length=1168, max_length=1168)]
SmallBox = Annotated[bytes, Meta(min_length=65, max_length=65)]
WayInBytes = Annotated[bytes, Meta(min_length=1232, max_length=1232)]
KemKey = Annotated[bytes, Meta(min_length=1216, max_length=1216)]
RowId = Annotated[bytes, Meta(min_length=8, max_length=24)]
RowBytes = Annotated[bytes, Meta(min_length=33, max_length=1024)]
Counter = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Number = Annotated[int, Meta(ge=1, le=2**53 - 1)]


class WayIn(Shape, forbid_unknown_fields=True):
    """A way into the vault beside the password: 1 a recovery key, 2 a passkey.

    `proof_hash` is SHA-256 of its proof; left out, the server keeps the one that it knows for this id.
    """

    kind: Literal[1, 2]
    id: Id
    way_in: WayInBytes
    proof_hash: Hash32 | None = None


class NewVault(Shape, forbid_unknown_fields=True):
    """A vault's next version, beside the statement that names it. Ways that are not listed are gone."""

    sealed: SealedBytes
    password_wrap: SmallBox
    ways: Annotated[list[WayIn], Meta(max_length=16)] = field(default_factory=list)


class DeviceKey(Shape, forbid_unknown_fields=True):
    """The X-Wing public key, whose hash the chain names, of a listed device or of the vault (32 zeros)."""

    device_id: DeviceId
    public_key: KemKey


class GenerationWrap(Shape, forbid_unknown_fields=True):
    """A generation's key, sealed to a device, or to the vault (32 zeros)."""

    recipient: Id
    wrap: Wrap


class NewGeneration(Shape, forbid_unknown_fields=True):
    """The own chain's next statement, a wrap for each listed device and the vault, the predecessor's box."""

    statement: Statement
    wraps: Annotated[list[GenerationWrap], Meta(min_length=2, max_length=51)]
    predecessor: SmallBox | None = None


class NewRow(Shape, forbid_unknown_fields=True):
    """A keyring row to append: 1 an epoch's seed, 2 a pin, 3 a head, 4 a receive seed."""

    g: Number
    kind: Literal[1, 2, 3, 4]
    id: RowId
    sealed: RowBytes


NewRows = Annotated[list[NewRow], Meta(max_length=1000)]


class KeyringRow(Shape):
    """A stored row. Positions only rise; after a reset they go on above the rows that are gone.

    `is_of_set` says that it came in the request of its generation, whose statement names the set.
    """

    position: Number
    g: Number
    kind: Literal[1, 2, 3, 4]
    id: RowId
    sealed: RowBytes
    is_of_set: bool = False


class Generation(Shape):
    """A statement of the own chain, with what is still kept of its wraps for the asker.

    `wrap` is for the asking device, when it is listed; `vault_wrap` is for the vault's key.
    """

    g: Number
    statement: Statement
    predecessor: SmallBox | None = None
    wrap: Wrap | None = None
    vault_wrap: Wrap | None = None


class OwnVault(Shape):
    """One's newest vault and generation. `is_listed` says whether the asking device stands in the user chain.

    Without a chain `version` is 0 and there is nothing else.
    """

    version: Counter
    is_listed: bool
    sealed: SealedBytes | None = None
    password_wrap: SmallBox | None = None
    ways: list[Id] = field(default_factory=list)
    generation: Generation | None = None
    keyring_position: Counter = 0


class Generations(Shape):
    """Newest first."""

    generations: list[Generation]


class DeviceKeys(Shape):
    device_keys: list[DeviceKey]


class KeyringPage(Shape):
    """Rows by position. `position` is that of the newest row; there is more when the last one is below it."""

    rows: list[KeyringRow]
    position: Counter


class KeyringTaken(Shape):
    """`position` is that of the newest row."""

    position: Counter


class GetVault(Command, name="vault.get", limit="60/60s"):
    """One's newest vault, its password wrap and the newest generation: where a new device begins."""


class ListGenerations(Command, name="vault.generations", limit="120/60s"):
    """A page of one's own chain, from below `before` or from the newest, newest first."""

    before: Number | None = None
    limit: Annotated[int, Meta(ge=1, le=50)] = 20


class ListDeviceKeys(Command, name="vault.device_keys", limit="60/60s"):
    """The X-Wing public keys of one's listed devices and of the vault; for listed devices only."""


class AppendRows(Command, name="keyring.append", limit="120/60s", large=True):
    """Append rows; those that are there already are passed over. For listed devices only."""

    rows: Annotated[list[NewRow], Meta(min_length=1, max_length=300)]


class ListRows(Command, name="keyring.list", limit="300/60s"):
    """A page of one's keyring from above a position; for listed devices only."""

    after: Counter = 0
    limit: Annotated[int, Meta(ge=1, le=500)] = 200


class KeyringGrown(Event, name="keyring.grown"):
    """To one's own devices: rows were appended."""

    position: Counter


class GenerationMade(Event, name="generation.made"):
    """To one's own devices: the own chain has grown to `g`, or begun again at 1."""

    g: Number
