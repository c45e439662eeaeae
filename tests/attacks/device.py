"""A device with both implementations in it: whatever a server tells it, both must say the same of that."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from hearth.client.crypto.log.rows import Row
from hearth.sealed.core import hpke
from hearth.sealed.group.epoch import EpochRecord
from tests.client.crypto.cast import NOW, SERVER, Person, device_id, seed_of
from tests.client.crypto.room import Room
from tests.histories.pair import NodeViews, Pair
from tests.histories.view import show_row

Verdict = str | None


@dataclass
class Device:
    """One device of a member. Every method tells both implementations and returns their common verdict."""

    pair: Pair
    user: int
    told: dict[tuple[str, int], int] = field(default_factory=dict)

    @classmethod
    def open(cls, nodes: NodeViews, name: str, room: Room, user: int, device: str | None) -> "Device":
        by = device or room.cast[user].device_name()
        told = {
            "server": SERVER.hex(),
            "conversation": room.conversation.hex(),
            "user": user,
            "device": device_id(by).hex(),
            "sign_seed": seed_of(by).hex(),
            "now": NOW,
        }
        return cls(Pair(nodes, name, told), user)

    def take(self, op: str, **step: Any) -> Verdict:
        """Tell one thing; raises Differ when the two do not agree about it."""
        (verdict,) = self.pair.take({"op": op, **step})
        self.pair.nodes.settle()
        return verdict

    def meets(self, *people: Person) -> list[Verdict]:
        """Be told of chains and receive statements what is new of these people."""
        verdicts = []
        for person in people:
            for statement in self._news("chain", person.user, person.statements):
                verdicts.append(self.take("chain", user=person.user, statement=statement.hex()))
            first = self.told.get(("receive", person.user), 0)
            for at, statement in enumerate(self._news("receive", person.user, person.received), first + 1):
                verdicts.append(self.hears_key(person, at, statement))
        return verdicts

    def hears_key(self, person: Person, version: int, statement: bytes) -> Verdict:
        """Be told of a receive statement and the key that it names."""
        public = hpke.public_key(seed_of(person.receive_name(version)))
        return self.take("receive", user=person.user, statement=statement.hex(), public_key=public.hex())

    def _news(self, what: str, user: int, all_: Sequence[bytes]) -> Sequence[bytes]:
        first = self.told.get((what, user), 0)
        self.told[what, user] = len(all_)
        return all_[first:]

    def reads(self, rows: Iterable[Row], before: bytes) -> Verdict:
        """Be shown a page; `before` is the hash below it."""
        return self.take("rows", before=before.hex(), rows=[show_row(row) for row in rows])

    def hears_epoch(
        self, signed: bytes, roster: bytes | None, seq: int, op: str = "epoch", **more: str
    ) -> Verdict:
        """Be told of an epoch whose entry stands at a seq."""
        packed = None if roster is None else roster.hex()
        return self.take(op, record=signed.hex(), roster=packed, seq=seq, time=NOW, **more)

    def has_seed(self, n: int, seed: bytes) -> Verdict:
        return self.take("seed", n=n, seed=seed.hex())

    def learns(self, room: Room, *, last: int | None = None, epochs: int | None = None) -> "Device":
        """Be told everything by an honest server: people, log up to `last`, epochs with their seeds."""
        assert set(self.meets(*room.cast.values())) <= {None}
        rows = room.rows[: len(room.rows) if last is None else last]
        if rows:
            assert self.reads(rows, room.hashes[0]) is None
        for n in range(1, (room.n if epochs is None else epochs) + 1):
            assert self.learns_epoch(room, n) is None
        return self

    def learns_epoch(self, room: Room, n: int) -> Verdict:
        """Be told honestly of an epoch, and given its seed when it is taken."""
        signed, roster, seed = room.epochs[n - 1]
        verdict = self.hears_epoch(signed, roster, room.entry_of(n))
        return verdict or self.has_seed(n, seed)

    def show(self) -> dict[str, Any]:
        """Return what both make of everything."""
        self.pair.show()
        return self.pair.python.take_show({})

    def verdicts(self) -> dict[int, Verdict]:
        """Return the verdict on every known entry, by seq; None stands for accepted."""
        return {entry[0]: entry[1] for entry in self.show()["entries"]}

    def texts(self) -> list[str]:
        """Return what is shown as said."""
        return [entry[2] for entry in self.show()["entries"] if entry[2] is not None]

    def warned(self) -> list[int]:
        """Return where "the server has withheld or changed something here" stands."""
        return [entry[0] for entry in self.show()["entries"] if entry[4]]

    @property
    def sealing(self) -> list[Any]:
        """Return whether this device would seal now, and what stands against it."""
        found: list[Any] = self.show()["sealing"]
        return found


def record_of(signed: bytes) -> EpochRecord:
    return EpochRecord.open(signed).body
