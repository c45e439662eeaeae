"""Entries judged and opened as they are read (section 8.3): what that takes is fetched, what lacks is
asked for.
"""

from collections.abc import Sequence

import msgspec

from hearth.client.conversations.fetch import fetch_epochs, place_entry
from hearth.client.conversations.gossip import hear_heads
from hearth.client.conversations.live import Live
from hearth.client.conversations.rewrap import ask_for_seeds
from hearth.client.conversations.room import Healed, Room
from hearth.client.conversations.rows import to_row
from hearth.client.conversations.seeds import find_seed, write_head
from hearth.client.crypto.log.body import find_heads
from hearth.client.crypto.log.follow import Follower
from hearth.client.crypto.log.judge import Judge, Sender
from hearth.client.crypto.log.log import Log
from hearth.client.crypto.log.marks import Marks
from hearth.client.crypto.log.rows import Judgement, Row
from hearth.client.device_file import Cursor, KeptWaiting
from hearth.errors import HearthError
from hearth.messages.contract import Entry, Page, ReadHistory
from hearth.sealed.core.verdicts import Rejected
from hearth.sealed.group.entries import EntryKind

ROWS_AT_ONCE = 100


def name_sender(sender: Sender) -> str:
    """Return a device as the device file names it."""
    user, device = sender
    return f"{user}.{device.hex()}"


def read_sender(name: str) -> Sender:
    user, device = name.split(".")
    return int(user), bytes.fromhex(device)


async def open_entry(room: Room, before: Cursor, entry: Entry) -> Judgement:
    """Judge the entry after a cursor. One that was judged not long ago is answered as before.

    Raises Rejected(fork) when a known part of the log changes; HearthError.
    """
    live = room.open(entry.conversation_id)
    follower = await _follow_from(room, live, before)
    known = follower.find(entry.seq)
    if known is not None:
        return known
    row = to_row(entry)
    await _prepare(room, live, row)
    judgement = follower.take(before.log_hash, row)
    if entry.seq in follower.waiting:
        room.entries[live.key, entry.seq] = entry
        await ask_for_seeds(room, live)
    if judgement.is_signed and row.device == room.own.by.device:
        _raise_counter(room, live, row)
    if row.kind == EntryKind.EPOCH:
        await write_head(room, live)
    if judgement.content is not None and judgement.verdict is None:
        await hear_heads(room, live, row, judgement.content)
    return judgement


def open_at_once(room: Room, before: Cursor, entry: Entry) -> Judgement | None:
    """Judge an entry for which nothing has to be fetched; None where something has. Raises Rejected(fork)."""
    live = room.lives.get(entry.conversation_id)
    follower = None if live is None else live.follower
    if live is None or follower is None or follower.begin is None or entry.kind >= EntryKind.EPOCH:
        return None
    known = follower.find(entry.seq)
    if known is not None:
        return known
    row = to_row(entry)
    if entry.seq != follower.log.last + 1 or not _is_prepared(room, live, row):
        return None
    judgement = follower.take(before.log_hash, row)
    if entry.seq in follower.waiting:
        room.entries[live.key, entry.seq] = entry
    if judgement.is_signed and row.device == room.own.by.device:
        _raise_counter(room, live, row)
    content = judgement.content if judgement.verdict is None else None
    heads = None if content is None else find_heads(content)
    if content is not None and heads is not None and heads.heads:
        room.said.append((live, row, content))
    return judgement


def _is_prepared(room: Room, live: Live, row: Row) -> bool:
    """Tell whether everything is here that judging an entry takes."""
    if row.is_emptied or row.is_unsealed:
        return True
    known = live.epochs.known.get(row.epoch)
    if known is None or known.key is None or known.entry_seq is None:
        return False
    try:
        return _is_sender_known(room, live, row)
    except Rejected:
        return False


async def _follow_from(room: Room, live: Live, before: Cursor) -> Follower:
    """Return the follower of a log that goes on after a cursor, begun where something still waited."""
    follower = live.follower
    if follower is not None and (follower.begin is None or before.seq <= follower.log.last):
        return follower
    await _fetch(room, live)
    kept = room.own.file.state.waiting.get(live.key)
    begin = before if kept is None else kept.base
    used = {read_sender(name): counter for name, counter in begin.used.items()}
    live.follower = follower = Follower(live.epochs, live.generations, used, has_head_row=live.has_head_row)
    if kept is not None:
        await _read_again(room, live, kept, before.seq)
    return follower


async def _read_again(room: Room, live: Live, kept: KeptWaiting, last: int) -> None:
    """Judge the entries from the first one on that waited when this program ended; those that do no
    longer are given.
    """
    follower, after = live.follower, kept.base.seq
    assert follower is not None
    while after < last:
        command = ReadHistory(conversation_id=live.key, seq=after, direction="after", limit=ROWS_AT_ONCE)
        page: Page = await room.own.ask(command, Page)
        entries = [entry for entry in page.entries if entry.seq <= last]
        if not entries:
            return
        before = page.hash_before
        for entry in entries:
            row = to_row(entry)
            await _prepare(room, live, row)
            judgement = follower.take(before, row)
            before = entry.log_hash
            if entry.seq in follower.waiting:
                room.entries[live.key, entry.seq] = entry
            elif entry.seq in kept.seqs:
                room.healed.append(Healed(entry, judgement))
        after = entries[-1].seq


