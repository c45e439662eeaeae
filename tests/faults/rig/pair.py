"""Alice and bob, friends, for faults at single messages: sent by raw sockets, so nothing is sent twice."""

import base64
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.faults.rig.bot import Bot
from tests.faults.rig.play import befriend
from tests.faults.rig.raw import RawSocket
from tests.faults.rig.stored import read_back
from tests.faults.rig.victim import Victim


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

    def make_send(self, text: str, client_id: str | None = None) -> dict[str, Any]:
        """The fields of message.send."""
        return {
            "conversation_id": self.conversation_id,
            "client_id": client_id or secrets.token_hex(16),
            "counter": 1,
            "record": base64.b64encode(text.encode()).decode(),
        }

    def make_read(self) -> dict[str, Any]:
        """The fields of message.history: the newest page."""
        return {"conversation_id": self.conversation_id, "seq": 0, "direction": "before", "limit": 50}

    async def rows(self) -> list[tuple[str, int]]:
        """What is stored: client_id and seq."""
        return [(row.client_id, row.seq) for row in (await read_back(self.victim.database_url)).rows]

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
    names = ("alice", "bob")  # what raw sockets write is not sealed
    alice, bob = [await Bot.register(victim.url, name, folder, encrypts=False) for name in names]
    for bot in (alice, bob):
        await bot.come()
    await befriend(alice, bob)
    try:
        yield Pair(victim, alice, bob)
    finally:
        for bot in (alice, bob):
            await bot.go()
            bot.journal.close()
