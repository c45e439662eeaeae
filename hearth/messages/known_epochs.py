"""What sealed records are judged by, read in the batch's own transaction and kept in the process.

Invariants: an epoch never changes once it is stored. Whether somebody has left in it is known for one end of
the log (its hash): who else appends changes the end, and it is read again. Whose chain grows is forgotten. A
permit, which spares judging alike again, ends with any of these.
`hearth.sealed` is imported with the first sealed record (decision 6).
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from hearth.db.bulk import Steps, Syntax
from hearth.errors import HearthError
from hearth.messages.sealed_store import (
    find_latest,
    find_targets,
    list_since_backup,
    load_epochs,
    load_incarnations,
    load_leaves,
    read_people,
)

if TYPE_CHECKING:
    from hearth.messages.append import Draft, Head, TimeCodec
    from hearth.messages.sealed import EpochFacts, Facts, Standing, Target

MOST_LINES = 50_000
"""Of rosters in memory; beyond, the conversation that was quiet for longest is forgotten."""
MOST_EPOCHS = 32
"""Of one conversation between two batches: who writes under one old epoch after the other fills no memory."""
MOST_PEOPLE = 50_000
MOST_PERMITS = 2_000
"""Of one conversation."""
Place = tuple[bytes, int]
"""A conversation, and a seq or n in it."""
PermitKey = tuple[int, int, bytes, int]
"""Epoch, user, device, kind."""
Form = tuple[int, int]
"""A record's first byte, which is its format, and its length."""


UNREAD: Any = object()
"""Stands for a person whose chain was not looked up."""


class Seated(Protocol):
    """Since which entry somebody is a member."""

    entered_seq: int


class Permit(NamedTuple):
    """Records of a kind by a device that are aimed at nothing were judged and taken under the newest epoch.

    More of them are, up to `last_seq` and `until`, for who has been a member since `epoch_seq`, as long as
    the person stands as they stood: `standing` is the very object that was judged by.
    """

    standing: "Standing | None"
    epoch_seq: int
    last_seq: int
    until: datetime


@dataclass(slots=True)
class Room:
    """What is known of one conversation's epochs, by n. Permits are of the newest."""

    log_hash: bytes
    epochs: dict[int, "EpochFacts"] = field(default_factory=dict)
    has_leave: dict[int, bool] = field(default_factory=dict)
    incarnations: dict[tuple[int, int], int] = field(default_factory=dict)
    permits: dict[PermitKey, Permit] = field(default_factory=dict)
    lines: int = 0


