"""Keyring rows (section 6.3): epoch seeds, pins, conversation heads, receive seeds, under a generation."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated, ClassVar

from hearth.sealed.core import labels
from hearth.sealed.core.box import open_box, seal_box
from hearth.sealed.core.hashing import labelled_hash
from hearth.sealed.core.packed import (
    U32,
    U64,
    Choice,
    Hash,
    Id,
    Key,
    Listed,
    Packed,
    Prefixed,
    Raw,
    Seed,
    Text,
    User,
)
from hearth.sealed.core.reader import Reader, prefix, u8, u32, u64
from hearth.sealed.core.verdicts import Rejected, Verdict, require


class RowKind(IntEnum):
    """What a row says."""

    EPOCH = 1
    PIN = 2
    HEAD = 3
    RECEIVE = 4


CARRIED_OVER = frozenset(RowKind) - {RowKind.EPOCH}


class How(IntEnum):
    """How a person was first met; the trust is COMPARED over LINK over REQUEST over GROUP."""

    LINK = 1
    REQUEST = 2
    COMPARED = 3
    GROUP = 4


@dataclass(frozen=True, slots=True)
class EpochId(Packed):
    """Which epoch."""

    conversation: Id
    n: U64


@dataclass(frozen=True, slots=True)
class UserId(Packed):
    """Which person."""

    user: User


@dataclass(frozen=True, slots=True)
class ConversationId(Packed):
    """Which conversation."""

    conversation: Id


@dataclass(frozen=True, slots=True)
class VersionId(Packed):
    """Which receive version."""

    version: U64


RowId = EpochId | UserId | ConversationId | VersionId


@dataclass(frozen=True, slots=True)
class EpochRow(Packed):
    """A seed. It must open the commitment of the record that it names, and never vouches for that record."""

    KIND: ClassVar = RowKind.EPOCH
    ID: ClassVar = EpochId
    record_hash: Hash
    seed: Seed


MOST_TAKEN_BACK = 16


@dataclass(frozen=True, slots=True)
class TakenBack:
    """Nothing at all, or 1 to 16 hashes after their count, sorted."""

    hashes: ClassVar = Listed(Raw(32), 1, MOST_TAKEN_BACK, key=bytes)

    def read(self, reader: Reader) -> tuple[bytes, ...]:
        if reader.is_at_end:
            return ()
        found: tuple[bytes, ...] = self.hashes.read(reader)
        require(bool(found), Verdict.MALFORMED, "a list of none")
        return found

    def write(self, value: tuple[bytes, ...]) -> bytes:
        return self.hashes.write(value) if value else b""


@dataclass(frozen=True, slots=True)
class PinRow(Packed):
    """Who a person is, as first met or compared. `by` is the user in whose group, 0 otherwise.

    It takes back the pins whose hashes it names: these do not count any more.
    """

    KIND: ClassVar = RowKind.PIN
    ID: ClassVar = UserId
    username: Annotated[str, Text(Prefixed(1, least=1, most=200))]
    identity_key: Key
    incarnation: U32
    n: U64
    hash: Hash
    how: Annotated[How, Choice(How)]
    by: User
    time: U64
    takes_back: Annotated[tuple[bytes, ...], TakenBack()] = ()

    def hash_of(self, user: int) -> bytes:
        """Return the hash by which others take this pin of a user back."""
        return labelled_hash(labels.PIN, u64(user) + self.pack())


@dataclass(frozen=True, slots=True)
class HeadRow(Packed):
    """The highest checked epoch and log place of a conversation."""

    KIND: ClassVar = RowKind.HEAD
    ID: ClassVar = ConversationId
    n: U64
    record_hash: Hash
    seq: U64
    log_hash: Hash


@dataclass(frozen=True, slots=True)
class ReceiveRow(Packed):
    """The X-Wing seed of a receive statement."""

    KIND: ClassVar = RowKind.RECEIVE
    ID: ClassVar = VersionId
    statement_hash: Hash
    seed: Seed


RowBody = EpochRow | PinRow | HeadRow | ReceiveRow
BODIES: dict[RowKind, type[RowBody]] = {body.KIND: body for body in (EpochRow, PinRow, HeadRow, ReceiveRow)}


@dataclass(frozen=True, slots=True)
class RowPlace:
    """Where a row stands: whose keyring, under which generation, kind and packed id as stored beside it."""

    server: bytes
    user: int
    g: int
    kind: int
    id: bytes

    def pack(self) -> bytes:
        """Return the AAD."""
        who = self.server + u64(self.user) + u64(self.g)
        return who + u8(self.kind) + prefix(self.id, 1)


def seal_row(key: bytes, place: RowPlace, body: RowBody) -> bytes:
    """Return a sealed row under A_g."""
    read_row(place.kind, place.id, body.pack())
    return seal_box(key, labels.ROW, place.pack(), body.pack())


def open_row(key: bytes, place: RowPlace, sealed: bytes) -> tuple[RowId, RowBody]:
    """Return id and body of a row under A_g. Raises Rejected: malformed, unsupported, cannot_open."""
    return read_row(place.kind, place.id, open_box(key, labels.ROW, place.pack(), sealed))


def read_row(kind: int, row_id: bytes, body: bytes) -> tuple[RowId, RowBody]:
    """Return a decoded row; Rejected(malformed) when kind, id or body do not fit."""
    try:
        row = BODIES[RowKind(kind)]
    except ValueError as error:
        raise Rejected(Verdict.MALFORMED, "an unknown kind of row") from error
    return row.ID.unpack(row_id), row.unpack(body)


@dataclass(frozen=True, slots=True)
class OpenRow:
    """An opened row as the server tells it: under which generation, and whether it came together with it."""

    g: int
    id: RowId
    body: RowBody
    is_of_set: bool = False

    @property
    def name(self) -> tuple[int, bytes]:
        return self.body.KIND, self.id.pack()


@dataclass(frozen=True, slots=True)
class Keyring:
    """What counts of a keyring: pins, heads and receive seeds by packed id, epoch seeds to be tried by epoch.

    `conflicts` are the users of whom two pins count that say different things of one n, and who were
    not compared since.
    """

    rows: dict[tuple[int, bytes], RowBody]
    seeds: dict[EpochId, tuple[EpochRow, ...]]
    conflicts: frozenset[int]


def read_keyring(
    rows: Iterable[OpenRow], sets: dict[int, bytes], counts: Callable[[OpenRow], bool] = lambda _row: True
) -> Keyring:
    """Return what counts of rows in the order of the server; `sets` are `set` by g of the verified own chain.

    Of kinds 2 to 4 only rows of which `counts` is true.

    Raises Rejected: withheld (the rows of the newest generation's set are not those that it states).
    """
    known = list(rows)
    newest = max(sets)
    verified = {g for g in sets if hash_rows(known, g) == sets[g]}
    require(newest in verified, Verdict.WITHHELD, "rows of the newest set are missing or others")
    passed = {(row.name, row.body) for row in known if row.is_of_set and row.g in verified}
    found: dict[tuple[int, bytes], RowBody] = {}
    seeds: dict[EpochId, tuple[EpochRow, ...]] = {}
    pins: dict[int, list[PinRow]] = {}
    counting: list[tuple[RowId, RowBody]] = []
    for row in known:
        if isinstance(row.body, EpochRow) and isinstance(row.id, EpochId):
            seeds[row.id] = (*seeds.get(row.id, ()), row.body)
        elif (row.g == newest or (row.name, row.body) in passed) and counts(row):
            counting.append((row.id, row.body))
    for row_id, body in list_standing(counting):
        name = (body.KIND, row_id.pack())
        if isinstance(body, PinRow) and isinstance(row_id, UserId):
            pins.setdefault(row_id.user, []).append(body)
        found[name] = choose_row(found.get(name), body)
    conflicts = frozenset(user for user, seen in pins.items() if says_two_things(list_since_compared(seen)))
    return Keyring(found, seeds, conflicts)


def hash_rows(rows: Iterable[OpenRow], g: int) -> bytes | None:
    """Return the hash of the rows that are said to have come with generation g; None for what is no set."""
    try:
        return hash_set((*row.name, row.body.pack()) for row in rows if row.g == g and row.is_of_set)
    except Rejected:
        return None


def list_standing(
    rows: Sequence[tuple[RowId, RowBody]], others: Iterable[PinRow] = ()
) -> list[tuple[RowId, RowBody]]:
    """Return the rows, in their order, without the pins that another one takes back, of them or of `others`.

    A pin that is taken back itself takes back still.
    """
    pins = [*(body for _, body in rows if isinstance(body, PinRow)), *others]
    taken = {one for pin in pins for one in pin.takes_back}

    def is_taken(row_id: RowId, body: RowBody) -> bool:
        if not isinstance(body, PinRow) or not isinstance(row_id, UserId):
            return False
        return body.hash_of(row_id.user) in taken

    return [row for row in rows if not is_taken(*row)] if taken else list(rows)


def choose_row(before: RowBody | None, after: RowBody) -> RowBody:
    """The higher n counts, then the higher place, then the later row."""
    if isinstance(before, PinRow) and isinstance(after, PinRow):
        return before if before.n > after.n else after
    if isinstance(before, HeadRow) and isinstance(after, HeadRow):
        return before if (before.n, before.seq) > (after.n, after.seq) else after
    return after


def list_since_compared(pins: Iterable[PinRow]) -> list[PinRow]:
    """Return a person's pins from the last comparison on."""
    since: list[PinRow] = []
    for pin in pins:
        since = [pin] if pin.how is How.COMPARED else [*since, pin]
    return since


def list_disputed(pins: Iterable[PinRow]) -> list[PinRow]:
    """Return all that a person's pins say, each once and in order, if since somebody compared they say more
    than one thing: they are carried over together.
    """
    since = list_since_compared(pins)
    last = {_said(pin): at for at, pin in enumerate(since)}
    return [since[at] for at in sorted(last.values())] if len(last) > 1 else []


def _said(pin: PinRow) -> tuple[int, bytes, bytes]:
    return pin.n, pin.hash, pin.identity_key


def says_two_things(pins: Iterable[PinRow]) -> bool:
    """Tell whether pins say different things of one n."""
    said: dict[int, tuple[int, bytes, bytes]] = {}
    return any(said.setdefault(pin.n, _said(pin)) != _said(pin) for pin in pins)


def hash_set(rows: Iterable[tuple[int, bytes, bytes]]) -> bytes:
    """Return `set`, 32 bytes, of the rows (kind, packed id, body), in any order, that are carried over."""
    entries = []
    for kind, row_id, body in rows:
        read_row(kind, row_id, body)
        require(kind in CARRIED_OVER, Verdict.MALFORMED, "a row that is not carried over")
        entries.append((u8(kind) + prefix(row_id, 1), labelled_hash(labels.SET, body)))
    entries.sort()
    names = [name for name, _ in entries]
    require(len(set(names)) == len(names), Verdict.MALFORMED, "a row that is there twice")
    return labelled_hash(labels.ROW_SET, u32(len(entries)) + b"".join(name + body for name, body in entries))
