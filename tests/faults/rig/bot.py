"""A device that talks and listens, and writes down what it meant, was told and saw."""

import asyncio
import contextlib
import hashlib
import random
import secrets
from collections.abc import Callable
from pathlib import Path

from hearth.client import Client, Connected
from hearth.client.replica.catch_up import open_replica
from hearth.client.replica.state import Replica
from hearth.client.wire.http import Http
from hearth.errors import HearthError
from tests.faults.rig.journal import Acked, Failed, Intent, Journal, Received, Refused, now
from tests.faults.rig.patience import wait_until

PASSWORD = "correct horse battery"
PATIENCE = 60.0
SETTLE_SECONDS = 15.0


class Bot:
    """One device of a user. `peers` are usernames it writes to."""

    def __init__(self, name: str, client: Client, folder: Path) -> None:
        self.name = name
        self.client = client
        self.journal = Journal(folder / f"{name}.jsonl", name, client.user_id)
        self.peers: list[str] = []
        self.unanswered = 0
        self.acked = 0
        self.back_at: list[float] = []
        """When it was in step with the server, each time anew."""
        self.reached: dict[str, int] = {}
        self._tasks: list[asyncio.Task[None]] = []

    @classmethod
    async def register(cls, url: str, name: str, folder: Path) -> "Bot":
        return cls(name, await Client.register(url, name, PASSWORD), folder)

    @classmethod
    async def sign_in(cls, url: str, username: str, device: str, folder: Path) -> "Bot":
        client = await Client.sign_in(url, username, PASSWORD, device_name=device)
        return cls(f"{username}-{device}", client, folder)

    async def come(self) -> None:
        """Come online and listen."""
        listener = self.client.events(Connected)

        async def note_returns() -> None:
            async for _ in listener:
                self.back_at.append(now())

        self._tasks = [asyncio.create_task(note_returns())]
        await self.client.connect(timeout=PATIENCE)
        self._tasks.append(asyncio.create_task(self._listen()))
        self.journal.is_settled = True

    async def go(self) -> None:
        """Go offline, keeping session and cursors."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.client.close()
        self.journal.is_settled = False

    async def come_again(self) -> None:
        """Come back as a program that was started anew: only what its device file keeps is known."""
        file = self.client.file
        self.client = Client(file, Http(file.state.url, file.state.token))
        await self.come()

    async def is_ready_to_say(self, to: str) -> None:
        """Return once a message would be sealed and sent without asking the server for anything first."""
        key = self.client.find_conversation(to).conversation.id
        await self.client._sealer.require_ready(key)

        def has_read_all() -> bool:
            cursor = (self.client.file.state.cursors or {}).get(key)
            return cursor is not None and cursor.seq == self.client.replica.conversations[key].last_seq

        await wait_until(has_read_all, PATIENCE)

    async def say(self, to: str, text: str, *, client_id: str | None = None) -> None:
        """Send a message for however long it takes, and note the answer."""
        client_id = client_id or secrets.token_hex(16)
        key = self.client.find_conversation(to).conversation.id
        self.journal.note(Intent(now(), client_id, key, hash_text(text)))
        self.unanswered += 1
        try:
            sent = await self.client.send(to, text, client_id=client_id)
        except HearthError as error:
            self.journal.note(Refused(now(), client_id, error.code))
        else:
            self.acked += 1
            self.journal.note(Acked(now(), client_id, key, sent.seq, sent.log_hash))
        finally:
            self.unanswered -= 1

    async def chatter(self, rate: float, until: Callable[[], bool], size: int = 60) -> None:
        """Write about `rate` messages a second to random peers, some of them at once, until told to stop."""
        said: set[asyncio.Task[None]] = set()
        while not until():
            await asyncio.sleep(random.expovariate(rate))
            if len(said) >= 64:  # the server is away: nobody types for ever into nothing
                continue
            text = f"{self.name} {secrets.token_hex(random.randint(1, size))}"
            task = asyncio.create_task(self.say(random.choice(self.peers), text))
            said.add(task)
            task.add_done_callback(said.discard)
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*said)

    async def _listen(self) -> None:
        try:
            async for message in self.client.messages(own=True):
                entry = message.entry
                content = entry.record if message.text is None else message.text.encode()
                self.reached[entry.conversation_id] = entry.seq
                self.journal.note(
                    Received(
                        now(),
                        entry.conversation_id,
                        entry.seq,
                        entry.client_id,
                        entry.from_user,
                        hashlib.sha256(entry.record).digest(),
                        entry.log_hash,
                        hashlib.sha256(content).digest(),
                    )
                )
        except asyncio.CancelledError:
            raise
        except Exception as error:  # whatever ended it is evidence
            self.journal.note(Failed(now(), repr(error)))

    async def reach(self, ends: dict[str, int]) -> None:
        """Wait until this device has seen its own conversations up to these seqs."""
        with contextlib.suppress(TimeoutError):  # the judge will say what is missing
            await wait_until(
                lambda: all(self.reached.get(key, 0) >= seq for key, seq in self._own(ends).items()), PATIENCE
            )

    def _own(self, ends: dict[str, int]) -> dict[str, int]:
        return {key: seq for key, seq in ends.items() if key in self.client.replica.conversations}

    async def differs_from_fresh(self) -> str:
        """Compare what grew step by step with what a fresh load gives; empty when equal (I8)."""
        found = await self._find_difference()
        deadline = now() + SETTLE_SECONDS
        while found and now() < deadline:  # receipts are written a moment later
            await asyncio.sleep(0.3)
            found = await self._find_difference()
        return found

    async def _find_difference(self) -> str:
        fresh, grown = Replica(self.client.user_id), self.client.replica
        await open_replica(fresh, self.client._connection.ask)
        if fresh.log_seq != grown.log_seq:
            return f"{self.name}: log {grown.log_seq} instead of {fresh.log_seq}"
        if describe_users(fresh) != describe_users(grown):
            return f"{self.name}: users differ: {describe_users(fresh)} instead of {describe_users(grown)}"
        if fresh.conversations.keys() != grown.conversations.keys():
            return f"{self.name}: other conversations"
        for key, state in fresh.conversations.items():
            if state.to_item() != grown.conversations[key].to_item():
                return f"{self.name}: conversation {key[:8]} differs"
        return ""


def hash_text(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def describe_users(replica: Replica) -> tuple[object, ...]:
    """All that the user's log keeps current. When a device was last seen is asked for, not kept current."""
    users = replica.users
    devices = {key: (device.name, device.created_at) for key, device in users.devices.items()}
    return users.profile, devices, users.friends, users.requests, users.blocked