async def _fetch(room: Room, live: Live) -> None:
    """Know a conversation's epochs as far as they can be known; what must not be stops it."""
    try:
        await fetch_epochs(room, live)
    except Rejected as rejected:
        room.stop(live, rejected)
    except HearthError as error:
        if error.code != "not_found":
            raise


async def _prepare(room: Room, live: Live, row: Row) -> None:
    """Fetch what judging an entry takes: its epoch, the sender's chain, the seed."""
    if row.is_emptied or row.is_unsealed:
        return
    if row.epoch > live.newest_n or row.epoch not in live.epochs.known:
        await _fetch(room, live)
    known = live.epochs.known.get(row.epoch)
    if known is None or row.kind >= EntryKind.EPOCH:
        return
    try:
        if live.epochs.entry_seq(row.epoch) is None:
            await place_entry(room, live, row.epoch)
        if not _is_sender_known(room, live, row):
            await room.own.met.catch_up([row.user])
        if known.key is None and row.epoch not in live.asked:
            await find_seed(room, live, row.epoch)
    except Rejected as rejected:
        room.stop(live, rejected)


def _is_sender_known(room: Room, live: Live, row: Row) -> bool:
    member = live.epochs.known[row.epoch].epoch.members.get(row.user)
    chain = room.own.met.chain(row.user)
    if member is None:
        return True
    return member.chain.n <= len(chain.states) and chain.is_listed_from(member.chain, row.device)


def _raise_counter(room: Room, live: Live, row: Row) -> None:
    """A file that is older than the log goes on counting where the log ends (8.2)."""
    counters = room.own.file.state.counters
    counters[live.key] = max(counters.get(live.key, 0), row.counter)


async def heal(room: Room, live: Live) -> None:
    """Judge again what waits, after something was learnt; what can be opened now is given by `messages`."""
    follower = live.follower
    if follower is None or not follower.waiting:
        return
    for seq, judgement in follower.learn().items():
        entry = room.entries.pop((live.key, seq), None)
        if entry is not None:
            room.healed.append(Healed(entry, judgement))


def note_move(room: Room, key: str, cursor: Cursor) -> Cursor:
    """Return a cursor with the counters used up to it, and note what waits below it."""
    live = room.lives.get(key)
    follower = None if live is None else live.follower
    if follower is None or follower.log.last != cursor.seq:
        return cursor
    used = {name_sender(sender): counter for sender, counter in follower.used().items()}
    note_waiting(room, key, follower)
    return msgspec.structs.replace(cursor, used=used)


def note_waiting(room: Room, key: str, follower: Follower) -> None:
    """Keep what waits, so that a later start looks at it again; what was healed and is not given yet
    counts, too.
    """
    waiting, base = room.own.file.state.waiting, follower.base()
    given = {healed.entry.seq for healed in room.healed if healed.entry.conversation_id == key}
    seqs, kept = follower.waiting | given, waiting.get(key)
    if not seqs:
        waiting.pop(key, None)
    elif kept is not None:
        waiting[key] = KeptWaiting(kept.base, sorted(seqs))
    elif base is not None:
        used = {name_sender(sender): counter for sender, counter in base.used.items()}
        waiting[key] = KeptWaiting(Cursor(base.place.seq, base.place.hash, used=used), sorted(seqs))


def note_given(room: Room, healed: Healed) -> None:
    """A healed entry was handled: it does not wait any more."""
    key = healed.entry.conversation_id
    live = room.lives.get(key)
    if live is not None and live.follower is not None:
        note_waiting(room, key, live.follower)
        room.own.file.save()


async def open_page(room: Room, key: str, page: Page) -> dict[int, Judgement]:
    """Judge a page of history by itself, with what belongs to it. Raises HearthError."""
    return await open_entries(room, key, [*page.answered, *page.aimed], page)


async def open_entries(
    room: Room, key: str, singles: Sequence[Entry], page: Page | None = None
) -> dict[int, Judgement]:
    """Judge single entries of a conversation, beside a page of it. Raises HearthError."""
    live = room.open(key)
    if not live.is_fetched:
        await _fetch(room, live)
    rows, others = [to_row(entry) for entry in page.entries] if page else [], list(map(to_row, singles))
    await _prepare_page(room, live, [*others, *rows])
    log = Log(live.where.conversation)
    if page is not None:
        log.take_page(page.hash_before, rows)
    for row in others:
        log.take_single(row)
    marks = Marks(live.epochs, live.generations)
    return Judge(log, live.epochs, marks, live.has_head_row, {}).judge_all()


async def _prepare_page(room: Room, live: Live, rows: Sequence[Row]) -> None:
    """Know the places of the epochs around a page, and what each entry takes."""
    try:
        if live.epochs.known:
            await place_entry(room, live, min(live.epochs.known))
        for n in {row.epoch + 1 for row in rows} & live.epochs.known.keys():
            await place_entry(room, live, n)
    except Rejected as rejected:
        room.stop(live, rejected)
    prepared: set[tuple[int, int, bytes, bool]] = set()
    for row in rows:
        name = (row.epoch, row.user, row.device, row.kind < EntryKind.EPOCH)
        if name not in prepared:
            prepared.add(name)
            await _prepare(room, live, row)
