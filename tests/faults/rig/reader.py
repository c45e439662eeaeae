"""A device that was away and pages as fast as it is answered: the server has all the work and it little.

What it reads is compared by a hash over every message in order, so nothing is missed, doubled or moved.
"""

import asyncio
import base64
import hashlib
from typing import Any

from hearth.sealed.group.entries import EntryKind
from tests.faults.rig.raw import RawSocket, Shed
from tests.faults.rig.victim import Victim

PAGE = 100


class Reader:
    """Reads a user's direct conversation from its beginning. `digest` is over the records of messages."""

    def __init__(self, victim: Victim, token: str) -> None:
        self._victim, self._token = victim, token
        self.digest = hashlib.sha256()
        self.seq = self.count = 0

    async def come(self, messages: int) -> None:
        """Read on until there were so many."""
        raw = await self._open()
        opened = await self._ask(raw, "sync.open", {})
        (item,) = [item for item in opened["items"] if item["conversation"]["kind"] == "direct"]
        key = item["conversation"]["id"]
        while self.count < messages:
            fields = {"conversation_id": key, "seq": self.seq, "direction": "after", "limit": PAGE}
            page = await self._ask(raw, "message.history", fields)
            for entry in page["entries"]:
                assert entry["seq"] == self.seq + 1
                self.seq += 1
                if entry["kind"] == EntryKind.MESSAGE and self.count < messages:
                    self.count += 1
                    self.digest.update(base64.b64decode(entry["record"]))
        raw.cut()

    async def _open(self) -> RawSocket:
        while True:
            try:
                return await RawSocket(self._victim.port, self._token).open()
            except Shed as shed:
                await asyncio.sleep(shed.retry_after or 1.0)

    async def _ask(self, raw: RawSocket, name: str, fields: dict[str, Any]) -> Any:
        while True:
            answer = await raw.call(name, fields, seconds=300)
            if "ok" in answer:
                return answer["ok"]
            await asyncio.sleep(answer["error"]["retry_after"])
