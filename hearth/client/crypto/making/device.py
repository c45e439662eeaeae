"""Who makes something, and where that device stands: its key, its clock, what it has seen of the log."""

from dataclasses import dataclass

from hearth.sealed.core.packed import Place


@dataclass(frozen=True, slots=True)
class OwnDevice:
    """The device that signs: whose it is, its id, the Ed25519 seed."""

    user: int
    device: bytes
    sign_seed: bytes


@dataclass(frozen=True, slots=True)
class Moment:
    """`time` in ms by the device's clock; `seen` is the highest place of the log that it has checked."""

    time: int
    seen: Place
