"""Whose session a token is. Lookups that come at once share one query: a storm of reconnects costs a handful.

Nothing is kept between lookups, so a session that has ended is found by nobody from its commit on.
"""

import asyncio
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from hearth.accounts import devices_store
from hearth.accounts.devices_store import SessionRow
from hearth.accounts.rules import SEEN_EVERY, UNUSED_FOR, hash_token
from hearth.accounts.sessions import mark_seen
from hearth.clock import Clock
from hearth.contract import Actor
from hearth.errors import HearthError

if TYPE_CHECKING:
    from hearth.db.engine import Database

MAX_TOKEN = 128
MOST_AT_ONCE = 200


class SessionFinder:
    """One per process."""

    def __init__(self, database: "Database", clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._waiting: dict[bytes, asyncio.Future[SessionRow | None]] = {}
        self._task: asyncio.Task[None] | None = None

    async def find(self, token: str) -> Actor | None:
        """Return who holds the token, or None when it leads to no live session. Raises StorageUnavailable."""
        if not token or len(token) > MAX_TOKEN:
            return None
        key = hash_token(token)
        future = self._waiting.get(key)
        if future is None:
            future = self._waiting[key] = asyncio.get_running_loop().create_future()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work(), name="session lookups")
        row = await asyncio.shield(future)
        if row is None:
            return None
        return Actor(user_id=row.user_id, device_id=row.device_id, is_admin=row.is_admin)

    async def _work(self) -> None:
        while self._waiting:
            keys = list(self._waiting)[:MOST_AT_ONCE]
            futures = {key: self._waiting.pop(key) for key in keys}
            now = self._clock.now()
            try:
                rows = await self._look_up(keys, now)
                await self._mark_seen(rows, now)
            except Exception as error:  # whoever waits is told; the next lookup tries anew
                for future in futures.values():
                    future.set_exception(error)
                    future.exception()  # whoever gave up waiting does not ask for it
                continue
            for key, future in futures.items():
                future.set_result(rows.get(key))

    async def _look_up(self, keys: list[bytes], now: datetime) -> dict[bytes, SessionRow]:
        async with self._database.transaction("read") as transaction:
            return await devices_store.list_sessions(transaction, keys, used_since=now - UNUSED_FOR)

    async def _mark_seen(self, rows: dict[bytes, SessionRow], now: datetime) -> None:
        stale = sorted(row.device_id for row in rows.values() if now - row.last_seen >= SEEN_EVERY)
        if stale:
            with suppress(HearthError):  # a full disk must not keep people from reading
                await mark_seen(self._database, stale, now)
