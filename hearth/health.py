"""Whether this server can do its work: database reachable, committer alive and keeping up, room on the disk.

Strangers get yes or no; what exactly is wrong goes to the log, to administrators and to `hearth doctor`.
"""

import asyncio
import logging
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text

from hearth.config import Config
from hearth.lag import LoopLag

if TYPE_CHECKING:
    from hearth.db.engine import Database
    from hearth.messages.log import MessageLog

LOG = logging.getLogger(__name__)
ANSWER_SECONDS = 2.0
"""How long the database may take to answer."""
STALLED_SECONDS = 10.0
"""How long one batch may take; then the committer counts as stuck."""
CROWDED = 0.75
"""How full the committer's queue may be."""
LEAST_DISK = 16 * 1024 * 1024
"""Bytes that must be free: room for a checkpoint and for a log."""
FRESH_SECONDS = 1.0
"""For so long one answer serves everybody who asks."""


@dataclass(frozen=True, slots=True)
class Findings:
    """`faults` are words out of database, committer, disk; `disk_free` is in bytes, None where unknown."""

    faults: list[str]
    disk_free: int | None


class Watch:
    """Looks after one running server."""

    def __init__(self, config: Config, database: "Database", messages: "MessageLog", since: datetime) -> None:
        self.since = since
        self.doubts: list[str] = []
        self.count_devices: Callable[[], int] = lambda: 0
        self.lag = LoopLag()
        self._directory = config.sqlite_directory or config.data
        self._database = database
        self._messages = messages
        self._examining: asyncio.Task[Findings] | None = None
        self._examined_at = 0.0

    async def examine(self) -> Findings:
        """Look at everything; many who ask at once, or within a second, share one look."""
        if self._examining is None or (
            self._examining.done() and time.monotonic() - self._examined_at > FRESH_SECONDS
        ):
            self._examined_at = time.monotonic()
            self._examining = asyncio.create_task(self._examine())
        return await asyncio.shield(self._examining)

    async def _examine(self) -> Findings:
        faults = [] if await self._reaches_database() else ["database"]
        if not self._messages.is_alive(STALLED_SECONDS, CROWDED):
            faults.append("committer")
        free = await asyncio.to_thread(find_free_bytes, self._directory)
        if free is not None and free < LEAST_DISK:
            faults.append("disk")
        if faults:
            LOG.error("not healthy", extra={"fields": {"faults": " ".join(faults)}})
        return Findings(faults, free)

    async def _reaches_database(self) -> bool:
        try:
            async with asyncio.timeout(ANSWER_SECONDS), self._database.transaction("read") as transaction:
                await transaction.execute(text("SELECT 1"))
        except Exception:  # whatever it is, the answer is no
            return False
        return True


def find_free_bytes(directory: Path) -> int | None:
    """Return how many bytes are free for us where a directory lies, or None when nobody can tell."""
    try:
        return shutil.disk_usage(directory).free
    except OSError:
        return None
