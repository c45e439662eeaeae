"""The opening of entries for who reads them: with keys where there are some, and without where there
are none.
"""

from collections.abc import AsyncIterator, Sequence

from hearth.client.conversations.open import (
    note_given,
    note_move,
    open_at_once,
    open_entries,
    open_entry,
    open_page,
)
from hearth.client.crypto.log.rows import Judgement
from hearth.client.device_file import Cursor
from hearth.client.keys.keeper import Keeper
from hearth.client.problems import LogBroken, NoKeys
from hearth.client.replica.reader import Read
from hearth.messages.contract import Entry, Page
from hearth.sealed.core.verdicts import Rejected, Verdict

UNPROVEN = Judgement(Verdict.UNPROVEN)


class Opener:
    """Judges what a device reads. What it cannot judge for want of keys of its own has no judgement."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    async def open(self, read: Read) -> Judgement | None:
        """Judge the next entry of a log. Raises LogBroken when a known part of it changes; HearthError."""
        try:
            room = self._keeper.at_hand()
            judgement = None if room is None else open_at_once(room, read.before, read.entry)
            if judgement is not None:
                if room is not None and room.said:
                    self._keeper.wake()
                return judgement
            async with self._keeper.hold() as room:
                return await open_entry(room, read.before, read.entry)
        except NoKeys:
            return None
        except Rejected as rejected:
            if rejected.verdict is Verdict.FORK:
                raise LogBroken(rejected.why) from rejected
            return UNPROVEN

    async def open_page(self, page: Page) -> dict[int, Judgement]:
        """Judge a page of history; without keys nothing has a judgement."""
        try:
            async with self._keeper.hold() as room:
                return await open_page(room, page.conversation_id, page)
        except NoKeys:
            return {}
        except Rejected:
            entries = (*page.entries, *page.aimed, *page.answered)
            return dict.fromkeys((entry.seq for entry in entries), UNPROVEN)

    async def open_entries(self, key: str, entries: Sequence[Entry]) -> dict[int, Judgement]:
        """Judge single entries of a conversation; without keys nothing has a judgement."""
        try:
            async with self._keeper.hold() as room:
                return await open_entries(room, key, entries)
        except NoKeys:
            return {}
        except Rejected:
            return dict.fromkeys((entry.seq for entry in entries), UNPROVEN)

    async def give_healed(self) -> AsyncIterator[tuple[Entry, Judgement]]:
        """Yield what could not be opened before and can be now; it is handled when the next one is
        asked for.
        """
        room = self._keeper.room
        while room is not None and room.healed:
            healed = room.healed[0]
            yield healed.entry, healed.judgement
            room.healed.popleft()
            note_given(room, healed)

    def describe(self, key: str, cursor: Cursor) -> Cursor:
        """Add to a cursor what is known of the log up to it."""
        room = self._keeper.room
        return cursor if room is None else note_move(room, key, cursor)

    def may_follow_loss(self, key: str, seq: int) -> bool:
        """Tell whether a restore may have lost what is missing before an entry that was just read (8.5)."""
        room = self._keeper.room
        live = None if room is None else room.lives.get(key)
        return live is not None and live.follower is not None and live.follower.may_follow_loss(seq)
