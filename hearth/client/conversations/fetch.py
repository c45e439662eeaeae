"""A conversation's epochs from the server, from where this device knows them or where it begins (7.5
and 7.6).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from hearth.client.conversations.live import Live, Told
from hearth.client.conversations.room import Room
from hearth.client.conversations.rows import to_ms, to_row
from hearth.client.crypto.log.marks import Marks
from hearth.client.crypto.log.rows import Row
from hearth.epochs.contract import Epochs as EpochPage
from hearth.epochs.contract import ListEpochs
from hearth.messages.contract import Page, ReadHistory
from hearth.sealed.core.verdicts import Rejected, Verdict, require
from hearth.sealed.group.entries import EntryKind
from hearth.sealed.group.epoch import Action, EpochRecord, Roster
from hearth.sealed.person.keyring import EpochId, EpochRow

EPOCHS_AT_ONCE = 100
ROWS_AT_ONCE = 100
BRINGS_IN = frozenset({Action.ADD, Action.REIDENTIFY})


@dataclass(frozen=True, slots=True)
class Stored:
    """An epoch as the server has it, with its roster."""

    n: int
    record: bytes
    roster: bytes
    told: Told


async def fetch_epochs(room: Room, live: Live) -> None:
    """Take everything that the server has above what is known.

    Raises Rejected: 7.5; what was accepted before stays. HearthError.
    """
    if live.epochs.newest is None:
        rest = await _begin(room, live)
    else:
        rest = await _list_next(room, live)
    for stored in rest:
        await _take(room, live, stored)
    live.is_fetched = True
    await _place_entries(room, live)
    learn_seeds(room, live)
    room.keep(live)


async def _list_from(room: Room, live: Live, first: int) -> list[Stored]:
    listed: list[Stored] = []
    while True:
        command = ListEpochs(conversation_id=live.key, first=first, limit=EPOCHS_AT_ONCE)
        page: EpochPage = await room.own.ask(command, EpochPage)
        roster: bytes | None = None
        for one in page.epochs:
            roster = one.roster if one.roster is not None else roster
            if roster is None:
                raise Rejected(Verdict.BAD_ROSTER, "no roster at all")
            listed.append(Stored(one.n, one.record, roster, Told(one.seq, to_ms(one.timestamp))))
        if not page.epochs or page.epochs[-1].n >= page.n:
            return listed
        require(page.epochs[-1].n >= first, Verdict.MALFORMED, "a page that leads nowhere")
        first = page.epochs[-1].n + 1


async def find_stored(room: Room, live: Live, n: int) -> Stored | None:
    """Return one epoch as the server has it now, its members caught up; None without. Raises HearthError."""
    command = ListEpochs(conversation_id=live.key, first=n, limit=1)
    page: EpochPage = await room.own.ask(command, EpochPage)
    one = next((one for one in page.epochs if one.n == n and one.roster is not None), None)
    if one is None or one.roster is None:
        return None
    stored = Stored(one.n, one.record, one.roster, Told(one.seq, to_ms(one.timestamp)))
    await _prove(room, stored)
    return stored


async def _begin(room: Room, live: Live) -> Sequence[Stored]:
    """Begin at the highest epoch that this device or its keyring names, else at epoch 1 or where one
    came in.
    """
    listed = await _list_from(room, live, 1)
    head, kept = room.own.find_head(live.where.conversation), room.kept(live.key).epoch
    live.has_head_row = head is not None
    n, record_hash = kept.n, kept.hash
    if head is not None:
        live.head_row = head.n
        if head.n > n:
            n, record_hash = head.n, head.record_hash
    at = next((index for index, stored in enumerate(listed) if stored.n == n), None)
    if n and at is None:
        is_above = bool(listed) and listed[-1].n > n
        require(is_above, Verdict.ROLLBACK, "the server does not show an epoch that was seen")
    if at is None:
        return await _begin_anew(room, live, listed)
    anchor = listed[at]
    live.epochs.anchor(anchor.record, anchor.roster, record_hash)
    live.told[anchor.n] = anchor.told
    _walk_back(live, listed[:at], 1)
    rest = listed[at + 1 :]
    return await _join(room, live, listed) if _has_gap(rest, anchor.n + 1) else rest


async def _begin_anew(room: Room, live: Live, listed: list[Stored]) -> Sequence[Stored]:
    if not listed or (listed[0].n == 1 and not _has_gap(listed, 1)):
        return listed
    return await _join(room, live, listed)


async def _list_next(room: Room, live: Live) -> Sequence[Stored]:
    """What follows what is known; after a time outside, from where one was brought in again."""
    first = live.newest_n + 1
    listed = await _list_from(room, live, first)
    return await _join(room, live, listed) if _has_gap(listed, first) else listed


def _has_gap(listed: Sequence[Stored], first: int) -> bool:
    return any(stored.n != first + index for index, stored in enumerate(listed))


async def _join(room: Room, live: Live, listed: list[Stored]) -> Sequence[Stored]:
    """Begin at the epoch that brings oneself in, and go back from there as far as history was given."""
    at = _find_join(listed, room.own.user)
    joined, before = listed[at], listed[at - 1] if at > 0 else None
    earlier = None if before is None else (before.record, before.roster)
    await _prove(room, joined)
    epoch = live.epochs.join(earlier, joined.record, joined.roster, joined.told.seq)
    live.epochs.known = {epoch.record.n: live.epochs.known[epoch.record.n]}
    live.told[joined.n] = joined.told
    if epoch.record.history_from:
        _walk_back(live, listed[:at], epoch.record.history_from)
    return listed[at + 1 :]


def _find_join(listed: Sequence[Stored], user: int) -> int:
    for at in range(len(listed) - 1, -1, -1):
        record = EpochRecord.open(listed[at].record).body
        if record.action in BRINGS_IN and any(target.user == user for target in record.targets):
            return at
    raise Rejected(Verdict.NOT_ALLOWED, "nothing brings oneself in")


def _walk_back(live: Live, listed: Sequence[Stored], least: int) -> None:
    for stored in reversed(listed):
        if stored.n < least or stored.n != live.epochs.oldest.record.n - 1:
            return
        live.epochs.take_before(stored.record, stored.roster)
        live.told[stored.n] = stored.told


async def _prove(room: Room, stored: Stored) -> None:
    await room.own.met.prove(Roster.unpack(stored.roster).members)


async def _take(room: Room, live: Live, stored: Stored) -> None:
    await _prove(room, stored)
    try:
        live.epochs.take(stored.record, stored.roster, stored.told.seq)
    except Rejected as rejected:
        if rejected.verdict is not Verdict.UNPROVEN:
            raise
        await scan_leaves(room, live, stored.told.seq)
        live.epochs.take(stored.record, stored.roster, stored.told.seq)
    live.told[stored.n] = stored.told


async def _place_entries(room: Room, live: Live) -> None:
    """Look at the entries of epochs that stand below where the log is read from: places are proven by
    them.
    """
    cursor = (room.own.file.state.cursors or {}).get(live.key)
    reached = 0 if cursor is None else cursor.seq
    for n in {min(live.epochs.known, default=0), *_list_late(live, reached)}:
        if n in live.epochs.known and live.epochs.entry_seq(n) is None and live.told[n].seq <= reached:
            await place_entry(room, live, n)


def _list_late(live: Live, reached: int) -> list[int]:
    """The newest epochs below what is read next: entries may still come under them."""
    below = [n for n in live.epochs.known if live.told[n].seq <= reached]
    return sorted(below)[-3:]


async def place_entry(room: Room, live: Live, n: int) -> None:
    """Read the entry of an epoch; one that is not there, or is not its own, leaves the place unknown."""
    if live.epochs.entry_seq(n) is not None:
        return
    command = ReadHistory(conversation_id=live.key, seq=live.told[n].seq - 1, direction="after", limit=1)
    page: Page = await room.own.ask(command, Page)
    if page.entries and page.entries[0].seq == live.told[n].seq:
        Marks(live.epochs, live.generations).take_epoch(to_row(page.entries[0]))


async def scan_leaves(room: Room, live: Live, below: int) -> None:
    """Look for leave entries between that of the newest epoch and a place."""
    n = live.newest_n
    if n == 0:
        return
    await place_entry(room, live, n)
    entry = live.epochs.entry_seq(n)
    if entry is None:
        return
    after = max(entry, live.scanned.get(n, 0))
    while after < below - 1:
        command = ReadHistory(conversation_id=live.key, seq=after, direction="after", limit=ROWS_AT_ONCE)
        page: Page = await room.own.ask(command, Page)
        if not page.entries:
            return
        for one in page.entries:
            if one.kind == EntryKind.LEAVE:
                _take_leave(live, to_row(one))
        after = live.scanned[n] = page.entries[-1].seq


def _take_leave(live: Live, row: Row) -> None:
    try:
        live.marks.take_leave(row)
    except Rejected:
        return  # one that does not count


def learn_seeds(room: Room, live: Live) -> None:
    """Take the seeds of these epochs that the keyring has, or that were known before a restore: each counts
    only if it opens its record's commitment.
    """
    for n, known in live.epochs.known.items():
        if known.key is not None:
            continue
        name = EpochId(live.where.conversation, n)
        if any(_try_seed(live, n, row) for row in room.own.seeds.get(name, ())):
            live.in_keyring.add(n)
        elif name in room.spare:
            _try_seed(live, n, room.spare[name])


def _try_seed(live: Live, n: int, row: EpochRow) -> bool:
    if row.record_hash != live.epochs.known[n].epoch.hash:
        return False
    try:
        live.take_seed(n, row.seed)
    except Rejected:
        return False
    return True
