"""Who there is, and a relay that carries what they make: the world of a random history, all from one seed."""

from dataclasses import dataclass, field
from random import Random
from typing import Any

from hearth.client.crypto.log.chain import first_hash, next_hash
from hearth.client.crypto.log.rows import Row
from hearth.sealed.core import hpke
from hearth.sealed.core.hashing import sha256
from hearth.sealed.group.entries import EntryKind, Leave
from hearth.sealed.group.epoch import EpochRecord, Roster
from hearth.sealed.person.receive import Receive
from tests.client.crypto.cast import NOW, SERVER, Person, device_id, seed_of
from tests.histories.pair import NodeViews, Pair
from tests.histories.view import show_row

HOUR = 3600 * 1000
DAY = 24 * HOUR
ORACLE = 10_000


@dataclass
class Townsman(Person):
    """A person whose devices are numbered; an id never comes back with another key."""

    made_devices: int = 0
    made_identities: int = 1

    def next_device(self) -> str:
        self.made_devices += 1
        return f"{self.name} device {self.made_devices}"

    @property
    def device_names(self) -> list[str]:
        names = (f"{self.name} device {number}" for number in range(1, self.made_devices + 1))
        return [name for name in names if device_id(name) in self.now.devices]

    def device_name(self) -> str:
        return self.device_names[0]

    def next_identity(self) -> str:
        self.made_identities += 1
        return f"{self.name} identity {self.made_identities}"


@dataclass
class Stored:
    """An epoch as the relay has it. `sent` is the roster as it travels, None for that of the one before."""

    record: EpochRecord
    hash: bytes
    signed: bytes
    roster: Roster
    sent: str | None
    seed: bytes
    wraps: dict[int, str]
    history: dict[str, Any] | None
    seq: int
    time: int


@dataclass
class Device:
    """A device with both its views, and how far it has been told of everything."""

    user: int
    name: str
    pair: Pair
    joins_at: int
    told_statements: dict[int, int] = field(default_factory=dict)
    told_receives: dict[int, int] = field(default_factory=dict)
    next_epoch: int = 0
    told_rows: int = 0
    met: set[int] = field(default_factory=set)
    counter: int = 0
    is_offline: bool = False


