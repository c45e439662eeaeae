"""What can be asked of user chains and receive statements, and the requests that write them.

Each request is one transaction (docs/protocol-encryption.md, section 10). A repeat, every signed statement of
which is stored already, is answered as before. Conflicts: `chain_moved`, `vault_moved`, `generation_moved`,
`receive_moved`; what does not pass the checks is `not_accepted`, with the verdict in `fields`.
"""

from typing import Annotated, Literal

from msgspec import Meta, field

from hearth.accounts.contract import DeviceName, KdfParameters, OneTimeToken, Username
from hearth.contract import Command, DeviceId, Event, Hash32, Id, Shape, UserId
from hearth.vault.contract import (
    Counter,
    DeviceKey,
    Generation,
    KemKey,
    NewGeneration,
    NewRows,
    NewVault,
    Number,
    SealedBytes,
    Statement,
    WayInBytes,
    Wrap,
)

Statements = Annotated[list[Statement], Meta(min_length=1, max_length=4)]
NewDeviceKeys = Annotated[list[DeviceKey], Meta(max_length=51)]


class NewReceive(Shape, forbid_unknown_fields=True):
    """The next receive statement with the X-Wing public key that it names."""

    statement: Statement
    public_key: KemKey


class VaultChange(Shape, forbid_unknown_fields=True):
    """What goes together when the vault's version rises: statements of the user chain in their order, the
    vault, the X-Wing keys of the vault and of devices that are new in the list, a generation, a receive
    statement, rows: those of kinds 2 to 4 are the generation's set."""

    statements: Statements
    vault: NewVault
    generation: NewGeneration
    receive: NewReceive
    device_keys: NewDeviceKeys = field(default_factory=list)
    rows: NewRows = field(default_factory=list)


class ReceiveStatement(Shape):
    statement: Statement
    public_key: KemKey


class UserChain(Shape):
    """Statements of one person from above a number, in order. There is more when the last is below `n`."""

    user_id: UserId
    n: Counter
    statements: list[Statement]


class ChainHead(Shape):
    """How far somebody's chain and receive statements have come; 0 when there is none."""

    user_id: UserId
    n: Number
    hash: Hash32
    receive_version: Counter


class ChainHeads(Shape):
    heads: list[ChainHead]


class ReceiveStatements(Shape):
    """By version, ascending."""

    user_id: UserId
    statements: list[ReceiveStatement]


class ChainTaken(Shape):
    """The request was taken, now or before. `n` is the head of one's chain, `g` the newest generation."""

    n: Counter
    g: Counter


class ReadChain(Command, name="chain.read", limit="600/60s"):
    """A page of somebody's user chain; `not_found` for who may not see them. An empty one has `n` 0."""

    user_id: UserId
    after: Counter = 0


class ListChainHeads(Command, name="chain.heads", limit="120/60s"):
    """The heads of these people's chains. Who has none, and who one may not see, is left out."""

    user_ids: Annotated[list[UserId], Meta(min_length=1, max_length=500)]


class ReadReceive(Command, name="chain.receive", limit="600/60s"):
    """Somebody's newest receive statement, or those with these hashes; `not_found` as for `chain.read`."""

    user_id: UserId
    hashes: Annotated[list[Hash32], Meta(max_length=50)] = field(default_factory=list)


class SetUpChain(Command, name="chain.set_up", limit="20/600s", large=True):
    """Begin one's chain (10.1 b): genesis, `devices` with the asking device alone, `vault`, profile."""

    auth_key: Hash32
    change: VaultChange


class AddDevice(Command, name="chain.add_device", limit="20/600s", large=True):
    """Add the asking device to the list (10.2), with the newest generation `g` wrapped to it."""

    auth_key: Hash32
    statement: Statement
    device_key: KemKey
    g: Number
    wrap: Wrap


class RetireDevice(Command, name="chain.retire", limit="20/600s", per="device"):
    """Sign the asking device out (10.3): its `retire` statement; its session ends."""

    statement: Statement


class SetChainProfile(Command, name="chain.profile", limit="20/86400s"):
    """Say display name and picture in the chain: a `profile` statement of the asking device."""

    statement: Statement


class RemoveDevices(Command, name="chain.remove_devices", limit="20/600s", per="device", large=True):
    """Take devices off the list (10.4), with a generation for those left; the sessions of those gone end."""

    auth_key: Hash32
    statement: Statement
    generation: NewGeneration
    receive: NewReceive
    rows: NewRows = field(default_factory=list)


