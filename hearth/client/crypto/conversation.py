"""One conversation on one device: its epochs, its log, what follows from both (sections 7.5, 7.6 and 8)."""

from collections.abc import Sequence
from dataclasses import dataclass

from hearth.client.crypto.log.judge import Judge
from hearth.client.crypto.log.log import Log
from hearth.client.crypto.log.marks import Marks
from hearth.client.crypto.log.record import Opened
from hearth.client.crypto.log.rows import Judgement, Row, Withheld
from hearth.client.crypto.log.withheld import (
    find_gaps,
    find_maybe_lost,
    find_rightly_emptied,
    find_unseen,
)
from hearth.sealed.core.verdicts import Rejected
from hearth.sealed.group.check import Where
from hearth.sealed.group.epochs import Epochs
from hearth.sealed.group.reasons import Age, find_held, find_reasons
from hearth.sealed.group.sealing import View
from hearth.sealed.person.people import People
from hearth.sealed.person.pins import Pins


@dataclass(frozen=True, slots=True)
class Findings:
    """What a client makes of the entries that it knows: a judgement and perhaps a warning by seq.

    `maybe_lost` are the gaps that a restore may have made, beside the server and the sender.
    """

    judgements: dict[int, Judgement]
    withheld: dict[int, Withheld]
    maybe_lost: frozenset[int] = frozenset()


class Conversation:
    """What this device has seen and accepts. `has_head_row`: its keyring says that there are epochs."""

    def __init__(self, where: Where, people: People, *, has_head_row: bool = False) -> None:
        self.epochs = Epochs(where, people, self._find_leave, self._has_log)
        self.log = Log(where.conversation)
        self.has_head_row = has_head_row
        self.generations: frozenset[bytes] = frozenset()
        self.marks = Marks(self.epochs, self.generations)
        self._opened: dict[tuple[Row, bytes], Opened | Rejected] = {}

    def take_page(self, before: bytes, rows: Sequence[Row], now: int) -> Findings:
        """Take entries that follow each other and judge all there are. Raises Rejected: malformed, fork."""
        self.log.take_page(before, rows)
        return self.judge(now)

    def judge(self, now: int) -> Findings:
        """Judge every known entry with what is known now (`now` in ms of the server)."""
        judgements = self._pass(frozenset())
        emptied = find_rightly_emptied(self.log, self.epochs, judgements, now)
        judgements = self._pass(emptied)
        wrong = {row.seq for row in self.log.list_rows() if row.is_emptied} - emptied
        withheld = find_gaps(self.log, judgements) | find_unseen(self.log, self.marks, judgements)
        maybe_lost = find_maybe_lost(self.log, self.marks, judgements, withheld)
        return Findings(judgements, withheld | dict.fromkeys(wrong, Withheld.EMPTIED), maybe_lost)

    def view(self, pins: Pins, age: Age) -> View:
        """Return what stands against sealing under the newest epoch."""
        epoch = self.epochs.newest
        assert epoch is not None
        n, people = epoch.record.n, self.epochs.people
        left = frozenset(user for epoch_n, user in self.marks.leaves if epoch_n == n)
        return View(
            n,
            epoch.hash,
            has_key=self.epochs.known[n].key is not None,
            reasons=find_reasons(epoch, people, age, left),
            held=find_held(epoch, people, pins),
        )

    def _pass(self, emptied: frozenset[int]) -> dict[int, Judgement]:
        self.marks = Marks(self.epochs, self.generations)
        judge = Judge(self.log, self.epochs, self.marks, self.has_head_row, self._opened, emptied)
        return judge.judge_all()

    def _find_leave(self, n: int, user: int) -> bytes | None:
        return self.marks.leaves.get((n, user))

    def _has_log(self, n: int, below: int) -> bool:
        entry = self.epochs.entry_seq(n)
        return entry is not None and self.log.has_all(entry, below - 1)
