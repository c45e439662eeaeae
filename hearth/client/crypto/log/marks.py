"""Signed entries that are not sealed: epochs, leaves, restores, and when each counts (section 8.6)."""

from dataclasses import dataclass, field

from hearth.client.crypto.log.rows import Row
from hearth.client.crypto.log.sender import check_sender
from hearth.sealed.core.verdicts import Rejected, Verdict, require
from hearth.sealed.group.entries import Leave, Restored, check_may_leave
from hearth.sealed.group.epoch import Epoch, EpochRecord, Kind
from hearth.sealed.group.epochs import Epochs


@dataclass(slots=True)
class Marks:
    """What counted so far in the order of the log: leaves by (epoch, user), and restores by seq.

    `generations` are the database generations that `sync.open` told; `unproven` are the seqs of entries of
    epochs that are not known yet, by n.
    """

    epochs: Epochs
    generations: frozenset[bytes]
    leaves: dict[tuple[int, int], bytes] = field(default_factory=dict)
    first_leaves: dict[int, int] = field(default_factory=dict)
    restores: dict[int, Restored] = field(default_factory=dict)
    unproven: dict[int, int] = field(default_factory=dict)

    def first_leave_since(self, n: int) -> int | None:
        """Return the seq of the first leave entry that counts above the entry of epoch n."""
        return min((seq for epoch_n, seq in self.first_leaves.items() if epoch_n >= n), default=None)

    def take_epoch(self, row: Row) -> EpochRecord:
        """Check the entry of an epoch.

        Raises Rejected: malformed, unsupported, wrong_place, unproven, fork, out_of_place.
        """
        signed = EpochRecord.open(row.record)
        record = signed.body
        self._check_row(row, record, record.n, record.actor, signed.hash)
        if record.n not in self.epochs.known:
            self.unproven.setdefault(record.n, row.seq)
        self._find_epoch(record.n, signed.hash)
        known = self.epochs.known[record.n]
        if known.entry_seq is None or row.seq < known.entry_seq:
            known.entry_seq = row.seq
        require(known.entry_seq == row.seq, Verdict.OUT_OF_PLACE, "a second entry of this epoch")
        return record

    def take_leave(self, row: Row) -> Leave:
        """Check a leave entry and count it.

        Raises Rejected: malformed, unsupported, wrong_place, unproven, fork, not_allowed, out_of_place,
        not_listed, bad_signature.
        """
        signed = Leave.open(row.record)
        leave = signed.body
        self._check_row(row, leave, leave.epoch, leave.user, signed.hash)
        epoch = self._find_epoch(leave.epoch, leave.record_hash)
        require(epoch.record.kind is Kind.GROUP, Verdict.NOT_ALLOWED, "one leaves groups only")
        entry = self.epochs.entry_seq(leave.epoch)
        if entry is None:
            raise Rejected(Verdict.UNPROVEN, "the entry of this epoch is not known yet")
        is_current = entry < row.seq and not self.epochs.list_between(leave.epoch, row.seq)
        require(is_current, Verdict.OUT_OF_PLACE, "not in the epoch that it names")
        is_judged = not self.has_unproven_between(leave.epoch, row.seq)
        require(is_judged, Verdict.UNPROVEN, "a later epoch that is not known yet")
        key = check_sender(self.epochs.people, epoch, leave.user, leave.device)
        signed.verify(key)
        self.check_may_leave(epoch, leave.user)
        self.leaves[leave.epoch, leave.user] = row.record_hash
        self.first_leaves.setdefault(leave.epoch, row.seq)
        return leave

    def take_restored(self, row: Row) -> Restored:
        """Check a restored entry and count it.

        Raises Rejected: malformed, unsupported, wrong_place, unproven, fork, not_allowed, not_listed,
        bad_signature.
        """
        signed = Restored.open(row.record)
        restored = signed.body
        self._check_row(row, restored, restored.epoch, restored.user, signed.hash)
        epoch = self._find_epoch(restored.epoch, restored.record_hash)
        told = restored.database_generation in self.generations
        counted = {known.database_generation for known in self.restores.values()}
        is_new = restored.database_generation not in counted
        require(
            told and is_new, Verdict.NOT_ALLOWED, "not a restore that the server told of, or a second one"
        )
        signed.verify(check_sender(self.epochs.people, epoch, restored.user, restored.device))
        self.restores[row.seq] = restored
        return restored

    def has_unproven_between(self, n: int, below: int) -> bool:
        """Tell whether the entry of an epoch after n that is not known yet stands below a seq."""
        return any(later > n and seq < below for later, seq in self.unproven.items())

    def restored_below(self, seq: int) -> int:
        """Return the seq of the last restored entry below `seq`, 0 without one."""
        return max((at for at in self.restores if at < seq), default=0)

    def _check_row(
        self, row: Row, body: EpochRecord | Leave | Restored, epoch: int, user: int, statement_hash: bytes
    ) -> None:
        """The row says what the statement says: section 8.2's client id and counter, and no target."""
        where = self.epochs.where
        is_here = body.server == where.server and body.conversation == where.conversation
        told = (row.user, row.device, row.client_id, row.counter, row.epoch, row.target_seq)
        fits = told == (user, body.device, statement_hash[:16], 0, epoch, 0)
        require(is_here and fits, Verdict.WRONG_PLACE, "a row that does not fit its statement")

    def _find_epoch(self, n: int, record_hash: bytes) -> Epoch:
        known = self.epochs.known.get(n)
        if known is None:
            raise Rejected(Verdict.UNPROVEN, "an epoch that is not known yet")
        require(known.epoch.hash == record_hash, Verdict.FORK, "another record of this epoch")
        return known.epoch

    def check_may_leave(self, epoch: Epoch, user: int) -> None:
        """Raise Rejected(not_allowed) for who is not there (any more), and for the last owner (8.6)."""
        check_may_leave(epoch, {left for n, left in self.leaves if n == epoch.record.n}, user)
