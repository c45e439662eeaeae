"""Looks after a device's keys while it is connected: everything that is due at each connection, one
act at a time.
"""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable

from hearth.client.conversations.chores import Chores
from hearth.client.conversations.room import Room
from hearth.client.device_file import DeviceFile
from hearth.client.events import KeysStopped
from hearth.client.keys.asking import Asker
from hearth.client.keys.connect import Place, connect
from hearth.client.keys.own import Own
from hearth.client.pauses import Pauses
from hearth.client.problems import Disconnected, NoKeys, Unreachable
from hearth.client.replica.state import Replica
from hearth.client.restored.after import AfterRestore
from hearth.client.wire.http import Http
from hearth.contract import Event
from hearth.directory.contract import ChainGrown, ReceiveRenewed
from hearth.epochs.contract import EpochMade, RewrapAnswered, RewrapAsked
from hearth.errors import HearthError, NotSignedIn
from hearth.private.contract import PrivateRowsChanged
from hearth.sealed.core.verdicts import Rejected
from hearth.vault.contract import GenerationMade, KeyringGrown

FIRST_PAUSE = 1.0
MAX_PAUSE = 60.0


class Keeper:
    """The keys of one device, with the conversations that it has opened.

    `place` says where the device stands, None before the first look in this run.
    """

    def __init__(
        self,
        file: DeviceFile,
        http: Http,
        replica: Replica,
        wait_until_ready: Callable[[], Awaitable[None]],
        notify: Callable[[Event], None],
        announce: Callable[[], Awaitable[None]],
    ) -> None:
        self._file, self._replica = file, replica
        self._notify, self._announce = notify, announce
        self._ask = Asker(http, wait_until_ready)
        self._lock = asyncio.Lock()
        self._opened, self._looked = 0, 0
        self._wake, self._news = asyncio.Event(), asyncio.Event()
        self._chores = Chores(self)
        self._restored = AfterRestore(file, replica)
        self.room: Room | None = None
        self.place: Place | None = None

    def begin(self) -> None:
        """There is a new connection: everything is looked at again."""
        self._opened += 1
        self._wake.set()

    @contextlib.asynccontextmanager
    async def hold(self) -> AsyncIterator[Room]:
        """Have the keys for one act, up to date in this connection.

        Raises NoKeys, Rejected (the server shows what cannot be), HearthError.
        """
        async with self._lock:
            room = await self._look()
            if room is None or self.place is not Place.LISTED:
                raise NoKeys
            yield room

    def at_hand(self) -> Room | None:
        """Return the keys if they are up to date in this connection, for what takes no waiting at all."""
        room = self.room
        is_up = self._looked >= max(self._opened, 1) and self.place is Place.LISTED
        return room if is_up and room is not None and room.database == self._replica.generation else None

    async def settle(self) -> None:
        """After a restore: wait until what this device knew was looked at. Raises NotSignedIn."""
        pauses = Pauses(FIRST_PAUSE, MAX_PAUSE)
        while self._restored.is_due:
            try:
                async with self.hold():
                    return
            except NoKeys:
                return
            except NotSignedIn:
                raise
            except (HearthError, Rejected):
                await self.wait_for_news(pauses.next())

    def forget(self) -> None:
        """The keys in the file have changed: what was known is read anew."""
        self.room, self._looked = None, 0

    def take(self, event: Event) -> None:
        """Note what an event says of keys; the rest follows when it is their turn."""
        room = self.room
        if room is None:
            return
        own = room.own
        if isinstance(event, ChainGrown | ReceiveRenewed):
            is_new = room.note_person(event)
            if is_new and event.user_id == own.user:
                self._looked = 0
        elif isinstance(event, GenerationMade):
            newest = own.generations.newest
            if newest is None or event.g != newest.statement.g:
                self._looked = 0
        elif isinstance(event, KeyringGrown):
            if event.position <= own.position:
                return
        elif isinstance(event, EpochMade):
            live = room.lives.get(event.conversation_id)
            if live is None or event.n <= live.newest_n:
                return
            if live.pending is not None and event.n == live.pending.n:
                return  # the answer to one's own request decides
            live.sealing.disconnect()
        elif not isinstance(event, RewrapAsked | RewrapAnswered | PrivateRowsChanged):
            return
        self._chores.note(event)
        self._wake.set()
        self.tell_news()

    def wake(self) -> None:
        """There is something to be done when nobody waits for it."""
        self._wake.set()

    def tell_news(self) -> None:
        """Let everything that waits to be sealed look again."""
        self._news.set()
        self._news = asyncio.Event()

    async def wait_for_news(self, seconds: float) -> None:
        """Wait until something was learnt that sealing may depend on, or for so many seconds."""
        news = self._news
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await news.wait()

    async def run(self) -> None:
        """Look after each connection; what the server refuses for a while is tried again."""
        pauses = Pauses(FIRST_PAUSE, MAX_PAUSE)
        try:
            while True:
                await self._wait()
                try:
                    await self._work()
                except Rejected as rejected:
                    self._notify(KeysStopped(verdict=rejected.verdict.value, why=rejected.why))
                except (HearthError, Disconnected, Unreachable):
                    await asyncio.sleep(pauses.next() * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
                    self._wake.set()
                else:
                    pauses.reset()
        finally:
            await self._chores.stop()

    async def _wait(self) -> None:
        """Wait for news, or until something is to be asked for again."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._restored.next_in() or self._chores.next_in()):
                await self._wake.wait()
        self._wake.clear()

    async def _work(self) -> None:
        async with self._lock:
            room = await self._look()
            if room is None or self.place is not Place.LISTED:
                return
            await self._restored.try_again(room)
            await self._chores.do(room)
            has_healed = bool(room.healed)
        if has_healed:
            await self._announce()

    async def _look(self) -> Room | None:
        """Do what is due, once for each connection."""
        if self._file.state.keys is None:
            return None
        if self.room is None or self.room.database != self._replica.generation:
            self._restored.remember(self.room)
            own = Own(self._file, self._ask)
            self.room = Room(own, self._replica, self._replica.generation, notify=self._notify)
            self._looked = 0
        opened = max(self._opened, 1)
        if self._looked < opened:
            await self._restored.look_at_people(self.room)
            self.place = await connect(self.room.own)
            self.room.stale.discard(self.room.own.user)
            self.room.disconnect()
            if self.place is Place.LISTED:
                await self._restored.look(self.room)
            self._chores.begin()
            self._looked = opened
        return self.room