class Town:
    """One conversation among people. `nodes` runs the web client's half."""

    def __init__(self, nodes: NodeViews, seed: int, people: int) -> None:
        self.nodes, self.seed, self.dice = nodes, seed, Random(seed)
        self.now = NOW
        self.people: dict[int, Townsman] = {}
        for user in range(1, people + 1):
            person = Townsman(user, f"p{user}")
            devices = [person.next_device() for _ in range(self.dice.choice((1, 1, 2, 3)))]
            self.people[user] = person
            person.begin(*devices)
        self.conversation = b""
        self.devices: dict[str, Device] = {}
        self.epochs: list[Stored] = []
        self.rows: list[Row] = []
        self.hashes: list[bytes] = []
        self.generations: list[bytes] = []
        self.lost: set[tuple[int, int]] = set()
        self.script: list[str] = []
        self.pairs = 0

    def begin(self, conversation: bytes) -> None:
        self.conversation = conversation
        self.hashes = [first_hash(conversation)]

    def open_pair(self, user: int, name: str) -> Pair:
        """Return both views of a device that knows nothing yet."""
        self.pairs += 1
        told = {
            "server": SERVER.hex(),
            "conversation": self.conversation.hex(),
            "user": user,
            "device": device_id(name).hex(),
            "sign_seed": seed_of(name).hex(),
            "now": self.now,
        }
        return Pair(self.nodes, f"{self.seed}/{self.pairs} {name}", told)

    @property
    def newest(self) -> Stored:
        return self.epochs[-1]

    @property
    def members(self) -> dict[int, int]:
        """Role by user, as the newest epoch has it."""
        return {member.user: int(member.role) for member in self.newest.roster.members}

    def note(self, line: str) -> None:
        self.script.append(line)

    # What the relay shows

    def statement_steps(self, device: Device, user: int) -> list[dict[str, Any]]:
        """Return what a device has not been told of a person."""
        person = self.people[user]
        first = device.told_statements.get(user, 0)
        steps: list[dict[str, Any]] = [
            {"op": "chain", "user": user, "statement": statement.hex()}
            for statement in person.statements[first:]
        ]
        device.told_statements[user] = len(person.statements)
        for version in range(device.told_receives.get(user, 0) + 1, len(person.received) + 1):
            steps.append(self.receive_step(user, version))
        device.told_receives[user] = len(person.received)
        return steps

    def receive_step(self, user: int, version: int) -> dict[str, Any]:
        person = self.people[user]
        public = hpke.public_key(seed_of(person.receive_name(version)))
        statement = person.received[version - 1].hex()
        return {"op": "receive", "user": user, "statement": statement, "public_key": public.hex()}

    def epoch_step(self, n: int) -> dict[str, Any]:
        one = self.epochs[n - 1]
        return {
            "op": "epoch",
            "record": one.signed.hex(),
            "roster": one.sent,
            "seq": one.seq,
            "time": one.time,
        }

    def whole_step(self, n: int, op: str) -> dict[str, Any]:
        one = self.epochs[n - 1]
        whole = {**self.epoch_step(n), "op": op, "roster": one.roster.pack().hex(), "hash": one.hash.hex()}
        if op == "join":
            before = self.epochs[n - 2]
            whole |= {"before": before.signed.hex(), "before_roster": before.roster.pack().hex()}
        return whole

    def rows_step(self, first: int, last: int) -> dict[str, Any]:
        """Return the entries from `first` to `last`, as the relay tells them now."""
        rows = [show_row(row) for row in self.rows[first - 1 : last]]
        return {"op": "rows", "before": self.hashes[first - 1].hex(), "rows": rows}

    def wrap_step(self, n: int, user: int) -> dict[str, Any] | None:
        one = self.epochs[n - 1]
        member = one.roster.by_user().get(user)
        if member is None or member.receive_version == 0 or user not in one.wraps:
            return None
        wrap = one.wraps[user]
        if (n, user) in self.lost:
            wrap = ("00" if wrap[:2] != "00" else "01") + wrap[2:]
        seed = seed_of(self.people[user].receive_name(member.receive_version))
        return {"op": "wrap", "n": n, "wrap": wrap, "receive_seed": seed.hex()}

    def history_step(self, n: int, user: int) -> dict[str, Any] | None:
        one = self.epochs[n - 1]
        if one.history is None or str(user) not in one.history["wraps"]:
            return None
        member = one.roster.by_user()[user]
        seed = seed_of(self.people[user].receive_name(member.receive_version))
        wrap, sealed = one.history["wraps"][str(user)], one.history["sealed"]
        return {"op": "history", "n": n, "wrap": wrap, "sealed": sealed, "receive_seed": seed.hex()}

    # What the relay takes

    def post(self, kind: int, user: int, device: bytes, epoch: int, record: bytes, **told: Any) -> Row:
        """Append an entry as the server does."""
        fields: dict[str, Any] = {"client_id": bytes(16), "counter": 0, "target_seq": 0, **told}
        row = Row(
            seq=len(self.rows) + 1,
            kind=kind,
            user=user,
            device=device,
            epoch=epoch,
            time=self.now,
            record=record,
            record_hash=sha256(record),
            **fields,
        )
        self.rows.append(row)
        self.hashes.append(next_hash(self.hashes[-1], row.seq, row.kind, row.user, row.record_hash))
        return row

    def read_made(self, made: dict[str, Any]) -> Stored:
        signed = bytes.fromhex(made["record"])
        opened = EpochRecord.open(signed)
        roster = (
            self.newest.roster if made["roster"] is None else Roster.unpack(bytes.fromhex(made["roster"]))
        )
        wraps = {int(user): wrap for user, wrap in made["wraps"].items()}
        seed, history = bytes.fromhex(made["seed"]), made["history"]
        place = (len(self.rows) + 1, self.now)
        return Stored(opened.body, opened.hash, signed, roster, made["roster"], seed, wraps, history, *place)

    def keep_epoch(self, one: Stored) -> None:
        self.epochs.append(one)
        record = one.record
        self.post(EntryKind.EPOCH, record.actor, record.device, record.n, one.signed, client_id=one.hash[:16])

    def keep_leave(self, user: int, record: bytes) -> Row:
        signed = Leave.open(record)
        device, epoch = signed.body.device, signed.body.epoch
        return self.post(EntryKind.LEAVE, user, device, epoch, record, client_id=signed.hash[:16])

    def receive_hash(self, user: int, version: int) -> bytes:
        return Receive.open(self.people[user].received[version - 1]).hash
