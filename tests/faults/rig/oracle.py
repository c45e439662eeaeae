"""The judge: compares the database, row by row, with what every bot intended, was told and saw.

It has its own arithmetic of the log hash and trusts neither server nor client library. Each violation names
its invariant (docs/reliability.md); I7 and I8 are measured elsewhere and reported in the same form.
"""

import hashlib
import struct
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tests.faults.rig.journal import Acked, Failed, Intent, Journal, Line, Received, Refused
from tests.faults.rig.stored import KIND_MESSAGE, Row, Stored

LABEL = b"hearth log v1\0"
FIELDS = struct.Struct(">QHQ")


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken promise."""

    invariant: str
    what: str

    def __str__(self) -> str:
        return f"{self.invariant}: {self.what}"


@dataclass
class Report:
    """What a run came to. `latencies` are seconds from intent to ack, `delays` from ack to each receipt."""

    violations: list[Violation]
    intents: int = 0
    acked: int = 0
    rows: int = 0
    received: int = 0
    latencies: list[float] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)

    def require_clean(self) -> None:
        """Raise AssertionError naming the first violations of each invariant."""
        counts = Counter(violation.invariant for violation in self.violations)
        shown = "\n".join(str(violation) for violation in self.violations[:12])
        assert not self.violations, f"{dict(counts)}\n{shown}"
        assert self.acked, "nothing was acknowledged: the run proves nothing"

    def __str__(self) -> str:
        return (
            f"{self.intents} intended, {self.acked} acked, {self.rows} rows, {self.received} received, "
            f"ack p50 {quantile(self.latencies, 0.5):.3f} s p99 {quantile(self.latencies, 0.99):.3f} s, "
            f"{len(self.violations)} violations"
        )


@dataclass
class Evidence:
    """A run's journals, sorted once."""

    journals: Sequence[Journal]
    intents: dict[str, Intent] = field(default_factory=dict)
    acks: list[Acked] = field(default_factory=list)
    refusals: list[Refused] = field(default_factory=list)
    received: dict[str, list[Received]] = field(default_factory=dict)
    failures: list[tuple[str, str]] = field(default_factory=list)
    owners: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for journal in self.journals:
            self.received[journal.device] = []
            for line in journal.lines():
                self._take(journal, line)

    def _take(self, journal: Journal, line: Line) -> None:
        if isinstance(line, Intent):
            self.intents[line.client_id] = line
            self.owners[line.client_id] = journal.user_id
        elif isinstance(line, Acked):
            self.acks.append(line)
        elif isinstance(line, Refused):
            self.refusals.append(line)
        elif isinstance(line, Received):
            self.received[journal.device].append(line)
        elif isinstance(line, Failed):
            self.failures.append((journal.device, line.reason))


def judge(stored: Stored, journals: Sequence[Journal]) -> Report:
    """Hold I1 to I6 against the evidence."""
    evidence = Evidence(journals)
    by_id: dict[str, list[Row]] = defaultdict(list)
    for row in stored.rows:
        by_id[row.client_id].append(row)
    report = Report(
        [
            *check_acked_are_stored(evidence, by_id),
            *check_all_arrived(evidence, stored),
            *check_nothing_twice(evidence, by_id),
            *check_logs(stored),
            *check_agreement(evidence, stored),
            *check_cursors(evidence, stored),
            *check_audiences(evidence, stored),
            *check_shown_as_sent(evidence, by_id),
        ],
        intents=len(evidence.intents),
        acked=len(evidence.acks),
        rows=len(stored.rows),
        received=sum(map(len, evidence.received.values())),
    )
    measure(report, evidence)
    return report


def check_acked_are_stored(evidence: Evidence, by_id: dict[str, list[Row]]) -> Iterator[Violation]:
    for ack in evidence.acks:
        rows = [row for row in by_id[ack.client_id] if row.conversation_id == ack.conversation_id]
        if len(rows) != 1:
            yield Violation("I1", f"acked {ack.client_id} at {ack.seq} is stored {len(rows)} times")
        elif (rows[0].seq, rows[0].log_hash) != (ack.seq, ack.log_hash):
            yield Violation("I1", f"acked {ack.client_id} at {ack.seq}, but it stands at {rows[0].seq}")


def check_all_arrived(evidence: Evidence, stored: Stored) -> Iterator[Violation]:
    """Every row reached every device of every member that was online at the end."""
    for journal in evidence.journals:
        if not journal.is_settled:
            continue
        got = {(line.conversation_id, line.seq) for line in evidence.received[journal.device]}
        for row in stored.rows:
            head = stored.heads[row.conversation_id]
            if row.kind != KIND_MESSAGE:
                continue
            if journal.user_id in head.members and (row.conversation_id, row.seq) not in got:
                yield Violation(
                    "I1", f"{journal.device} never got seq {row.seq} of {row.conversation_id[:8]}"
                )


def check_nothing_twice(evidence: Evidence, by_id: dict[str, list[Row]]) -> Iterator[Violation]:
    for client_id, rows in by_id.items():
        places = {(row.conversation_id, row.from_user) for row in rows}
        if len(places) != len(rows):
            yield Violation("I2", f"{client_id} is stored {len(rows)} times")
    for device, lines in evidence.received.items():
        seqs: dict[tuple[str, str], int] = {}
        for line in lines:
            key = (line.conversation_id, line.client_id)
            if seqs.setdefault(key, line.seq) != line.seq:
                yield Violation("I2", f"{device} saw {line.client_id} at {seqs[key]} and at {line.seq}")
    answers: dict[str, Acked] = {}
    for ack in evidence.acks:
        first = answers.setdefault(ack.client_id, ack)
        if first.seq != ack.seq:
            yield Violation("I2", f"{ack.client_id} was acked at {first.seq} and at {ack.seq}")


