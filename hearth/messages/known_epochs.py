"""What sealed records are judged by, read in the batch's own transaction and kept in the process.

Invariants: an epoch never changes once it is stored. Whether somebody has left in it is known for one end of
the log (its hash): who else appends changes the end, and it is read again. Whose chain grows is forgotten.
`hearth.sealed` is imported with the first sealed record (decision 6).
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from hearth.db.bulk import Steps, Syntax
from hearth.directory.tables import USER_CHAIN, USER_STATEMENT
from hearth.epochs.tables import EPOCH, EPOCH_LEAVE
from hearth.errors import HearthError
from hearth.messages.tables import MESSAGE

if TYPE_CHECKING:
    from hearth.messages.append import Draft, Head, TimeCodec
    from hearth.messages.sealed import EpochFacts, Facts, Standing, Target

MOST_LINES = 50_000
"""Of rosters in memory; beyond, the conversation that was quiet for longest is forgotten."""
MOST_EPOCHS = 32
"""Of one conversation between two batches: who writes under one old epoch after the other fills no memory."""
MOST_PEOPLE = 50_000
FIRST_SIGNED_KIND = 16
EPOCHS = (
    "SELECT e.conversation_id, e.n, e.seq, e.timestamp, e.record, h.roster FROM {given} "  # noqa: S608
    f"CROSS JOIN {EPOCH.name} AS e CROSS JOIN {EPOCH.name} AS h "
    "WHERE e.conversation_id = c AND e.n = k AND h.conversation_id = c AND h.n = e.roster_n"
)
LEAVES = (
    f"SELECT DISTINCT l.conversation_id, k FROM {{given}} CROSS JOIN {EPOCH_LEAVE.name} AS l "  # noqa: S608
    "WHERE l.conversation_id = c AND l.n >= k"
)
STATES = f"SELECT user_id, state FROM {USER_CHAIN.name} WHERE user_id IN ({{marks}})"  # noqa: S608
STATEMENTS = f"SELECT statement FROM {USER_STATEMENT.name} WHERE user_id IN ({{marks}}) ORDER BY n"  # noqa: S608
INCARNATIONS = (
    "SELECT s.user_id, s.n, s.hash, s.incarnation FROM {given} "  # noqa: S608
    f"CROSS JOIN {USER_STATEMENT.name} AS s WHERE s.user_id = u AND s.n = k"
)
LATEST = (
    "SELECT m.conversation_id, m.from_device, MAX(m.epoch) FROM {given} "  # noqa: S608
    f"CROSS JOIN {MESSAGE.name} AS m WHERE m.conversation_id = c AND m.seq > s AND m.from_device = d "
    f"AND m.kind < {FIRST_SIGNED_KIND} GROUP BY m.conversation_id, m.from_device"
)
TARGETS = (
    "SELECT m.conversation_id, m.seq, m.kind, m.from_user FROM {given} "  # noqa: S608
    f"CROSS JOIN {MESSAGE.name} AS m WHERE m.conversation_id = c AND m.seq = s"
)
Place = tuple[bytes, int]
"""A conversation, and a seq or n in it."""


class Seated(Protocol):
    """Since which entry somebody is a member."""

    entered_seq: int


@dataclass(slots=True)
class Room:
    """What is known of one conversation's epochs, by n."""

    log_hash: bytes
    epochs: dict[int, "EpochFacts"] = field(default_factory=dict)
    has_leave: dict[int, bool] = field(default_factory=dict)
    incarnations: dict[tuple[int, int], int] = field(default_factory=dict)
    lines: int = 0


