"""What a user chain says after each statement, and the checks of the next one in order (section 5.1)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from hearth.sealed.core import ed25519
from hearth.sealed.core.packed import Head
from hearth.sealed.core.statements import Signed
from hearth.sealed.core.verdicts import Rejected, Verdict, require
from hearth.sealed.person.user_chain import (
    BY_IDENTITY,
    IDENTITY_SIGNS,
    NO_HASH,
    Body,
    Device,
    Devices,
    Genesis,
    Identity,
    Profile,
    UserStatement,
    VaultStatement,
    proof_message,
    read_user_statement,
)


@dataclass(frozen=True, slots=True)
class ChainState:
    """A person after statement n.

    `retired` are the devices that are not listed and left last by their own `retire`; `device_keys` and
    `identity_keys` are all that there ever were.
    """

    n: int
    hash: bytes
    identity_key: bytes
    incarnation: int
    username: str
    devices: Mapping[bytes, Device] = field(default_factory=dict)
    retired: frozenset[bytes] = frozenset()
    vault: VaultStatement | None = None
    display_name: str | None = None
    avatar: bytes | None = None
    device_keys: Mapping[bytes, bytes] = field(default_factory=dict)
    identity_keys: frozenset[bytes] = frozenset()

    @property
    def head(self) -> Head:
        return Head(self.n, self.hash)


def next_statement(
    state: ChainState | None, server: bytes, user: int, body: Body, *, signer: bytes, time: int
) -> UserStatement:
    """Return the statement that says `body` after a state, for `signer` (IDENTITY_SIGNS or a device) to sign.

    `time` in ms since 1970. Nothing is judged: apply_statement tells whether it may be said.
    """
    n, previous = _next_link(state)
    kind, packed = body.KIND, body.pack()
    return UserStatement(server, user, n, previous, kind, packed, time, signer, ())


def apply_statement(state: ChainState | None, server: bytes, user: int, data: bytes) -> ChainState:
    """Return the state after a statement.

    Raises Rejected: malformed, unsupported, wrong_place, wrong_link, not_allowed, bad_key, not_listed,
    bad_signature.
    """
    signed = read_user_statement(data)
    statement = signed.body
    is_here = statement.server == server and statement.user == user
    require(is_here, Verdict.WRONG_PLACE, "a statement of somebody else's chain")
    _check_link(state, statement)
    body = statement.content()
    for key in _keys_in(body):
        ed25519.check_key(key)
    _check_signatures(state, signed, body)
    if isinstance(body, Genesis):
        return _begin(state, signed, body)
    assert state is not None  # only genesis passes _check_link without one
    return replace(_change(state, statement, body), n=statement.n, hash=signed.hash)


def _check_link(state: ChainState | None, statement: UserStatement) -> None:
    n, previous = _next_link(state)
    fits = statement.n == n and statement.previous == previous
    require(fits, Verdict.WRONG_LINK, "not the next statement of this chain")
    is_begun = state is not None or isinstance(statement.content(), Genesis)
    require(is_begun, Verdict.NOT_ALLOWED, "a chain begins with genesis")


def _next_link(state: ChainState | None) -> tuple[int, bytes]:
    """Return n and `previous` of the statement after a state."""
    return (1, NO_HASH) if state is None else (state.n + 1, state.hash)


def _keys_in(body: Body) -> tuple[bytes, ...]:
    if isinstance(body, Genesis | Identity):
        return (body.identity_key,)
    if isinstance(body, Devices):
        return tuple(device.sign_key for device in body.devices)
    return ()


def _check_signatures(state: ChainState | None, signed: Signed[UserStatement], body: Body) -> None:
    statement = signed.body
    if statement.kind in BY_IDENTITY:
        require(statement.signer == IDENTITY_SIGNS, Verdict.NOT_LISTED, "only the identity key may say this")
        key = body.identity_key if isinstance(body, Genesis) else _known(state).identity_key
    else:
        device = _known(state).devices.get(statement.signer)
        if device is None:
            raise Rejected(Verdict.NOT_LISTED, "the signer is no device of this person")
        key = device.sign_key
    signed.verify(key)
    if isinstance(body, Identity):
        new = body.identity_key
        message = proof_message(statement.server, statement.user, statement.n, statement.previous, new)
        ed25519.verify(new, body.proof, message)


def _known(state: ChainState | None) -> ChainState:
    assert state is not None  # only genesis passes _check_link without one
    return state


def _begin(state: ChainState | None, signed: Signed[UserStatement], body: Genesis) -> ChainState:
    begun = ChainState(
        n=signed.body.n,
        hash=signed.hash,
        identity_key=body.identity_key,
        incarnation=1,
        username=body.username,
        identity_keys=frozenset({body.identity_key}),
    )
    if state is None:
        return begun
    require(body.username == state.username, Verdict.NOT_ALLOWED, "a reset under another username")
    return replace(
        begun,
        incarnation=state.incarnation + 1,
        display_name=state.display_name,
        avatar=state.avatar,
        device_keys=state.device_keys,
        identity_keys=_with_identity(state, body.identity_key),
    )


def _change(state: ChainState, statement: UserStatement, body: Body) -> ChainState:
    if isinstance(body, Devices):
        return _list_devices(state, body)
    if isinstance(body, Identity):
        keys = _with_identity(state, body.identity_key)
        return replace(state, identity_key=body.identity_key, identity_keys=keys)
    if isinstance(body, VaultStatement):
        rises = body.version > (0 if state.vault is None else state.vault.version)
        require(rises, Verdict.NOT_ALLOWED, "the vault version does not rise")
        return replace(state, vault=body)
    if isinstance(body, Profile):
        return replace(state, display_name=body.display_name, avatar=body.avatar)
    left = {device: entry for device, entry in state.devices.items() if device != statement.signer}
    return replace(state, devices=left, retired=state.retired | {statement.signer})


def _list_devices(state: ChainState, body: Devices) -> ChainState:
    known = dict(state.device_keys)
    owners = {key: device for device, key in known.items()}
    for device in body.devices:
        keeps = known.setdefault(device.device, device.sign_key) == device.sign_key
        require(keeps, Verdict.NOT_ALLOWED, "a device id with another key")
        is_own = owners.setdefault(device.sign_key, device.device) == device.device
        require(is_own, Verdict.NOT_ALLOWED, "a device key under another id")
        require(
            device.sign_key not in state.identity_keys, Verdict.NOT_ALLOWED, "an identity key as a device key"
        )
    listed = {one.device: one for one in body.devices}
    return replace(state, devices=listed, retired=state.retired - listed.keys(), device_keys=known)


def _with_identity(state: ChainState, key: bytes) -> frozenset[bytes]:
    require(key not in state.identity_keys, Verdict.NOT_ALLOWED, "an identity key that was there before")
    require(key not in state.device_keys.values(), Verdict.NOT_ALLOWED, "a device key as an identity key")
    return state.identity_keys | {key}
