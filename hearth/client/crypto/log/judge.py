"""The verdict on every known entry of a log, in the order of section 8.3.

It follows from what is known alone (entries, epochs, chains, keys), never from the order in which that came:
when something new comes, all is judged again; only the opening of records is remembered.
"""

from dataclasses import dataclass, field

from hearth.client.crypto.log.body import Content, read_body
from hearth.client.crypto.log.counters import Counters
from hearth.client.crypto.log.log import Log
from hearth.client.crypto.log.marks import Marks
from hearth.client.crypto.log.placement import check_place
from hearth.client.crypto.log.record import (
    Aad,
    Opened,
    check_target_hash,
    open_record,
)
from hearth.client.crypto.log.rights import check_target, check_writer, may_call_everybody
from hearth.client.crypto.log.rows import Aim, Judgement, Row
from hearth.client.crypto.log.sender import check_sender
from hearth.sealed.core.verdicts import Rejected, Verdict, require
from hearth.sealed.group.entries import FORMAT, EntryKind, check_form, read_kind
from hearth.sealed.group.epochs import Epochs

Sender = tuple[int, bytes]


@dataclass(slots=True)
class Judge:
    """One pass over a log. `counted_emptied` are emptied entries that are right: their counters are used."""

    log: Log
    epochs: Epochs
    marks: Marks
    has_head_row: bool
    opened: dict[tuple[Row, bytes], Opened | Rejected]
    counted_emptied: frozenset[int] = frozenset()
    judgements: dict[int, Judgement] = field(default_factory=dict)
    counters: dict[Sender, Counters] = field(default_factory=dict)
    highest_epochs: dict[Sender, int] = field(default_factory=dict)

    def judge_all(self) -> dict[int, Judgement]:
        """Return a judgement for each known entry by seq."""
        for row in self.log.list_rows():
            self.judgements[row.seq] = self.judge(row)
        return self.judgements

    def judge(self, row: Row) -> Judgement:
        """Return the judgement of the entry that comes after all that were judged by this."""
        if row.is_emptied:
            if row.seq in self.counted_emptied:
                self._use_counter(row)
            return Judgement(None)
        try:
            if row.kind in MARKS:
                MARKS[EntryKind(row.kind)](self.marks, row)
                return Judgement(None)
            if row.is_unsealed:
                read_kind(row.kind)
                self._check_unsealed(row)
                return Judgement(None)
            opened = self._open(row)
        except Rejected as rejected:
            return Judgement(rejected.verdict)
        return self._judge_opened(row, opened)

    def _check_unsealed(self, row: Row) -> None:
        """Below the entry of epoch 1 stands what is older than encryption; it names no epoch."""
        begin = self.epochs.entry_seq(1)
        is_old = not self.has_head_row and not self.epochs.known if begin is None else row.seq < begin
        require(is_old and row.epoch == 0, Verdict.NOT_SEALED, "not sealed, and not from before encryption")

    def _open(self, row: Row) -> Opened:
        """Steps 1 to 7."""
        read_kind(row.kind)  # a kind of later may have another form
        check_form(row.record)
        known = self.epochs.known.get(row.epoch)
        if known is None:
            raise Rejected(Verdict.UNPROVEN, "an epoch that is not known yet")
        is_new_enough = known.epoch.record.minimum_format <= FORMAT
        require(is_new_enough, Verdict.NOT_ALLOWED, "a format older than the epoch allows")
        sender = (row.user, row.device)
        highest = self.highest_epochs.get(sender, 0)
        check_place(row, self.marks, highest)
        sign_key = check_sender(self.epochs.people, known.epoch, row.user, row.device)
        self.highest_epochs[sender] = max(highest, row.epoch)
        if known.key is None:
            raise Rejected(Verdict.KEYLESS, "no key of this epoch")
        return self._open_once(row, known.key, known.epoch.hash, sign_key)

    def _open_once(self, row: Row, key: bytes, epoch_hash: bytes, sign_key: bytes) -> Opened:
        if (row, key) not in self.opened:
            place = Aad(
                conversation=self.epochs.where.conversation,
                epoch=row.epoch,
                epoch_hash=epoch_hash,
                user=row.user,
                device=row.device,
                client_id=row.client_id,
                counter=row.counter,
                kind=row.kind,
                target_seq=row.target_seq,
            )
            try:
                self.opened[row, key] = open_record(key, place, row.record, sign_key)
            except Rejected as rejected:
                self.opened[row, key] = rejected
        found = self.opened[row, key]
        if isinstance(found, Rejected):
            raise found
        return found

    def _judge_opened(self, row: Row, opened: Opened) -> Judgement:
        """Steps 8 to 11 and the body: row and record are this device's, whatever else is wrong."""
        target = self._find_target(row, opened)
        has_target = row.target_seq != 0
        aim = Aim.NONE if not has_target else Aim.UNKNOWN if target is None else Aim.KNOWN
        at = 0 if target is None else target.seq
        try:
            check_target_hash(row.target_seq, opened.inner.target_hash)
            is_below = row.target_seq < row.seq or self.marks.restored_below(row.seq) > 0
            require(is_below, Verdict.MALFORMED, "a target that comes later")
            self._check_counter(row)
            epoch = self.epochs.known[row.epoch].epoch
            check_writer(epoch, row)
            if target is not None:
                check_target(epoch, row, target)
                fits = target.record_hash == opened.inner.target_hash
                require(fits, Verdict.WRONG_TARGET, "other bytes than the sender aimed at")
            content = _read_content(row, opened)
        except Rejected as rejected:
            return Judgement(rejected.verdict, opened, aim=aim, target=at)
        return Judgement(None, opened, content, aim, at, may_call_everybody(epoch, row.user))

    def _check_counter(self, row: Row) -> None:
        is_new = row.counter > 0 and not self._counters_of(row).is_used(row.counter)
        require(is_new, Verdict.REPEATED_COUNTER, "a counter that this device has used")
        self._use_counter(row)

    def _use_counter(self, row: Row) -> None:
        self._counters_of(row).use(row.counter)

    def _counters_of(self, row: Row) -> Counters:
        return self.counters.setdefault((row.user, row.device), Counters())

    def _find_target(self, row: Row, opened: Opened) -> Row | None:
        """Return the known target: by its seq, or after a restore by its hash among the entries below."""
        if row.target_seq == 0:
            return None
        if not self.marks.restored_below(row.seq):
            return self.log.rows.get(row.target_seq)
        wanted = opened.inner.target_hash
        below = (seq for seq in sorted(self.log.rows) if seq < row.seq)
        return next((self.log.rows[seq] for seq in below if self.log.rows[seq].record_hash == wanted), None)


MARKS = {
    EntryKind.EPOCH: Marks.take_epoch,
    EntryKind.LEAVE: Marks.take_leave,
    EntryKind.RESTORED: Marks.take_restored,
}


def _read_content(row: Row, opened: Opened) -> Content | None:
    if row.kind == EntryKind.VOID:
        require(not opened.body, Verdict.MALFORMED, "a void with a body")
        return None
    return read_body(opened.body)