class KnownEpochs:
    """One per process, used by one batch at a time."""

    def __init__(self) -> None:
        self._rooms: OrderedDict[bytes, Room] = OrderedDict()
        self._people: OrderedDict[int, Standing | None] = OrderedDict()
        self._lines = 0
        self._forgotten = 0

    def forget_person(self, user_id: int) -> None:
        """Somebody's chain has grown, and it is on disk."""
        self._forgotten += 1
        self._people.pop(user_id, None)

    def open_batch(
        self, syntax: Syntax, drafts: Sequence["Draft"], heads: Mapping[bytes, "Head"], codec: "TimeCodec"
    ) -> Steps["SealedBatch"]:
        """Read what these sealed drafts are judged by and is not known yet. No query for what is."""
        begun = self._forgotten
        wanted = [draft for draft in drafts if is_possible(draft, heads.get(draft.conversation_id))]
        rooms = {
            key: self._enter(key, heads[key].log_hash) for key in {one.conversation_id for one in wanted}
        }
        yield from load_epochs(syntax, rooms, list_epochs(wanted, heads), codec)
        yield from load_leaves(syntax, rooms, {(one.conversation_id, one.epoch) for one in wanted})
        yield from load_incarnations(syntax, rooms, wanted)
        users = sorted({one.from_user for one in wanted})
        people = {user: self._people[user] for user in users if user in self._people}
        read = yield from read_people(syntax, [user for user in users if user not in people])
        if begun == self._forgotten:  # else a chain may have grown since it was read
            self._people.update(read)
        late = [one for one in wanted if one.epoch < heads[one.conversation_id].epoch]
        latest = yield from find_latest(syntax, rooms, late)
        targets = yield from find_targets(syntax, wanted)
        self._shrink(rooms)
        from hearth.messages import sealed

        return SealedBatch(sealed, rooms, {**people, **read}, latest, targets)

    def _enter(self, conversation_id: bytes, log_hash: bytes) -> Room:
        room = self._rooms.setdefault(conversation_id, Room(log_hash))
        self._rooms.move_to_end(conversation_id)
        if len(room.epochs) > MOST_EPOCHS:
            room.epochs.clear()
            room.has_leave.clear()
            room.incarnations.clear()
        if room.log_hash != log_hash:
            room.log_hash = log_hash
            room.has_leave.clear()
        return room

    def _shrink(self, rooms: Mapping[bytes, Room]) -> None:
        for room in rooms.values():
            lines = sum(len(epoch.lines) for epoch in room.epochs.values())
            self._lines += lines - room.lines
            room.lines = lines
        while self._lines > MOST_LINES and len(self._rooms) > len(rooms):
            self._lines -= self._rooms.popitem(last=False)[1].lines
        while len(self._people) > MOST_PEOPLE:
            self._people.popitem(last=False)


@dataclass(slots=True)
class SealedBatch:
    """The facts for one batch; entries that it places count for those after them. `rules` is sealed.py."""

    rules: Any
    rooms: Mapping[bytes, Room]
    people: Mapping[int, "Standing | None"]
    latest: dict[tuple[bytes, bytes], int]
    targets: dict[Place, "Target"]

    def judge(self, draft: "Draft", head: "Head", now: datetime) -> HearthError | None:
        """Return why a draft cannot take the next place of its conversation, or None."""
        seat: Seated = head.seats[draft.from_user]
        sealed = self.rules.Sealed(
            draft.from_user,
            draft.from_device,
            draft.kind,
            draft.epoch,
            draft.target_seq,
            draft.record,
            head.last_seq + 1,
            seat.entered_seq,
            now,
        )
        refusal: HearthError | None = self.rules.judge_sealed(sealed, self._find_facts(draft))
        return refusal

    def note(self, draft: "Draft", seq: int) -> None:
        """An entry has its place."""
        key = draft.conversation_id, draft.from_device
        self.latest[key] = max(self.latest.get(key, 0), draft.epoch)
        self.targets[draft.conversation_id, seq] = self.rules.Target(draft.kind, draft.from_user)

    def finish(self, heads: Mapping[bytes, "Head"]) -> None:
        """All are placed: the logs end elsewhere now, and nobody has left meanwhile."""
        for conversation_id, room in self.rooms.items():
            room.log_hash = heads[conversation_id].log_hash

    def _find_facts(self, draft: "Draft") -> "Facts":
        room = self.rooms[draft.conversation_id]
        following = room.epochs.get(draft.epoch + 1)
        facts: Facts = self.rules.Facts(
            epoch=room.epochs[draft.epoch],
            next_seq=None if following is None else following.seq,
            has_leave=room.has_leave[draft.epoch],
            incarnation=room.incarnations.get((draft.epoch, draft.from_user), 0),
            standing=self.people.get(draft.from_user),
            latest_epoch=self.latest.get((draft.conversation_id, draft.from_device), 0),
            target=self.targets.get((draft.conversation_id, draft.target_seq)),
        )
        return facts


def is_possible(draft: "Draft", head: "Head | None") -> bool:
    """Tell whether a draft names an epoch of a conversation whose member it is of."""
    return head is not None and draft.from_user in head.seats and 0 < draft.epoch <= head.epoch


