"""A group that has an epoch, whose members' devices send sealed records, and what comes of it."""

import itertools
import secrets
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import insert, update

from hearth.contract import Actor
from hearth.conversations.tables import CONVERSATION
from hearth.epochs.tables import EPOCH_LEAVE
from hearth.errors import HearthError
from hearth.messages.contract import SendMessage, Sent
from hearth.vault.rules import NotAccepted
from tests.directory.conftest import Home
from tests.epochs.conftest import befriend, make_people
from tests.epochs.kit import Room, make_direct, make_group, make_record
from tests.stage import Stage


@dataclass
class Talk:
    """Alice made a group with bob (member) and carol; all of them have one listed phone."""

    stage: Stage
    alice: Home
    bob: Home
    carol: Home
    room: Room
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    def record(self, home: Home, **changes: Any) -> SendMessage:
        number = next(self.numbers)
        values: dict[str, Any] = {
            "conversation_id": self.room.id,
            "client_id": number.to_bytes(16, "big").hex(),
            "counter": number,
            "record": make_record(),
            "epoch": self.room.n,
            **changes,
        }
        return SendMessage(**values)

    async def sends(self, home: Home, device: Actor | None = None, **changes: Any) -> Sent:
        sent: Sent = await self.stage.run(device or home.phone, self.record(home, **changes))
        return sent

    async def refuses(
        self, error: type[HearthError], home: Home, device: Actor | None = None, **changes: Any
    ) -> HearthError:
        with pytest.raises(error) as caught:
            await self.sends(home, device, **changes)
        return caught.value

    async def rejects(self, verdict: str, home: Home, device: Actor | None = None, **changes: Any) -> None:
        error = await self.refuses(NotAccepted, home, device, **changes)
        assert error.fields == {"verdict": verdict}

    async def rotates(self, home: Home | None = None) -> None:
        by = home or self.alice
        await self.room.run(by, self.room.rotate(by))
        self.stage.clock.advance(60)

    async def removes(self, *gone: Home) -> None:
        await self.room.run(self.alice, self.room.remove(self.alice, *gone))
        for one in gone:
            self.room.homes.pop(one.owner.user)
        self.stage.clock.advance(60)

    async def notes_leave(self, home: Home, n: int) -> None:
        """As a leave entry does: a row, and another end of the log."""
        async with self.stage.services.database.transaction("write") as transaction:
            await transaction.execute(
                insert(EPOCH_LEAVE).values(
                    conversation_id=self.room.conversation,
                    n=n,
                    user_id=home.owner.user,
                    hash=b"h" * 32,
                    seq=9,
                )
            )
            await transaction.execute(update(CONVERSATION).values(log_hash=secrets.token_bytes(32)))


async def make_talk(stage: Stage, **changes: Any) -> Talk:
    alice, bob, carol = await make_people(stage, "alice", "bobby", "carol")
    for other in (bob, carol):
        await befriend(alice, other)
    room = make_group(alice, bob, carol)
    await room.run(alice, room.create(alice, **changes))
    stage.clear()
    return Talk(stage, alice, bob, carol, room)


async def make_pair(stage: Stage) -> Talk:
    """Alice and bob, friends without an epoch."""
    alice, bob = await make_people(stage, "alice", "bobby")
    await befriend(alice, bob)
    return Talk(stage, alice, bob, bob, make_direct(alice, bob))
