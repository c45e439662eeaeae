"""What a private row is called, and what is stored of it."""

from typing import NamedTuple


class Name(NamedTuple):
    """Under what a row is stored."""

    kind: int
    place: bytes


class Stored(NamedTuple):
    """A row as stored."""

    kind: int
    place: bytes
    position: int
    version: int
    g: int
    sealed: bytes

    @property
    def name(self) -> Name:
        return Name(self.kind, self.place)
