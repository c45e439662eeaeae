"""What a bot intended, was answered and received, written to a file of its own at that very moment."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import msgspec


class Intent(msgspec.Struct, frozen=True, tag=True):
    """A message is about to be sent for the first time: SHA-256 of its text, or of a record that is none."""

    at: float
    client_id: str
    conversation_id: str
    content_hash: bytes


class Acked(msgspec.Struct, frozen=True, tag=True):
    """The sender was told that the message is stored: from here on it counts as sent."""

    at: float
    client_id: str
    conversation_id: str
    seq: int
    log_hash: bytes


class Refused(msgspec.Struct, frozen=True, tag=True):
    """The sender was told that the message will not be stored."""

    at: float
    client_id: str
    code: str


class Received(msgspec.Struct, frozen=True, tag=True):
    """The message became visible on this device at this moment; `content_hash` as for Intent."""

    at: float
    conversation_id: str
    seq: int
    client_id: str
    from_user: int
    record_hash: bytes
    log_hash: bytes
    content_hash: bytes


class Failed(msgspec.Struct, frozen=True, tag=True):
    """The device gave up for good, e.g. because the log's hashes do not fit."""

    at: float
    reason: str


Line = Intent | Acked | Refused | Received | Failed
DECODER = msgspec.json.Decoder(Line)
ENCODER = msgspec.json.Encoder()


@dataclass
class Journal:
    """One device's file. `note` appends; `lines` reads everything back."""

    path: Path
    device: str
    user_id: int
    is_settled: bool = True
    """Whether the device was online at the end, so that all should have reached it."""
    _file: IO[bytes] | None = field(default=None, repr=False)

    def note(self, line: Line) -> None:
        if self._file is None:
            self._file = self.path.open("ab")
        self._file.write(ENCODER.encode(line) + b"\n")

    def lines(self) -> list[Line]:
        self.close()
        if not self.path.exists():
            return []
        return [DECODER.decode(line) for line in self.path.read_bytes().splitlines()]

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def now() -> float:
    """Seconds on a clock that never jumps."""
    return time.monotonic()
