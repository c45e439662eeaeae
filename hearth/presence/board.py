"""The presence board: who is here, kept in memory, stored and told to friends at every change.

One task does all storing and telling: changes of one user never overtake each other, many at once cost one
transaction. Invariant: nobody but friends (as of that transaction) and the user's own devices is told.
"""

import asyncio
import logging
from contextlib import suppress

from hearth.bus.local import Bus
from hearth.clock import Clock
from hearth.contract import Actor
from hearth.db.engine import Database
from hearth.presence.contract import Status
from hearth.presence.sockets import Sockets
from hearth.presence.tell import Change, clear_stored, publish, save_and_address, save_offline
from hearth.tasks import end_task

LOG = logging.getLogger(__name__)
BATCH = 100
RETRY_SECONDS = 1.0


class PresenceBoard:
    """One per process. Everything but `start`, `stop` and `settle` returns at once."""

    def __init__(self, database: Database, bus: Bus, clock: Clock) -> None:
        self._database, self._bus, self._clock = database, bus, clock
        self._sockets = Sockets()
        self._announced_anew: set[int] = set()
        self._introduced: dict[int, set[int]] = {}
        self._wake = asyncio.Event()
        self._turn = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Set everybody offline whom a crash left online, and begin to work."""
        await clear_stored(self._database)
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop telling; store that everybody was seen until now."""
        if self._task is not None:
            await end_task(self._task)
        try:
            await save_offline(self._database, self._sockets.list_present(self._clock.now()))
        except Exception:  # the server stops all the same, and the next start sets everybody offline
            LOG.exception("last seen could not be stored")

    def connected(self, actor: Actor) -> None:
        """A socket came."""
        self._sockets.add(actor, self._clock.now())
        self._wake.set()

    def disconnected(self, actor: Actor) -> None:
        """A socket went, for whatever reason; doing it twice changes nothing."""
        self._sockets.remove(actor, self._clock.now(), self._clock.monotonic())
        self._wake.set()

    def set_away(self, actor: Actor, is_away: bool) -> None:
        """A socket's person is there, or not."""
        self._sockets.set_away(actor, is_away, self._clock.now())
        self._wake.set()

    def announce_anew(self, user_id: int) -> None:
        """A user began or ceased to share their presence: friends learn at once what they see now."""
        self._announced_anew.add(user_id)
        self._wake.set()

    def introduce(self, friend_id: int, viewer_ids: tuple[int, ...]) -> None:
        """Tell new friends of a user how present that user is."""
        self._introduced.setdefault(friend_id, set()).update(viewer_ids)
        self._wake.set()

    def status_of(self, user_id: int) -> Status:
        """Return the truth, shared or not: for verbs that know whether the asker may see it."""
        return self._sockets.status_of(user_id)

    async def settle(self) -> None:
        """Do all that is due now. Raises what the database raises; then it stays due."""
        async with self._turn:
            self._sockets.end_graces(self._clock.monotonic())
            while batch := self._take_batch():
                try:
                    notes = await save_and_address(self._database, batch)
                except BaseException:
                    self._put_back(batch)
                    raise
                for change in batch:
                    self._sockets.mark_saved(change.user_id, change.status)
                publish(self._bus, notes)

    def _take_batch(self) -> list[Change]:
        due = sorted({*self._sockets.changed, *self._announced_anew, *self._introduced})[:BATCH]
        return [self._take(user_id) for user_id in due]

    def _take(self, user_id: int) -> Change:
        watched = self._sockets.users.get(user_id)
        status = self._sockets.status_of(user_id)
        self._sockets.changed.discard(user_id)
        is_anew = user_id in self._announced_anew
        self._announced_anew.discard(user_id)
        return Change(
            user_id,
            status,
            None if watched is None else watched.seen_at,
            is_changed=watched is not None and status != watched.saved,
            is_anew=is_anew,
            viewer_ids=frozenset(self._introduced.pop(user_id, ())),
        )

    def _put_back(self, batch: list[Change]) -> None:
        for change in batch:
            if change.is_changed:
                self._sockets.changed.add(change.user_id)
            if change.is_anew:
                self._announced_anew.add(change.user_id)
            if change.viewer_ids:
                self._introduced.setdefault(change.user_id, set()).update(change.viewer_ids)

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            try:
                await self.settle()
            except Exception as error:  # the database may be away for a while: what is due stays due
                if not self._database.is_retryable(error):
                    LOG.warning("presence could not be stored: %s", type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(self._seconds_to_wait()):
                    await self._wake.wait()

    def _seconds_to_wait(self) -> float | None:
        end = self._sockets.next_end()
        return None if end is None else max(0.0, end - self._clock.monotonic())