class ChangeSealedPassword(Command, name="chain.change_password", limit="5/600s", per="device", large=True):
    """Set a new password and the vault that it opens (10.5); with `identity` and `devices` also 10.7.

    `auth_key` is the old password's. Sessions of devices that are not in the list afterwards end.
    """

    auth_key: Hash32
    new_auth_key: Hash32
    kdf: KdfParameters
    change: VaultChange


class ChangeWays(Command, name="chain.change_ways", limit="20/600s", large=True):
    """Make, replace or drop ways into the vault, such as a recovery key (10.6); the password stays."""

    auth_key: Hash32
    change: VaultChange


class ResetChain(Command, name="chain.reset", limit="5/600s", per="device", large=True):
    """Begin anew by an administrator's one-time link on a device that is signed in (10.8)."""

    token: OneTimeToken
    new_auth_key: Hash32
    kdf: KdfParameters
    change: VaultChange


class Renew(Command, name="chain.renew", limit="20/600s", large=True):
    """Make the next generation, the next receive statement or both, with their rows."""

    generation: NewGeneration | None = None
    receive: NewReceive | None = None
    rows: NewRows = field(default_factory=list)


OfferedStatements = Annotated[list[Statement], Meta(max_length=50)]
OfferedReceives = Annotated[list[NewReceive], Meta(max_length=50)]


class OfferChain(Command, name="chain.offer", limit="20/600s", large=True):
    """After a restore: the next statements of one's chain and the next receive statements, as they were made.

    Of statements `devices`, `profile` and `retire` are taken; those from the first of another kind on are not
    offered: their vault is lost. `device_keys` are the X-Wing keys of devices that the server does not list.
    A device that is not in the list by then shows `listing`, a `devices` statement from further above that it
    is in: it is looked at and not stored. What is there already is passed over. `not_restored` (409): there
    was no restore of late; `chain_moved`, `receive_moved`: something else stands there now; `not_found`: the
    asking device is in no list.
    """

    statements: OfferedStatements = field(default_factory=list)
    receives: OfferedReceives = field(default_factory=list)
    device_keys: NewDeviceKeys = field(default_factory=list)
    listing: Statement | None = None


class RecoveryQuestion(Shape, forbid_unknown_fields=True):
    """Body of POST /api/recovery: the proof of a recovery key or passkey, instead of a session.

    `after` asks for the user chain's next page: there is more when the last statement is below `n`.
    """

    username: Username
    proof: Hash32
    after: Counter = 0


class Recovery(Shape):
    """What who has the proof begins with. `ticket` and `device_id` are for finishing this within an hour."""

    user_id: UserId
    server_id: Id
    ticket: str
    device_id: DeviceId
    version: Number
    sealed: SealedBytes
    kind: Literal[1, 2]
    id: Id
    way_in: WayInBytes
    statements: list[Statement]
    n: Number
    generation: Generation
    receive_version: Counter


class RecoveryFinish(Shape, forbid_unknown_fields=True):
    """Body of POST /api/recovery/finish: a new password with all that 10.5 asks for; other sessions end."""

    username: Username
    proof: Hash32
    ticket: Annotated[str, Meta(max_length=120)]
    new_auth_key: Hash32
    kdf: KdfParameters
    device_name: DeviceName
    change: VaultChange
    session: Literal["cookie", "bearer"] = "cookie"


class ResetQuestion(Shape, forbid_unknown_fields=True):
    """Body of POST /api/reset: an administrator's one-time link, on a device that is not signed in."""

    token: OneTimeToken


class Reset(Shape):
    """What a reset begins with: the head of the chain (0 and zeros without one), the device that will be."""

    user_id: UserId
    server_id: Id
    username: str
    device_id: DeviceId
    n: Counter
    hash: Hash32
    receive_version: Counter


class ResetFinish(Shape, forbid_unknown_fields=True):
    """Body of POST /api/reset/finish: `genesis` at n + 1 with all that follows (10.8); all sessions end."""

    token: OneTimeToken
    new_auth_key: Hash32
    kdf: KdfParameters
    device_name: DeviceName
    change: VaultChange
    session: Literal["cookie", "bearer"] = "cookie"


class ChainGrown(Event, name="chain.grown"):
    """To oneself and to everybody who holds one's card: there is a statement `n`."""

    user_id: UserId
    n: Number


class ReceiveRenewed(Event, name="chain.receive_renewed"):
    """To oneself and to everybody who holds one's card: wraps to older versions are no longer taken."""

    user_id: UserId
    version: Number
