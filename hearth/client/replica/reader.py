"""Reading conversations from a cursor, so that nothing is missed and nothing unchecked is handed on.

Invariant: a cursor moves by one entry at a time, only over entries whose hash follows from the one before.
Each device's counters are followed too: one that is skipped is an entry that the server left out. Only an
entry whose device vouches for its counter shows that (section 8.5 of docs/protocol-encryption.md).
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, NamedTuple

import msgspec

from hearth.client.crypto.log.rows import Judgement
from hearth.client.device_file import Cursor, DeviceFile
from hearth.client.events import EntryMissing
from hearth.client.problems import LogBroken
from hearth.client.replica.catch_up import Ask
from hearth.client.replica.conversation import ConversationState
from hearth.client.replica.log_hash import chain_hash, start_hash
from hearth.client.replica.places import add_place, find_common
from hearth.client.replica.state import Replica
from hearth.messages.contract import Entry, Page, ReadHistory

PAGE = 100
replace = msgspec.structs.replace


class Read(NamedTuple):
    """An entry, the cursor that it follows, and how it was judged: None without keys."""

    entry: Entry
    before: Cursor
    judgement: Judgement | None = None


Open = Callable[[Read], Awaitable[Judgement | None]]


async def leave_closed(_read: Read) -> None:
    """Open nothing, for want of keys."""


class Reader:
    """Walks every conversation of a replica from the cursors in the device file.

    `describe` may add to a cursor what is known of the log up to it, before it is kept; `open_entry` judges;
    `may_follow_loss` tells whether a restore may have lost what is missing before an entry.
    """

    def __init__(
        self,
        file: DeviceFile,
        replica: Replica,
        ask: Ask,
        report: Callable[[EntryMissing], None],
        describe: Callable[[str, Cursor], Cursor] = lambda _key, cursor: cursor,
        open_entry: Open = leave_closed,
        may_follow_loss: Callable[[str, int], bool] = lambda _key, _seq: False,
    ) -> None:
        self._describe = describe
        self._open = open_entry
        self._may_follow_loss = may_follow_loss
        self._file = file
        self._replica = replica
        self._ask = ask
        self._report = report

    def begin(self) -> None:
        """After opening: the first time ever, reading starts at the heads; after a restore, where the log is
        still the one that was read.
        """
        state = self._file.state
        if state.cursors is not None and state.generation == self._replica.generation:
            return
        if state.cursors is None:
            state.cursors = {
                key: Cursor(conversation.last_seq, conversation.log_hash, is_whole=conversation.last_seq == 0)
                for key, conversation in self._replica.conversations.items()
            }
        elif state.generation:
            state.unsettled |= state.cursors | {
                key: _begin_at(kept.base, state.cursors.get(key)) for key, kept in state.waiting.items()
            }
            state.cursors = {}
        state.generation = self._replica.generation
        state.waiting, state.settled = {}, {}
        self._file.save()

    async def _settle(self, conversation: ConversationState) -> None:
        """After a restore: go on from the last place that the log still has.

        What comes above it may have been handled before: the counters of that time tell.
        """
        key = conversation.conversation.id
        old = self._file.state.unsettled.get(key)
        if old is None:
            return
        places = {**old.places, old.seq: old.log_hash}
        if old.is_whole:
            places[0] = start_hash(key)
        seq = await find_common(self._ask, key, places, conversation.last_seq)
        if seq == old.seq:
            self._set(key, old)
        elif seq is None:
            end = conversation.last_seq, conversation.log_hash
            self._set(key, Cursor(*end, handled=_counters_of(old)))
        else:
            kept = {at: log_hash for at, log_hash in places.items() if 0 < at <= seq}
            self._set(key, Cursor(seq, places[seq], places=kept, handled=_counters_of(old)))
        self._file.state.unsettled.pop(key, None)
        self._file.save()

    def was_handled(self, entry: Entry) -> bool:
        """Tell whether an entry was handled before a restore, and came back since."""
        cursor = (self._file.state.cursors or {}).get(entry.conversation_id)
        return cursor is not None and 0 < entry.counter <= cursor.handled.get(entry.from_device, 0)

    async def read_new(self) -> AsyncIterator[Read]:
        """Yield every entry after the cursors, conversation by conversation, until all are at their heads.

        The cursor moves on when the next entry is asked for: what a program was given but did not finish
        before it died, it is given again. Raises LogBroken, and what `open_entry` raises.
        """
        for key in list(self._replica.conversations):
            while (conversation := self._replica.conversations.get(key)) is not None:
                await self._settle(conversation)
                cursor = self._cursor(conversation)
                if cursor is None or cursor.seq < conversation.last_seq:
                    progressed = False
                    async for entry, before in self._read_stretch(conversation, cursor):
                        progressed = True
                        judgement = await self._open(Read(entry, before))
                        counters = self._count(entry, before, is_vouched=is_vouched(entry, judgement))
                        yield Read(entry, before, judgement)
                        cursor = self._move(key, replace(follow(before, entry), counters=counters))
                    if progressed:
                        continue
                break

    async def _read_stretch(
        self, conversation: ConversationState, cursor: Cursor | None
    ) -> AsyncIterator[tuple[Entry, Cursor]]:
        entry = conversation.recent.get(cursor.seq + 1) if cursor is not None else None
        if cursor is not None and entry is not None:
            follow(cursor, entry)
            yield entry, cursor
            return
        page: Page = await self._ask(self._next_page(conversation, cursor), Page)
        if cursor is None:
            cursor = Cursor(page.entries[0].seq - 1 if page.entries else page.last_seq, page.hash_before)
        elif page.entries and page.hash_before != cursor.log_hash:
            raise LogBroken(f"conversation {page.conversation_id} does not continue where it was left")
        for entry in page.entries:
            reached = follow(cursor, entry)
            yield entry, cursor
            cursor = self._held(page.conversation_id, reached)

    def _next_page(self, conversation: ConversationState, cursor: Cursor | None) -> ReadHistory:
        own: Any = conversation.members.get(self._replica.user_id)
        after = cursor.seq if cursor is not None else own.joined_seq
        return ReadHistory(
            conversation_id=conversation.conversation.id, seq=after, direction="after", limit=PAGE
        )

    def _cursor(self, conversation: ConversationState) -> Cursor | None:
        """Return how far it was read; None when it began in the middle of a log whose hash is not known."""
        key = conversation.conversation.id
        cursors = self._file.state.cursors or {}
        own = conversation.members.get(self._replica.user_id)
        if key not in cursors and (own is None or own.joined_seq == 0):
            return Cursor(0, start_hash(key), is_whole=True)
        return cursors.get(key)

    def _count(self, entry: Entry, before: Cursor, *, is_vouched: bool) -> dict[str, int]:
        """Return the counters after an entry; say so when its device has skipped a number.

        What is not vouched for fills the place of the next number, and shows nothing.
        """
        last = before.counters.get(entry.from_device, 0 if before.is_whole else None)
        if entry.counter == 0 or not (is_vouched or (last is not None and entry.counter == last + 1)):
            return before.counters
        if last is not None and entry.counter > last + 1:
            key, seq = entry.conversation_id, entry.seq
            may_be_lost = self._may_follow_loss(key, seq)
            self._report(
                EntryMissing(conversation_id=key, seq=seq, from_user=entry.from_user, may_be_lost=may_be_lost)
            )
        return {**before.counters, entry.from_device: max(entry.counter, last or 0)}

    def _held(self, key: str, reached: Cursor) -> Cursor:
        """Return what is kept of a place that was just reached."""
        kept = (self._file.state.cursors or {}).get(key)
        return kept if kept is not None and kept.seq == reached.seq else reached

    def _move(self, key: str, cursor: Cursor) -> Cursor:
        moved = self._set(key, self._describe(key, cursor))
        self._file.save()
        return moved

    def _set(self, key: str, cursor: Cursor) -> Cursor:
        if self._file.state.cursors is None:
            self._file.state.cursors = {}
        self._file.state.cursors[key] = cursor
        return cursor


def follow(cursor: Cursor, entry: Entry) -> Cursor:
    """Return the cursor after this entry. Raises LogBroken unless it is the next one and its hash follows."""
    if entry.seq != cursor.seq + 1 or chain_hash(cursor.log_hash, entry) != entry.log_hash:
        raise LogBroken(f"entry {entry.seq} of conversation {entry.conversation_id} does not fit the log")
    return replace(
        cursor,
        seq=entry.seq,
        log_hash=entry.log_hash,
        places=add_place(cursor.places, entry.seq, entry.log_hash),
    )


def is_vouched(entry: Entry, judgement: Judgement | None) -> bool:
    """Tell whether an entry's counter is its device's word: it is proven, or from before encryption."""
    if entry.record[:1] == b"\0":
        return judgement is None or judgement.verdict is None
    return judgement is not None and judgement.is_signed


def _begin_at(base: Cursor, cursor: Cursor | None) -> Cursor:
    """Return where one has to begin for what waits, with what is known of the log before it."""
    if cursor is None:
        return base
    places = {at: log_hash for at, log_hash in cursor.places.items() if at < base.seq}
    return replace(base, places=places, is_whole=cursor.is_whole, handled=cursor.handled)


def _counters_of(cursor: Cursor) -> dict[str, int]:
    """Return the counters up to which entries were handled, by device: the proven ones, if there are any."""
    proven = {name.partition(".")[2]: counter for name, counter in cursor.used.items()}
    reached = proven or cursor.counters
    return {**cursor.handled, **reached}
