"""Alice and bob, friends, for faults at single messages: sent by raw sockets, so nothing is sent twice.

What raw sockets send is sealed by alice's client, which is connected beside them and follows the log.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec

from tests.faults.rig.bot import Bot
from tests.faults.rig.play import befriend
from tests.faults.rig.raw import RawSocket
from tests.faults.rig.stored import KIND_MESSAGE, read_back
from tests.faults.rig.victim import Victim
from tests.sealing import seal_send


@dataclass
class Pair:
    """Two users with one connected device each."""

    victim: Victim
    alice: Bot
    bob: Bot

    @property
    def token(self) -> str:
        return self.alice.client.file.state.token

    @property
    def conversation_id(self) -> str:
        return self.alice.client.find_conversation("bob").conversation.id

    async def make_send(self, text: str, client_id: str | None = None, *, to: str = "bob") -> dict[str, Any]:
        """The fields of message.send: alice's next message to a friend."""
        key = self.alice.client.find_conversation(to).conversation.id
        fields: dict[str, Any] = msgspec.to_builtins(
            await seal_send(self.alice.client, key, text, client_id=client_id)
        )
        return fields

    def make_read(self) -> dict[str, Any]:
        """The fields of message.history: the newest page."""
        return {"conversation_id": self.conversation_id, "seq": 0, "direction": "before", "limit": 50}

    async def rows(self) -> list[tuple[str, int]]:
        """The messages that are stored, by client_id and ordinal; epochs stand between them in the log."""
        rows = (await read_back(self.victim.database_url)).rows
        return [(row.client_id, row.ordinal) for row in rows if row.kind == KIND_MESSAGE]

    async def open(self) -> RawSocket:
        """Another connection of alice's device."""
        return await RawSocket(self.victim.port, self.token).open()

    def open_http(self) -> httpx.AsyncClient:
        """Alice by HTTP."""
        return httpx.AsyncClient(
            base_url=self.victim.url,
            headers={"authorization": f"Bearer {self.token}"},
            trust_env=False,
            timeout=60,  # a late answer is measured, not an end
        )


@asynccontextmanager
async def open_pair(victim: Victim, folder: Path) -> AsyncIterator[Pair]:
    alice, bob = [await Bot.register(victim.url, name, folder) for name in ("alice", "bob")]
    for bot in (alice, bob):
        await bot.come()
    await befriend(alice, bob)
    await alice.is_ready_to_say("bob")
    await bob.is_ready_to_say("alice")
    try:
        yield Pair(victim, alice, bob)
    finally:
        for bot in (alice, bob):
            await bot.go()
            bot.journal.close()
