"""A conversation as its members and an honest server make it; tests change what a client then is shown."""

from dataclasses import dataclass, field, replace
from typing import Any

from hearth.client.crypto.conversation import Conversation, Findings
from hearth.client.crypto.log.body import write_body
from hearth.client.crypto.log.chain import first_hash, next_hash
from hearth.client.crypto.log.record import Aad, Inner, seal_record
from hearth.client.crypto.log.rows import Row
from hearth.sealed.core.hashing import sha256
from hearth.sealed.core.packed import Place
from hearth.sealed.group.check import Where
from hearth.sealed.group.entries import EntryKind, Leave, Restored
from hearth.sealed.group.epoch import (
    Action,
    EpochRecord,
    Kind,
    Member,
    Role,
    Roster,
    Settings,
    Target,
)
from hearth.sealed.group.ids import group_id
from hearth.sealed.group.seeds import commit_seed, epoch_key
from hearth.sealed.person.people import People
from hearth.sealed.person.receive import Receive
from tests.client.crypto.cast import NOW, SERVER, Person, device_id, meet, seed_of

GROUP = group_id(SERVER, 1, device_id("alice phone"), NOW)
NO_HASH = bytes(32)
OPEN = Settings(Role.ADMIN, Role.MEMBER, Role.ADMIN, 0, ())