class KnownEpochs:
    """One per process, used by one batch at a time."""

    def __init__(self) -> None:
        self._rooms: OrderedDict[bytes, Room] = OrderedDict()
        self._people: OrderedDict[int, Standing | None] = OrderedDict()
        self._forms: set[Form] = set()
        self._lines = 0
        self._forgotten = 0

    def forget_person(self, user_id: int) -> None:
        """Somebody's chain is about to grow, or it has grown and may be on disk."""
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
        people = {one.from_user: self._people.get(one.from_user, UNREAD) for one in wanted}
        unsure = [one for one in wanted if find_permit(rooms, people, one) is None]
        batch = SealedBatch(rooms, people, self._forms)
        if not unsure:
            return batch
        yield from load_epochs(syntax, rooms, list_epochs(unsure, heads), codec)
        yield from load_leaves(syntax, rooms, {(one.conversation_id, one.epoch) for one in unsure})
        yield from load_incarnations(syntax, rooms, unsure)
        read = yield from read_people(
            syntax, sorted(user for user, known in people.items() if known is UNREAD)
        )
        people.update(read)
        if begun == self._forgotten:  # else a chain may have grown since it was read
            self._people.update(read)
        late = [one for one in unsure if one.epoch < heads[one.conversation_id].epoch]
        batch.has_late, batch.latest = bool(late), (yield from find_latest(syntax, rooms, late))
        batch.has_aimed = any(one.target_seq for one in unsure)
        batch.targets = yield from find_targets(syntax, unsure)
        for user, restored_at in {one.from_user: one.restored_at for one in unsure if one.offered_by}.items():
            if (standing := people[user]) is not None and restored_at is not None:
                batch.since_backup[user] = yield from list_since_backup(
                    syntax, user, standing.incarnation, restored_at, codec
                )
        self._shrink(rooms)
        return batch

    def _enter(self, conversation_id: bytes, log_hash: bytes) -> Room:
        room = self._rooms.get(conversation_id)
        if room is None:
            room = self._rooms[conversation_id] = Room(log_hash)
        self._rooms.move_to_end(conversation_id)
        if len(room.epochs) > MOST_EPOCHS:
            room.epochs.clear()
            room.has_leave.clear()
            room.incarnations.clear()
            room.permits.clear()
        if room.log_hash != log_hash:
            room.log_hash = log_hash
            room.has_leave.clear()
            room.permits.clear()
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
    """The facts for one batch; entries that it places count for those after them.

    `forms` are those of well-formed records: as many as there are buckets, a few hundred.
    `has_late` and `has_aimed`: drafts name epochs before the newest, or are aimed at something.
    """

    rooms: Mapping[bytes, Room]
    people: dict[int, "Standing | None"]
    forms: set[Form]
    has_late: bool = False
    has_aimed: bool = False
    latest: dict[tuple[bytes, bytes], int] = field(default_factory=dict)
    targets: dict[Place, "Target"] = field(default_factory=dict)
    since_backup: dict[int, frozenset[bytes]] = field(default_factory=dict)

    def judge(self, draft: "Draft", head: "Head", now: datetime) -> HearthError | None:
        """Return why a draft cannot take the next place of its conversation, or None."""
        seat: Seated = head.seats[draft.from_user]
        permit, seq, record = find_permit(self.rooms, self.people, draft), head.last_seq + 1, draft.record
        if (
            permit is not None
            and seq <= permit.last_seq
            and now <= permit.until
            and seat.entered_seq <= permit.epoch_seq
            and (record[0], len(record)) in self.forms
        ):
            return None
        from hearth.messages.sealed import Sealed, judge_sealed

        sealed = Sealed(
            draft.from_user,
            draft.from_device,
            draft.kind,
            draft.epoch,
            draft.target_seq,
            record,
            seq,
            seat.entered_seq,
            now,
            draft.offered_by > 0,
        )
        facts = self._find_facts(draft)
        refusal = judge_sealed(sealed, facts)
        is_plain = draft.target_seq == 0 and draft.offered_by == 0
        if refusal is None and is_plain and draft.epoch == head.epoch:
            self._keep_permit(draft, facts)
            self.forms.add((record[0], len(record)))
        return refusal

    def _keep_permit(self, draft: "Draft", facts: "Facts") -> None:
        from hearth.messages.sealed import MOST_ENTRIES, OLDEST

        permits, epoch = self.rooms[draft.conversation_id].permits, facts.epoch
        if len(permits) >= MOST_PERMITS:
            permits.clear()
        permits[draft.epoch, draft.from_user, draft.from_device, draft.kind] = Permit(
            facts.standing, epoch.seq, epoch.seq + MOST_ENTRIES, epoch.timestamp + OLDEST
        )

    def is_ruling(self, draft: "Draft") -> bool:
        """Tell whether the sender may change the settings, by the epoch that a draft names."""
        epoch = self.rooms[draft.conversation_id].epochs[draft.epoch]
        return epoch.lines[draft.from_user].rank <= epoch.settings.settings_by

    def is_emptied(self, draft: "Draft") -> bool:
        """Tell whether what a draft is aimed at was emptied before, with what follows it."""
        target = self.targets.get((draft.conversation_id, draft.target_seq))
        return target is not None and target.is_emptied

    def note(self, draft: "Draft", seq: int) -> None:
        """An entry has its place."""
        if self.has_late:
            key = draft.conversation_id, draft.from_device
            self.latest[key] = max(self.latest.get(key, 0), draft.epoch)
        if self.has_aimed:
            from hearth.messages.sealed import Target

            self.targets[draft.conversation_id, seq] = Target(draft.kind, draft.from_user)

    def finish(self, heads: Mapping[bytes, "Head"]) -> None:
        """All are placed: the logs end elsewhere now, and nobody has left meanwhile."""
        for conversation_id, room in self.rooms.items():
            room.log_hash = heads[conversation_id].log_hash

    def _find_facts(self, draft: "Draft") -> "Facts":
        room = self.rooms[draft.conversation_id]
        following = room.epochs.get(draft.epoch + 1)
        from hearth.messages.sealed import Facts

        return Facts(
            epoch=room.epochs[draft.epoch],
            next_seq=None if following is None else following.seq,
            has_leave=room.has_leave[draft.epoch],
            incarnation=room.incarnations.get((draft.epoch, draft.from_user), 0),
            standing=self.people.get(draft.from_user),
            latest_epoch=self.latest.get((draft.conversation_id, draft.from_device), 0),
            target=None if draft.offered_by else self.targets.get((draft.conversation_id, draft.target_seq)),
            since_backup=self.since_backup.get(draft.from_user, frozenset()),
        )


def find_permit(
    rooms: Mapping[bytes, Room], people: Mapping[int, "Standing | None"], draft: "Draft"
) -> Permit | None:
    """Return what a draft is taken by without being judged as a whole, None without such."""
    if draft.target_seq or draft.offered_by:
        return None
    permits = rooms[draft.conversation_id].permits
    permit = permits.get((draft.epoch, draft.from_user, draft.from_device, draft.kind))
    return permit if permit is not None and permit.standing is people[draft.from_user] else None


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