def list_epochs(drafts: Iterable["Draft"], heads: Mapping[bytes, "Head"]) -> set[Place]:
    """Return which epochs are needed: those that are named, and of old ones the next, which ends them."""
    found = set()
    for draft in drafts:
        found.add((draft.conversation_id, draft.epoch))
        if draft.epoch < heads[draft.conversation_id].epoch:
            found.add((draft.conversation_id, draft.epoch + 1))
    return found


def load_epochs(
    syntax: Syntax, rooms: Mapping[bytes, Room], places: Collection[Place], codec: "TimeCodec"
) -> Steps[None]:
    missing = sorted((key, n) for key, n in places if n not in rooms[key].epochs)
    if not missing:
        return
    from hearth.messages.sealed import read_facts

    for key, n, seq, timestamp, record, roster in (yield syntax.select_joined(EPOCHS, ("c", "k"), missing)):
        rooms[key].epochs[n] = read_facts(record, roster, seq, codec.read(timestamp))


def load_leaves(syntax: Syntax, rooms: Mapping[bytes, Room], places: Collection[Place]) -> Steps[None]:
    missing = sorted((key, n) for key, n in places if n not in rooms[key].has_leave)
    if not missing:
        return
    found = {(row[0], row[1]) for row in (yield syntax.select_joined(LEAVES, ("c", "k"), missing))}
    for key, n in missing:
        rooms[key].has_leave[n] = (key, n) in found


def load_incarnations(syntax: Syntax, rooms: Mapping[bytes, Room], drafts: Iterable["Draft"]) -> Steps[None]:
    """Learn in which incarnation the senders are at the heads that their epochs state for them."""
    missing = []
    for draft in drafts:
        room = rooms[draft.conversation_id]
        line = room.epochs[draft.epoch].lines.get(draft.from_user)
        if line is not None and (draft.epoch, draft.from_user) not in room.incarnations:
            missing.append((room, draft.epoch, draft.from_user, line.head))
    if not missing:
        return
    places = sorted({(user, head.n) for _, _, user, head in missing})
    rows = yield syntax.select_joined(INCARNATIONS, ("u", "k"), places)
    found = {(user, n, digest): incarnation for user, n, digest, incarnation in rows}
    for room, n, user, head in missing:
        room.incarnations[n, user] = found.get((user, head.n, head.hash), 0)


def read_people(syntax: Syntax, users: Sequence[int]) -> Steps[dict[int, "Standing | None"]]:
    """Return how these people's chains stand, None for who has none."""
    if not users:
        return {}
    found: dict[int, Standing | None] = dict.fromkeys(users)
    for user, stored in (yield syntax.select_in(STATES, users)):
        found[user] = yield from read_standing(syntax, user, stored)
    return found


def read_standing(syntax: Syntax, user: int, stored: bytes) -> Steps["Standing"]:
    """Return how a chain stands; its statements are read where another version stored the state."""
    from hearth.directory.rules import decode_state
    from hearth.messages.sealed import Standing
    from hearth.sealed.person.user_chain import read_user_statement
    from hearth.sealed.person.user_state import apply_statement

    state = decode_state(stored)
    if state is None:
        for (statement,) in (yield syntax.select_in(STATEMENTS, [user])):
            server = read_user_statement(statement).body.server
            state = apply_statement(state, server, user, statement)
    assert state is not None  # a chain has a first statement
    return Standing(state.incarnation, frozenset(state.devices))


def find_latest(
    syntax: Syntax, rooms: Mapping[bytes, Room], drafts: Iterable["Draft"]
) -> Steps[dict[tuple[bytes, bytes], int]]:
    """Return the highest epoch that each device has written under since the one that it names was over."""
    places = sorted(
        (draft.conversation_id, rooms[draft.conversation_id].epochs[draft.epoch + 1].seq, draft.from_device)
        for draft in drafts
    )
    if not places:
        return {}
    found: dict[tuple[bytes, bytes], int] = {}
    rows: list[tuple[Any, ...]] = yield syntax.select_joined(LATEST, ("c", "s", "d"), places)
    for key, device, epoch in rows:
        found[key, device] = max(found.get((key, device), 0), epoch)
    return found


def find_targets(syntax: Syntax, drafts: Iterable["Draft"]) -> Steps[dict[Place, "Target"]]:
    """Return what is stored at the places that drafts are aimed at."""
    places = sorted({(one.conversation_id, one.target_seq) for one in drafts if one.target_seq})
    if not places:
        return {}
    from hearth.messages.sealed import Target

    rows = yield syntax.select_joined(TARGETS, ("c", "s"), places)
    return {(key, seq): Target(kind, user) for key, seq, kind, user in rows}