@dataclass
class Room:
    """What was made, in order. `rows` and `hashes` are the honest log; epochs are (record, roster, seed)."""

    cast: dict[int, Person]
    conversation: bytes = GROUP
    kind: Kind = Kind.GROUP
    epochs: list[tuple[bytes, bytes, bytes]] = field(default_factory=list)
    records: list[EpochRecord] = field(default_factory=list)
    rosters: list[Roster] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    hashes: list[bytes] = field(default_factory=list)
    counters: dict[bytes, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.hashes.append(first_hash(self.conversation))

    @property
    def n(self) -> int:
        return len(self.records)

    @property
    def seen(self) -> Place:
        return Place(len(self.rows), self.hashes[-1])

    def member(self, user: int, role: Role, version: int | None = None) -> Member:
        """Return a roster line that states the newest head and receive version."""
        person = self.cast[user]
        version = len(person.received) if version is None else version
        receive_hash = Receive.open(person.received[version - 1]).hash if version else NO_HASH
        return Member(user, role, person.now.identity_key, person.head, version, receive_hash)

    def make(
        self, action: Action, actor: int, members: list[Member], *targets: Target, **changes: Any
    ) -> bytes:
        """Sign the next epoch and keep it as what the server has; `changes` replace fields of the record."""
        roster = Roster(tuple(sorted(members, key=lambda member: member.user)))
        seed = seed_of(f"epoch {self.n + 1} {self.conversation.hex()} {changes}")
        by = changes.pop("by", None) or self.cast[actor].device_name()
        record = EpochRecord(
            minimum_format=1,
            kind=self.kind,
            server=SERVER,
            conversation=self.conversation,
            n=self.n + 1,
            previous=self.records[-1].hash() if self.records else NO_HASH,
            roster_hash=roster.hash(),
            settings=self.records[-1].settings if self.records else OPEN,
            action=action,
            targets=targets,
            history_from=0,
            actor=actor,
            device=device_id(by),
            time=NOW,
            seen=self.seen,
            commitment=commit_seed(self.conversation, self.n + 1, seed),
            extensions=(),
        )
        record = replace(record, **changes)
        signed = record.sign(seed_of(by))
        self.epochs.append((signed, roster.pack(), seed))
        self.records.append(record)
        self.rosters.append(roster)
        return signed

    def create(self, owner: int = 1, **changes: Any) -> None:
        """Make epoch 1 with everybody of the cast, the first an owner, and its entry."""
        members = [self.member(user, Role.OWNER if user == owner else Role.MEMBER) for user in self.cast]
        self.make(Action.CREATE, owner, members, **changes)
        self.post_epoch()

    def rotate(self, actor: int = 1, **changes: Any) -> None:
        members = [self.member(member.user, member.role) for member in self.rosters[-1].members]
        self.make(Action.ROTATE, actor, members, **changes)
        self.post_epoch()

    def remove(self, user: int, actor: int = 1, cause: bytes = NO_HASH) -> None:
        members = [self.member(one.user, one.role) for one in self.rosters[-1].members if one.user != user]
        self.make(Action.REMOVE, actor, members, Target(user, Role.NONE, cause))
        self.post_epoch()

    def post(self, row: Row) -> Row:
        """Append an entry as the server does."""
        self.rows.append(row)
        self.hashes.append(next_hash(self.hashes[-1], row.seq, row.kind, row.user, row.record_hash))
        return row

    def post_epoch(self) -> Row:
        record, signed = self.records[-1], self.epochs[-1][0]
        return self.post_mark(EntryKind.EPOCH, record.actor, record.device, record.n, signed, record.hash())

    def post_mark(
        self, kind: EntryKind, user: int, device: bytes, epoch: int, signed: bytes, statement_hash: bytes
    ) -> Row:
        seq = len(self.rows) + 1
        return self.post(
            Row(seq, kind, user, device, statement_hash[:16], 0, epoch, 0, NOW, signed, sha256(signed))
        )

    def leave(self, user: int, **changes: Any) -> Row:
        person = self.cast[user]
        device = device_id(person.device_name())
        record = self.records[-1]
        leave = Leave(SERVER, self.conversation, record.n, record.hash(), user, device, NOW, self.seen, ())
        leave = replace(leave, **changes)
        signed = leave.sign(seed_of(person.device_name()))
        return self.post_mark(EntryKind.LEAVE, user, device, leave.epoch, signed, leave.hash())

    def restore(self, user: int, generation: bytes, old: Place) -> Row:
        person = self.cast[user]
        device = device_id(person.device_name())
        record = self.records[-1]
        restored = Restored(
            SERVER, self.conversation, generation, record.n, record.hash(), old, user, device, NOW, ()
        )
        signed = restored.sign(seed_of(person.device_name()))
        return self.post_mark(EntryKind.RESTORED, user, device, record.n, signed, restored.hash())

    def seal(self, user: int, text: str = "hi", **options: Any) -> Row:
        """Return a record of a device as the next entry, not posted.

        Options: by, kind, epoch, target, counter, seen, target_hash, target_seq, body.
        """
        by = options.get("by") or self.cast[user].device_name()
        device, epoch = device_id(by), options.get("epoch", self.n)
        counter = options.get("counter")
        if counter is None:
            counter = self.counters[device] = self.counters.get(device, 0) + 1
        target: Row | None = options.get("target")
        target_seq = options.get("target_seq", target.seq if target else 0)
        kind = options.get("kind", EntryKind.MESSAGE)
        client_id = sha256(device + counter.to_bytes(8))[:16]
        record = self.records[epoch - 1]
        place = Aad(
            conversation=self.conversation,
            epoch=epoch,
            epoch_hash=record.hash(),
            user=user,
            device=device,
            client_id=client_id,
            counter=counter,
            kind=kind,
            target_seq=target_seq,
        )
        target_hash = options.get("target_hash", target.record_hash if target else NO_HASH)
        inner = Inner(NOW, target_hash, options.get("seen", self.seen))
        body = options.get(
            "body", b"" if kind == EntryKind.VOID else write_body({"type": "text", "text": text})
        )
        key = epoch_key(self.epochs[epoch - 1][2], record.hash())
        sealed = seal_record(key, place, inner, body, seed_of(by))
        seq = len(self.rows) + 1
        return Row(
            seq, kind, user, device, client_id, counter, epoch, target_seq, NOW, sealed, sha256(sealed)
        )

    def send(self, user: int, text: str = "hi", **options: Any) -> Row:
        return self.post(self.seal(user, text, **options))

    def open(self, own: int = 2, people: People | None = None, **options: Any) -> Conversation:
        """Return what a member's client knows that has taken all epochs, with all seeds."""
        known = people or meet(*self.cast.values())
        where = Where(SERVER, self.conversation, own)
        conversation = Conversation(where, known, **options)
        for i, (record, roster, seed) in enumerate(self.epochs):
            self.show(conversation, up_to=self.entry_of(i + 1))
            conversation.epochs.take(record, roster)
            conversation.epochs.take_seed(i + 1, seed)
        return conversation

    def entry_of(self, n: int) -> int:
        """Return the seq of the entry of an epoch, or the end of the log when it has none."""
        hashes = {sha256(self.epochs[n - 1][0])}
        return next((row.seq for row in self.rows if row.record_hash in hashes), len(self.rows))

    def show(
        self, conversation: Conversation, first: int = 1, up_to: int | None = None, now: int = NOW
    ) -> Findings:
        """Let a client take entries of the honest log."""
        up_to = len(self.rows) if up_to is None else up_to
        return conversation.take_page(self.hashes[first - 1], self.rows[first - 1 : up_to], now)


def make_cast(*names: str) -> dict[int, Person]:
    """Return people with the user ids 1, 2, 3 … who have registered."""
    return {
        user: Person(user, name).begin(f"{name} phone", f"{name} laptop")
        for user, name in enumerate(names, 1)
    }
