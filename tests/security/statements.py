"""A chain that never changes, and bytes judged as its next statement: as they are, and well signed."""

from hearth.directory.rules import decode_state, encode_state, hash_receive, hash_statement
from hearth.sealed.core import ed25519
from hearth.sealed.core.statements import Statement
from hearth.sealed.core.verdicts import Rejected
from hearth.sealed.person.generations import Generation
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
    UserStatement,
    VaultStatement,
    make_proof,
)
from hearth.sealed.person.user_state import ChainState, apply_statement, next_statement
from hearth.vault.rules import hash_generation

SERVER, USER, TIME = b"s" * 16, 1, 1_790_000_000_000
IDENTITY, PHONE, OTHER = b"i" * 32, b"p" * 32, b"o" * 32
DEVICE, NEW_DEVICE = b"d" * 16, b"e" * 16


def write(body: Body, state: ChainState | None, signer: bytes = IDENTITY_SIGNS) -> bytes:
    """Return the next statement with this body, without its signature."""
    return next_statement(state, SERVER, USER, body, signer=signer, time=TIME).unsigned()


def sign(unsigned: bytes, seed: bytes) -> bytes:
    """Sign whatever there is, as anybody with an account may."""
    return unsigned + ed25519.sign(seed, UserStatement.LABEL + unsigned)


def list_device(device: bytes, seed: bytes) -> Device:
    return Device(device, ed25519.public_key(seed), b"k" * 32, (1,))


def begin() -> ChainState:
    """Return the state of a chain with a device and a vault."""
    state = None
    for body in (
        Genesis(ed25519.public_key(IDENTITY), "alice"),
        Devices((list_device(DEVICE, PHONE),)),
        VaultStatement(1, b"v" * 32, b"c" * 32, b"k" * 32),
    ):
        state = apply_statement(state, SERVER, USER, sign(write(body, state), IDENTITY))
    assert state is not None
    return state


STATE = begin()
PROOF = make_proof(OTHER, SERVER, USER, STATE.n + 1, STATE.hash)
BODIES: list[bytes] = [
    write(Devices((list_device(DEVICE, PHONE), list_device(NEW_DEVICE, OTHER))), STATE),
    write(Devices(()), STATE),
    write(Identity(ed25519.public_key(OTHER), PROOF), STATE),
    write(VaultStatement(2, b"w" * 32, b"c" * 32, b"k" * 32), STATE),
    write(Genesis(ed25519.public_key(OTHER), "alice"), STATE),
    write(Profile("Alice", NO_HASH), STATE, DEVICE),
    write(Retire(), STATE, DEVICE),
]
SIGNED: list[bytes] = [
    *(sign(body, IDENTITY) for body in BODIES),
    Generation(SERVER, USER, 1, NO_HASH, STATE.head, b"c" * 32, b"t" * 32, TIME, DEVICE, ()).sign(PHONE),
    Receive(SERVER, USER, 1, b"k" * 32, STATE.head, DEVICE, TIME, ()).sign(PHONE),
]


def judge_statement(data: bytes) -> None:
    """Nothing but verdicts; what is accepted is written in one way only, and its state is stored as it is."""
    for whole in (data, *(sign(data, seed) for seed in (IDENTITY, PHONE, OTHER))):
        try:
            state = apply_statement(STATE, SERVER, USER, whole)
        except Rejected:
            continue
        assert state.n == STATE.n + 1
        assert decode_state(encode_state(state)) == state
    formats: tuple[type[Statement], ...] = (UserStatement, Generation, Receive)
    for format_ in formats:
        try:
            signed = format_.open(data)
        except Rejected:
            continue
        assert signed.body.unsigned() + signed.signature == data
        assert signed.hash in (hash_statement(data), hash_receive(data), hash_generation(data))
