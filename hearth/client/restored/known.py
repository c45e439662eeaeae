"""What a device knew of a conversation before the server was restored."""

from dataclasses import dataclass, field, replace

import msgspec

from hearth.client.conversations.room import Room
from hearth.client.conversations.rows import to_row
from hearth.client.crypto.log.rows import Row
from hearth.client.device_file import DeviceState
from hearth.client.keys.kept import KeptConversation, KeptHead
from hearth.client.replica.conversation import ConversationState
from hearth.client.restored import patience
from hearth.sealed.group.epoch import NO_HASH, Action, Epoch
from hearth.sealed.person.keyring import EpochId, EpochRow


@dataclass(frozen=True, slots=True)
class KnownEpoch:
    """An epoch that was accepted, with where its entry stood, and its seed if that is here."""

    epoch: Epoch
    seq: int
    seed: bytes | None


@dataclass(slots=True)
class Known:
    """Places (H by seq), entries by seq, epochs by n; of `head`, the newest epoch, the hash at least.

    `until` (ms) others may give back what this device cannot; `stays_lost` is the first epoch that does, and
    `given_up` the first that rests on keys which cannot come back.
    """

    head: KeptHead = field(default_factory=KeptHead)
    places: dict[int, bytes] = field(default_factory=dict)
    entries: dict[int, Row] = field(default_factory=dict)
    epochs: dict[int, KnownEpoch] = field(default_factory=dict)
    until: int = field(default_factory=patience.end)
    stays_lost: int | None = None
    given_up: int | None = None

    @property
    def last(self) -> tuple[int, bytes]:
        """The highest known place."""
        seq = max(self.places)
        return seq, self.places[seq]

    def again(self) -> "Known":
        """Return the same for another restore: all of it may come back, and others have time again."""
        return replace(self, until=patience.end(), stays_lost=None, given_up=None)

    def with_given_up(self, old: "Known") -> "Known":
        """Return the same with what was given up before, above all else, unless others have taken its place:
        another backup may have the keys.
        """
        first = old.given_up
        if first is None or self.head.n >= first:
            return self
        shift = max(self.places, default=0)
        epochs = {n: replace(one, seq=one.seq + shift) for n, one in old.epochs.items() if n >= first}
        entries = {
            seq + shift: replace(row, seq=seq + shift)
            for seq, row in old.entries.items()
            if row.epoch >= first
        }
        return replace(
            self, head=old.head, epochs={**self.epochs, **epochs}, entries={**self.entries, **entries}
        )

    def seeds(self, conversation: bytes) -> dict[EpochId, EpochRow]:
        """Return the seeds that are here, as the keyring names them."""
        known = {n: (one.epoch.hash, one.seed) for n, one in self.epochs.items() if one.seed is not None}
        return {EpochId(conversation, n): EpochRow(*row) for n, row in known.items()}

    def removed(self, kept: KeptConversation, common: int | None) -> KeptConversation:
        """Return `kept` with whose removal is lost, too: with each the newest epoch below where the logs
        part, or below the removal itself while nobody knows (None).

        Whoever left by themselves, or was added again in what is lost, may be brought back by a backup.
        """
        lost = [one.epoch for _, one in sorted(self.epochs.items()) if one.seq > (common or 0)]
        parted = lost[0].record.n - 1 if lost else max(kept.removed.values(), default=0)
        found = {user: min(n, parted) for user, n in kept.removed.items()}
        added = {user: list(hashes) for user, hashes in kept.added.items()}
        for epoch in lost:
            record = epoch.record
            for target in record.targets:
                of_user = added.setdefault(target.user, [])
                if record.action is Action.ADD and epoch.hash not in of_user:
                    of_user.append(epoch.hash)
                    found.pop(target.user, None)
                elif record.action is Action.REMOVE and target.cause == NO_HASH:
                    found[target.user] = record.n - 1 if common is None else parted
        named = {user: added[user] for user in found if added.get(user)}
        return msgspec.structs.replace(kept, removed=found, added=named)

    def hashes(self) -> dict[int, bytes]:
        """Return the record hashes of epochs by n."""
        known = {n: one.epoch.hash for n, one in self.epochs.items()}
        return known | ({self.head.n: self.head.hash} if self.head.n else {})


def gather(state: DeviceState, before: Room | None, lost: dict[str, ConversationState]) -> dict[str, Known]:
    """Return all that is known, by conversation: from the file, and from memory if this program ran then."""
    kept = {} if state.keys is None else state.keys.conversations
    found = {key: Known(max(one.epoch, one.lost, key=lambda head: head.n)) for key, one in kept.items()}
    for key in {*lost, *(() if before is None else before.lives)} - found.keys():
        found[key] = Known()
    for key, known in found.items():
        cursor = state.unsettled.get(key) or (state.cursors or {}).get(key)
        if cursor is not None:
            known.places |= {**cursor.places, cursor.seq: cursor.log_hash}
        if key in lost:
            _add_state(known, lost[key])
        if before is not None and key in before.lives:
            _add_live(known, before, key)
        known.places.pop(0, None)
    return {key: known for key, known in found.items() if known.places or known.head.n}


def _add_state(known: Known, state: ConversationState) -> None:
    if state.last_seq:
        known.places[state.last_seq] = state.log_hash
    for seq, entry in state.recent.items():
        known.places[seq] = entry.log_hash
        known.entries[seq] = to_row(entry)


def _add_live(known: Known, before: Room, key: str) -> None:
    live = before.lives[key]
    if live.follower is not None:
        known.places |= live.follower.log.hashes
        known.entries = {**live.follower.rows(), **known.entries}
    for n, one in live.epochs.known.items():
        if n in live.told:
            known.epochs[n] = KnownEpoch(one.epoch, live.told[n].seq, live.seeds.get(n))
    if live.newest_n > known.head.n:
        newest = live.epochs.known[live.newest_n].epoch
        known.head = KeptHead(live.newest_n, newest.hash)