def check_logs(stored: Stored) -> Iterator[Violation]:
    """Seqs have no gap, ordinals count messages, every hash follows, and the head is the last row."""
    ends: dict[str, tuple[int, int, bytes]] = {
        key: (0, 0, hashlib.sha256(LABEL + bytes.fromhex(key)).digest()) for key in stored.heads
    }
    for row in stored.rows:
        seq, ordinal, before = ends[row.conversation_id]
        where = f"seq {row.seq} of {row.conversation_id[:8]}"
        if row.seq != seq + 1:
            yield Violation("I3", f"{where} follows {seq}")
        ordinal += row.kind == KIND_MESSAGE
        if row.ordinal != ordinal:
            yield Violation("I3", f"{where} has the ordinal {row.ordinal} instead of {ordinal}")
        if row.record and hashlib.sha256(row.record).digest() != row.record_hash:
            yield Violation("I3", f"{where} has another record than its hash says")
        log_hash = hashlib.sha256(
            before + FIELDS.pack(row.seq, row.kind, row.from_user) + row.record_hash
        ).digest()
        if log_hash != row.log_hash:
            yield Violation("I3", f"the log hash of {where} does not follow")
        ends[row.conversation_id] = (row.seq, row.ordinal, row.log_hash)
    for key, head in stored.heads.items():
        if (head.last_seq, head.last_ordinal, head.log_hash) != ends[key]:
            yield Violation(
                "I3", f"the head of {key[:8]} says {head.last_seq}, its log ends at {ends[key][0]}"
            )


def check_agreement(evidence: Evidence, stored: Stored) -> Iterator[Violation]:
    """All devices see at a seq what the database has there; no device gave up."""
    at = {(row.conversation_id, row.seq): row for row in stored.rows}
    for device, reason in evidence.failures:
        yield Violation("I3", f"{device} gave up: {reason}")
    for device, lines in evidence.received.items():
        for line in lines:
            row = at.get((line.conversation_id, line.seq))
            if row is None:
                yield Violation("I3", f"{device} saw seq {line.seq}, which is not stored")
            elif (row.log_hash, row.record_hash, row.client_id, row.from_user) != (
                *(line.log_hash, line.record_hash, line.client_id, line.from_user),
            ):
                yield Violation("I3", f"{device} saw something else at seq {line.seq}")


def check_cursors(evidence: Evidence, stored: Stored) -> Iterator[Violation]:
    """A device walks each log one by one; a restart may repeat what it had not finished, never skip.

    What is no message, such as an epoch, is passed over: programs are not given it.
    """
    others = {(row.conversation_id, row.seq) for row in stored.rows if row.kind != KIND_MESSAGE}
    for device, lines in evidence.received.items():
        reached: dict[str, int] = defaultdict(int)
        for line in lines:
            while (line.conversation_id, reached[line.conversation_id] + 1) in others:
                reached[line.conversation_id] += 1
            if line.seq > reached[line.conversation_id] + 1:
                yield Violation("I4", f"{device} went from {reached[line.conversation_id]} to {line.seq}")
            reached[line.conversation_id] = max(reached[line.conversation_id], line.seq)


def check_audiences(evidence: Evidence, stored: Stored) -> Iterator[Violation]:
    for journal in evidence.journals:
        for line in evidence.received[journal.device]:
            head = stored.heads.get(line.conversation_id)
            if head is None or journal.user_id not in head.members:
                yield Violation("I5", f"{journal.device} is no member and saw seq {line.seq}")


def check_shown_as_sent(evidence: Evidence, by_id: dict[str, list[Row]]) -> Iterator[Violation]:
    """What is acked or stored was intended by this user as it stands; what was refused is not there."""
    for ack in evidence.acks:
        if not by_id[ack.client_id]:
            yield Violation("I6", f"{ack.client_id} is shown as sent and is nowhere")
    for refusal in evidence.refusals:
        if by_id[refusal.client_id]:
            yield Violation("I6", f"{refusal.client_id} was refused ({refusal.code}) and is stored")
    shown: dict[str, set[bytes]] = defaultdict(set)
    for lines in evidence.received.values():
        for line in lines:
            shown[line.client_id].add(line.content_hash)
    for client_id, rows in by_id.items():
        intent = evidence.intents.get(client_id)
        for row in rows:
            if row.kind != KIND_MESSAGE:
                continue
            if intent is None:
                yield Violation("I6", f"{client_id} is stored and nobody sent it")
            elif row.from_user != evidence.owners[client_id]:
                yield Violation("I6", f"{client_id} is stored as somebody else")
            elif row.record_hash != intent.content_hash and shown[client_id] - {intent.content_hash}:
                yield Violation("I6", f"{client_id} is shown as something else")


def measure(report: Report, evidence: Evidence) -> None:
    acked_at = {ack.client_id: ack.at for ack in evidence.acks}
    report.latencies = [
        ack.at - evidence.intents[ack.client_id].at
        for ack in evidence.acks
        if ack.client_id in evidence.intents
    ]
    report.delays = [
        line.at - acked_at[line.client_id]
        for lines in evidence.received.values()
        for line in lines
        if line.client_id in acked_at
    ]


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value below which this share lies; 0 without values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0
