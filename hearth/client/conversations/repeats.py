"""Whether what this device sent stands, or repeats a counter: its file may have been copied (8.2)."""

from collections.abc import AsyncIterator, Callable, Iterable

from hearth.client.conversations.open import open_page
from hearth.client.device_file import DeviceFile, OutboxRow
from hearth.client.events import DeviceCopied
from hearth.client.keys.asking import is_moved
from hearth.client.keys.keeper import Keeper
from hearth.client.pauses import Pauses
from hearth.client.problems import NoKeys, may_pass
from hearth.client.replica.catch_up import Ask
from hearth.client.replica.state import Replica
from hearth.errors import HearthError
from hearth.messages.contract import Entry, Page, ReadHistory, Sent
from hearth.sealed.core.verdicts import Rejected, Verdict

PAGE = 100
FIRST_PAUSE = 0.5
MAX_PAUSE = 15.0


class Repeats:
    """Looks at the log below what was sent, down to what is known to have no entry of another copy in it."""

    def __init__(
        self,
        file: DeviceFile,
        replica: Replica,
        keeper: Keeper,
        ask: Ask,
        report: Callable[[DeviceCopied], None],
    ) -> None:
        self._file, self._replica, self._keeper, self._ask = file, replica, keeper, ask
        self._report = report

    async def find_used(self, row: OutboxRow, sent: Sent) -> int:
        """Return 0 when a row stands where it was stored; else the highest counter that this device has used.

        An entry that does not pass repeats nothing; one that was emptied cannot be judged any more, and does.
        A refusal that passes is waited out without the keys; after any other, nothing can be found.
        """
        pauses = Pauses(FIRST_PAUSE, MAX_PAUSE)
        while True:
            try:
                return await self._look(row, sent)
            except HearthError as error:
                if not may_pass(error) and not is_moved(error):  # such as of who is no member any more
                    return 0
                await self._keeper.wait_for_news(pauses.next(error.retry_after))

    async def _look(self, row: OutboxRow, sent: Sent) -> int:
        found: list[Entry] = []
        async for entry in self._list_below(row, sent.seq):
            is_own = entry.from_device == self._file.state.device_id and entry.counter >= row.counter
            if is_own and entry.client_id != row.client_id and await self._is_used(entry):
                found.append(entry)
        if any(entry.counter == row.counter for entry in found):
            self._report(DeviceCopied(conversation_id=row.conversation_id))
            return max(entry.counter for entry in found)
        self._file.state.settled[row.conversation_id] = sent.seq
        return 0

    async def _list_below(self, row: OutboxRow, seq: int) -> AsyncIterator[Entry]:
        """Yield the entries below a seq, highest first, as far as another copy may have written some."""
        key, begun = row.conversation_id, self._replica.devices.get(self._file.state.device_id)
        floor = max(self._file.state.settled.get(key, 0), self._read_up_to(row))
        state = self._replica.conversations.get(key)
        recent = {} if state is None else state.recent
        while seq - 1 > floor:
            below: Iterable[Entry]
            if (entry := recent.get(seq - 1)) is not None:
                below = [entry]
            else:
                command = ReadHistory(conversation_id=key, seq=seq, direction="before", limit=PAGE)
                page: Page = await self._ask(command, Page)
                below = reversed(page.entries)
                if not page.entries:
                    return
            for entry in below:
                if entry.seq <= floor or (begun is not None and entry.timestamp < begun.created_at):
                    return
                yield entry
                seq = entry.seq

    def _read_up_to(self, row: OutboxRow) -> int:
        """Return up to where this program has read the log, if nothing there has the row's counter."""
        cursor = (self._file.state.cursors or {}).get(row.conversation_id)
        if cursor is None or cursor.counters.get(self._file.state.device_id, 0) >= row.counter:
            return 0
        return cursor.seq

    async def _is_used(self, entry: Entry) -> bool:
        if not entry.record:
            return True
        command = ReadHistory(
            conversation_id=entry.conversation_id, seq=entry.seq - 1, direction="after", limit=1
        )
        page: Page = await self._ask(command, Page)
        try:
            async with self._keeper.hold() as room:
                judgement = (await open_page(room, entry.conversation_id, page)).get(entry.seq)
        except (NoKeys, Rejected):
            return False
        return judgement is not None and judgement.is_signed and judgement.verdict is not Verdict.MALFORMED
