"""The log of a conversation as far as a client has it: entries, and every H it can compute (section 8.5)."""

from collections.abc import Iterator, Sequence

from hearth.client.crypto.log.chain import first_hash, next_hash
from hearth.client.crypto.log.rows import Row
from hearth.sealed.core.packed import Place
from hearth.sealed.core.verdicts import Verdict, require

HASH = 32


class Log:
    """Pages in any order. A known (seq, H) never changes; bytes that are known stay when they are emptied.

    What is told beside the bytes counts as it was told last.
    """

    def __init__(self, conversation: bytes) -> None:
        self.conversation = conversation
        self.rows: dict[int, Row] = {}
        self.hashes: dict[int, bytes] = {0: first_hash(conversation)}

    @property
    def last(self) -> int:
        return max(self.rows, default=0)

    @property
    def place(self) -> Place:
        """The highest known entry with its H: what a maker states as `seen`."""
        return Place(self.last, self.hashes[self.last])

    def take_page(self, before: bytes, rows: Sequence[Row]) -> None:
        """Take entries that follow each other; `before` is H of the entry before the first, by the server.

        Raises Rejected: malformed (a gap within, a hash that is not the record's), fork; nothing is kept.
        """
        if not rows:
            return
        require(rows[0].seq >= 1, Verdict.MALFORMED, "entries begin with 1")
        told = (before, *(row.record_hash for row in rows))
        require(all(len(one) == HASH for one in told), Verdict.MALFORMED, "a hash of another length")
        hashes = {rows[0].seq - 1: before}
        for i, row in enumerate(rows):
            require(row.seq == rows[0].seq + i, Verdict.MALFORMED, "a page with a gap")
            require(row.is_consistent(), Verdict.MALFORMED, "a hash that is not that of the record")
            hashes[row.seq] = next_hash(hashes[row.seq - 1], row.seq, row.kind, row.user, row.record_hash)
        for seq, value in hashes.items():
            require(self.hashes.get(seq, value) == value, Verdict.FORK, "a known part of the log changes")
        self.hashes |= hashes
        for row in rows:
            known = self.rows.get(row.seq)
            if known is None or not row.is_emptied:
                self.rows[row.seq] = row

    def take_single(self, row: Row) -> None:
        """Take an entry whose place in the chain is not known. Raises Rejected(malformed)."""
        require(row.is_consistent(), Verdict.MALFORMED, "a hash that is not that of the record")
        self.rows.setdefault(row.seq, row)

    def forget_below(self, seq: int) -> None:
        """Let go of the entries before one, and of their hashes."""
        self.rows = {at: row for at, row in self.rows.items() if at >= seq}
        self.hashes = {at: value for at, value in self.hashes.items() if at >= seq - 1 or at == 0}

    def knows(self, place: Place) -> bool | None:
        """Tell whether a stated place is on this log; None where it is not known."""
        known = self.hashes.get(place.seq)
        return None if known is None else known == place.hash

    def has_all(self, first: int, last: int) -> bool:
        """Tell whether every entry from `first` to `last` is known."""
        return all(seq in self.rows for seq in range(first, last + 1))

    def list_rows(self) -> list[Row]:
        """Return all known entries, oldest first."""
        return [self.rows[seq] for seq in sorted(self.rows)]

    def list_stretches(self) -> Iterator[list[Row]]:
        """Yield runs of entries without a gap, oldest first."""
        run: list[Row] = []
        for row in self.list_rows():
            if run and row.seq != run[-1].seq + 1:
                yield run
                run = []
            run.append(row)
        if run:
            yield run
