"""Judging a log entry by entry as it comes, from wherever a device begins, with few entries at hand
(section 8.3).

The verdicts are those that a pass over the whole stretch would give: what a pass accumulates is kept, and an
entry that could not be judged yet is kept with all that follow it, to be judged again when something is
learnt.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from hearth.client.crypto.log.counters import Counters
from hearth.client.crypto.log.judge import Judge, Sender
from hearth.client.crypto.log.log import Log
from hearth.client.crypto.log.marks import Marks
from hearth.client.crypto.log.rows import Judgement, Row, Withheld
from hearth.client.crypto.log.withheld import find_unseen, has_seen
from hearth.sealed.core.packed import Place
from hearth.sealed.core.verdicts import Verdict
from hearth.sealed.group.entries import Restored
from hearth.sealed.group.epochs import Epochs

WAITING = frozenset({Verdict.UNPROVEN, Verdict.KEYLESS})
MOST_HELD = 500
REMEMBERED = 512
"""Entries that are kept for what aims at them and for what was seen of them."""


@dataclass(frozen=True, slots=True)
class Base:
    """Where a follower stands before the first entry that waits: its place, and the counters used up
    to there.
    """

    place: Place
    used: dict[Sender, int]


@dataclass(slots=True)
class _State:
    """What a pass has accumulated before an entry."""

    place: Place
    leaves: dict[tuple[int, int], bytes]
    first_leaves: dict[int, int]
    restores: dict[int, Restored]
    unproven: dict[int, int]
    counters: dict[Sender, Counters]
    highest_epochs: dict[Sender, int]


class Follower:
    """A device's reading of one log. `used` are the highest counters of senders up to where it begins."""

    def __init__(
        self,
        epochs: Epochs,
        generations: frozenset[bytes],
        used: Mapping[Sender, int],
        *,
        has_head_row: bool = False,
    ) -> None:
        self.log = Log(epochs.where.conversation)
        self.marks = Marks(epochs, generations)
        counters = {sender: Counters(floor) for sender, floor in used.items()}
        self._judge = Judge(self.log, epochs, self.marks, has_head_row, {}, counters=counters)
        self._base: _State | None = None
        self._held: list[Row] = []
        self.waiting: set[int] = set()
        self._renewed: dict[Sender, int] = {}
        self._unrenewed: set[int] = set()
        self.begin: int | None = None

    @property
    def has_head_row(self) -> bool:
        return self._judge.has_head_row

    @has_head_row.setter
    def has_head_row(self, value: bool) -> None:
        self._judge.has_head_row = value

    def find(self, seq: int) -> Judgement | None:
        """Return the judgement of an entry that was taken not long ago."""
        return self._judge.judgements.get(seq)

    def take(self, before: bytes, row: Row) -> Judgement:
        """Judge the entry after all that were taken; `before` is H of the one before it.

        Raises Rejected: malformed, fork.
        """
        self.log.take_page(before, [row])
        if self.begin is None:
            self.begin = row.seq
        state = None if self._held else self._copy(Place(row.seq - 1, before))
        judgement = self._take(row)
        if judgement.verdict in WAITING:
            self.waiting.add(row.seq)
            self._base = self._base or state
        if self.waiting:
            self._held.append(row)
            self._give_up_on_the_oldest()
        self._tidy()
        return judgement

    def learn(self) -> dict[int, Judgement]:
        """Judge again what waits, as something was learnt; gives the entries that wait no longer."""
        if self._base is None:
            return {}
        self._restore(self._base)
        settled = {}
        for row in self._held:
            judgement = self._take(row)
            if row.seq in self.waiting and judgement.verdict not in WAITING:
                settled[row.seq] = judgement
                self.waiting.discard(row.seq)
        if not self.waiting:
            self._base, self._held = None, []
        self._tidy()
        return settled

    def rows(self) -> dict[int, Row]:
        """Return the entries that are at hand."""
        return self.log.rows | {row.seq: row for row in self._held}

    def used(self) -> dict[Sender, int]:
        """Return the highest counter of each sender up to the last entry."""
        return _highest(self._judge.counters)

    def base(self) -> Base | None:
        """Return where one has to begin to come to the same judgements again; None when nothing waits."""
        return None if self._base is None else Base(self._base.place, _highest(self._base.counters))

    def is_unseen(self, seq: int) -> bool:
        """Tell whether an accepted entry states a place that is not on this log (8.5)."""
        row, judgement = self.log.rows.get(seq), self.find(seq)
        if row is None or judgement is None:
            return False
        one = Log(self.log.conversation)
        one.rows, one.hashes = {seq: row}, self.log.hashes
        return find_unseen(one, self.marks, {seq: judgement}).get(seq) is Withheld.SEEN

    def may_follow_loss(self, seq: int) -> bool:
        """Tell whether a restore may have lost what is missing before an entry: its device has shown nothing
        since that it has seen the log as it is (8.5).
        """
        return seq in self._unrenewed

    def _take(self, row: Row) -> Judgement:
        judgement = self._judge.judgements[row.seq] = self._judge.judge(row)
        restored, sender = self.marks.restored_below(row.seq), (row.user, row.device)
        if restored and self._renewed.get(sender, 0) < restored:
            self._unrenewed.add(row.seq)
            if has_seen(self.log, row, judgement, restored):
                self._renewed[sender] = restored
        return judgement

    def _give_up_on_the_oldest(self) -> None:
        """What waits with too many after it is left as it is."""
        while len(self._held) > MOST_HELD and self._base is not None:
            self.waiting.discard(self._held[0].seq)
            self._restore(self._base)
            kept = list(self._held)
            while kept and kept[0].seq not in self.waiting:
                row = kept.pop(0)
                self._take(row)
                self._base = self._copy(Place(row.seq, self.log.hashes[row.seq]))
            self._held = kept
            for row in kept:
                self._take(row)
            if not kept:
                self._base = None

    def _tidy(self) -> None:
        """Let go of what is far behind."""
        if not self._held:
            self._judge.opened.clear()
        last = self.log.last
        if len(self.log.rows) > 2 * REMEMBERED:
            self.log.forget_below(last - REMEMBERED)
            held = {row.seq for row in self._held}
            judgements = self._judge.judgements
            for seq in [seq for seq in judgements if seq <= last - REMEMBERED and seq not in held]:
                del judgements[seq]
            self._unrenewed = {seq for seq in self._unrenewed if seq > last - REMEMBERED}

    def _copy(self, place: Place) -> _State:
        marks, judge = self.marks, self._judge
        counters = {sender: counters.copy() for sender, counters in judge.counters.items()}
        return _State(
            place,
            dict(marks.leaves),
            dict(marks.first_leaves),
            dict(marks.restores),
            dict(marks.unproven),
            counters,
            dict(judge.highest_epochs),
        )

    def _restore(self, state: _State) -> None:
        marks, judge = self.marks, self._judge
        marks.leaves, marks.first_leaves = dict(state.leaves), dict(state.first_leaves)
        marks.restores, marks.unproven = dict(state.restores), dict(state.unproven)
        judge.counters = {sender: counters.copy() for sender, counters in state.counters.items()}
        judge.highest_epochs = dict(state.highest_epochs)


def _highest(counters: Mapping[Sender, Counters]) -> dict[Sender, int]:
    return {sender: counters.highest for sender, counters in counters.items() if counters.highest}
