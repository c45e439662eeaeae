"""Statements of the own user chain that are not sent yet, each judged as everybody will judge it."""

from collections.abc import Iterable

from hearth.client.crypto.making.device import OwnDevice
from hearth.sealed.core import ed25519, hpke
from hearth.sealed.core.packed import Head
from hearth.sealed.person.user_chain import (
    IDENTITY_SIGNS,
    NO_HASH,
    Body,
    Device,
    Devices,
)
from hearth.sealed.person.user_state import ChainState, apply_statement, next_statement

FORMATS = (1,)
"""The record formats that this library reads."""


class Draft:
    """What is said on top of a state; `time` in ms. Raises Rejected(not_allowed) for what may not be said."""

    def __init__(self, server: bytes, user: int, state: ChainState | None, time: int) -> None:
        self.statements: list[bytes] = []
        self._server, self._user, self._time = server, user, time
        self._state = state

    @property
    def state(self) -> ChainState:
        """The state after all that was said."""
        assert self._state is not None  # a draft without a state begins with genesis
        return self._state

    @property
    def head(self) -> Head:
        return Head(0, NO_HASH) if self._state is None else self._state.head

    def say_by_identity(self, body: Body, identity_seed: bytes) -> None:
        self._say(body, IDENTITY_SIGNS, identity_seed)

    def say_by_device(self, body: Body, by: OwnDevice) -> None:
        self._say(body, by.device, by.sign_seed)

    def list_devices(self, devices: Iterable[Device], identity_seed: bytes) -> None:
        """Say which devices there are."""
        ordered = sorted(devices, key=lambda device: device.device)
        self.say_by_identity(Devices(tuple(ordered)), identity_seed)

    def _say(self, body: Body, signer: bytes, seed: bytes) -> None:
        statement = next_statement(
            self._state, self._server, self._user, body, signer=signer, time=self._time
        )
        signed = statement.sign(seed)
        self._state = apply_statement(self._state, self._server, self._user, signed)
        self.statements.append(signed)


def describe_device(device: bytes, sign_seed: bytes, kem_seed: bytes) -> Device:
    """Return a device as the list names it."""
    kem_hash = hpke.kem_hash(hpke.public_key(kem_seed))
    return Device(device, ed25519.public_key(sign_seed), kem_hash, FORMATS)
