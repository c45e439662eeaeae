"""Where "the server has withheld or changed something here" stands: seen, counters, emptied (section 8.5)."""

from collections.abc import Mapping

from hearth.client.crypto.log.log import Log
from hearth.client.crypto.log.marks import Marks
from hearth.client.crypto.log.rows import Judgement, Row, Withheld
from hearth.sealed.core.packed import Place
from hearth.sealed.core.verdicts import Verdict
from hearth.sealed.group.entries import EntryKind, Leave
from hearth.sealed.group.epoch import EpochRecord
from hearth.sealed.group.epochs import Epochs

GAP_AGE = 100
UNPROVEN = frozenset({Verdict.KEYLESS, Verdict.UNPROVEN, Verdict.UNSUPPORTED})
Judgements = Mapping[int, Judgement]


def find_deleted(log: Log, judgements: Judgements) -> frozenset[int]:
    """Return the seqs of known entries that accepted deletions target, with the right hash."""
    deletions = (judgements[row.seq] for row in log.list_rows() if row.kind == EntryKind.DELETION)
    return frozenset(judged.target for judged in deletions if judged.verdict is None and judged.target)


def find_rightly_emptied(log: Log, epochs: Epochs, judgements: Judgements, now: int) -> frozenset[int]:
    """Return the emptied entries that are right at `now` (the server's ms)."""
    deleted = find_deleted(log, judgements)
    return frozenset(
        row.seq
        for row in log.list_rows()
        if row.is_emptied and (_is_deleted(row, deleted) or _is_due(row, epochs, now))
    )


def _is_deleted(row: Row, deleted: frozenset[int]) -> bool:
    follows = row.kind in (EntryKind.EDIT, EntryKind.REACTION) and row.target_seq in deleted
    return row.seq in deleted or follows


def _is_due(row: Row, epochs: Epochs, now: int) -> bool:
    known = epochs.known.get(row.epoch)
    timer = 0 if known is None else known.epoch.record.settings.timer
    return timer > 0 and row.time + timer * 1000 <= now


def find_gaps(log: Log, judgements: Judgements) -> dict[int, Withheld]:
    """Return the entries before which a counter of the same device is missing and stays so.

    Only a proven entry shows that one is missing: any number can be told beside bytes that do not open. A gap
    shows once the entry above it is 100 entries old; a stretch that begins with entry 1 begins with counter
    1, others with the lowest proven one.
    """
    found = {}
    for stretch in log.list_stretches():
        last = stretch[-1].seq
        for counters in _counters_of(stretch, judgements).values():
            proven = {counter for counter, row in counters.items() if _is_proven(row, judgements[row.seq])}
            if not proven:
                continue
            before = 0 if stretch[0].seq == 1 else min(proven) - 1
            for counter in sorted(counters):
                seq = counters[counter].seq
                if counter > before + 1 and counter in proven and last - seq >= GAP_AGE:
                    found[seq] = Withheld.GAP
                before = max(before, counter)
    return found


def find_maybe_lost(
    log: Log, marks: Marks, judgements: Judgements, gaps: Mapping[int, Withheld]
) -> frozenset[int]:
    """Return those of the gaps before which a restore may have lost what is missing, as its device has shown
    nothing since that it has seen the log as it is (8.5).
    """
    found = set()
    for seq, withheld in gaps.items():
        restored = marks.restored_below(seq)
        if withheld is not Withheld.GAP or not restored:
            continue
        gap = log.rows[seq]
        before = [
            row
            for row in log.list_rows()
            if restored < row.seq < seq and (row.user, row.device) == (gap.user, gap.device)
        ]
        if not any(
            row.counter < gap.counter and has_seen(log, row, judgements[row.seq], restored) for row in before
        ):
            found.add(seq)
    return frozenset(found)


def has_seen(log: Log, row: Row, judged: Judgement, restored: int) -> bool:
    """Tell whether an accepted entry states a place from a restored entry on that is on this log."""
    place = _seen_of(row, judged)
    return place is not None and restored <= place.seq < row.seq and log.knows(place) is True


def _is_proven(row: Row, judged: Judgement) -> bool:
    return judged.is_signed or (row.is_unsealed and judged.verdict is None)


def _counters_of(stretch: list[Row], judgements: Judgements) -> dict[tuple[int, bytes], dict[int, Row]]:
    """Return rows by counter by device, of entries that are proven, or cannot be judged yet.

    Of two with one counter the first counts, a proven one before others.
    """
    found: dict[tuple[int, bytes], dict[int, Row]] = {}
    for row in stretch:
        judged = judgements[row.seq]
        is_proven = _is_proven(row, judged)
        if row.counter == 0 or not (is_proven or row.is_emptied or judged.verdict in UNPROVEN):
            continue
        counters = found.setdefault((row.user, row.device), {})
        known = counters.get(row.counter)
        if known is None or (is_proven and not _is_proven(known, judgements[known.seq])):
            counters[row.counter] = row
    return found


def find_unseen(log: Log, marks: Marks, judgements: Judgements) -> dict[int, Withheld]:
    """Return the accepted entries that state a place which is not on this log.

    Above a restored entry, places at or above it may be of the log before; they are judged from the first of
    the same device on that fits.
    """
    found = {}
    renewed: set[tuple[int, bytes, int]] = set()
    for row in log.list_rows():
        place = _seen_of(row, judgements[row.seq])
        if place is None:
            continue
        restored = marks.restored_below(row.seq)
        fits = place.seq < row.seq and log.knows(place) is not False
        if restored and place.seq >= restored:
            sender = (row.user, row.device, restored)
            if has_seen(log, row, judgements[row.seq], restored):
                renewed.add(sender)
            fits = fits or sender not in renewed
        if not fits:
            found[row.seq] = Withheld.SEEN
    return found


def _seen_of(row: Row, judged: Judgement) -> Place | None:
    if judged.verdict is not None or row.is_emptied:
        return None
    if judged.opened is not None:
        return judged.opened.inner.seen
    if row.kind == EntryKind.EPOCH and not row.is_unsealed:
        return EpochRecord.open(row.record).body.seen
    if row.kind == EntryKind.LEAVE and not row.is_unsealed:
        return Leave.open(row.record).body.seen
    return None
