"""A server that tells another log than it was given. What it tells hangs together: seqs and hashes follow."""

from dataclasses import dataclass, field, replace
from typing import Any

from hearth.client.crypto.log.chain import next_hash
from hearth.client.crypto.log.rows import Row
from tests.attacks.device import Device, Verdict
from tests.client.crypto.room import Room


@dataclass
class HostileServer:
    """Begins with the honest log of a room, and drops, swaps, repeats, alters, re-aims, empties entries."""

    room: Room
    rows: list[Row] = field(init=False)

    def __post_init__(self) -> None:
        self.rows = list(self.room.rows)

    def drop(self, seq: int) -> None:
        self.rows.pop(seq - 1)
        self._number()

    def swap(self, seq: int, other: int) -> None:
        self.rows[seq - 1], self.rows[other - 1] = self.rows[other - 1], self.rows[seq - 1]
        self._number()

    def repeat(self, seq: int) -> int:
        """Tell an entry once more at the end; returns its new seq."""
        self.rows.append(self.rows[seq - 1])
        self._number()
        return len(self.rows)

    def alter(self, seq: int, **changes: Any) -> None:
        """Tell something else beside an entry's record, or another record."""
        self.rows[seq - 1] = replace(self.rows[seq - 1], **changes)

    def empty(self, seq: int) -> None:
        """Say that an entry was deleted: its hash stays."""
        self.alter(seq, record=b"")

    def tell(self, device: Device, first: int = 1) -> Verdict:
        """Show a device the log from `first` on."""
        return device.reads(self.rows[first - 1 :], self.hashes()[first - 1])

    def hashes(self) -> list[bytes]:
        found = [self.room.hashes[0]]
        for row in self.rows:
            found.append(next_hash(found[-1], row.seq, row.kind, row.user, row.record_hash))
        return found

    def _number(self) -> None:
        self.rows = [replace(row, seq=seq) for seq, row in enumerate(self.rows, 1)]
