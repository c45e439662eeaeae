"""Two friends, a stranger, and the conversation between the two, on the real application."""

import hashlib
import itertools
import struct
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import Row, select, update

from hearth.contract import Actor, Members
from hearth.conversations import store as conversations
from hearth.conversations.ids import make_direct_id, make_first_hash
from hearth.conversations.tables import CONVERSATION, MEMBER
from hearth.friends.contract import RemoveFriend, RequestFriend
from hearth.messages.contract import ReadHistory, SendMessage, Sent
from hearth.messages.tables import MESSAGE
from tests.epochs.kit import make_record_of
from tests.epochs.written import begin_epochs
from tests.prepared import prepare
from tests.stage import Stage

GROUP = bytes(range(16))


@dataclass
class Scene:
    """Alice and bob are friends and talk in `pair`, under its first epoch; carol knows neither."""

    stage: Stage
    alice: Actor
    bob: Actor
    carol: Actor
    pair: bytes
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    def message(
        self, conversation_id: bytes | None = None, record: bytes = b"hello", **other: Any
    ) -> SendMessage:
        number = next(self.numbers)
        values = {"client_id": number.to_bytes(16, "big").hex(), "counter": number, "epoch": 1, **other}
        sealed = make_record_of(record)
        return SendMessage(conversation_id=(conversation_id or self.pair).hex(), record=sealed, **values)

    async def sends(self, actor: Actor, conversation_id: bytes | None = None, **other: Any) -> Sent:
        sent: Sent = await self.stage.run(actor, self.message(conversation_id, **other))
        return sent

    async def reads(self, actor: Actor, conversation_id: bytes | None = None, **other: Any) -> Any:
        command = ReadHistory(conversation_id=(conversation_id or self.pair).hex(), **{"seq": 0, **other})
        return await self.stage.run(actor, command)

    async def rows(self, table: Any = MESSAGE) -> list[Row[Any]]:
        async with self.stage.services.database.transaction("read") as transaction:
            return list(await transaction.execute(select(table).order_by(*table.primary_key)))

    async def unfriend(self) -> None:
        await self.stage.run(self.alice, RemoveFriend(user_id=self.bob.user_id))
        self.stage.clear()

    async def befriend(self) -> None:
        await self.stage.run(self.alice, RequestFriend(username="bobby"))
        await self.stage.run(self.bob, RequestFriend(username="alice"))
        self.stage.clear()

    async def make_group(self, *actors: Actor, conversation_id: bytes = GROUP) -> bytes:
        async with self.stage.services.database.transaction("write") as transaction:
            await conversations.insert_conversation(
                transaction,
                conversation_id,
                "group",
                log_hash=make_first_hash(conversation_id),
                created_by=actors[0].user_id,
                roles={actor.user_id: "member" for actor in actors},
                now=self.stage.clock.now(),
            )
        await begin_epochs(self.stage.services, conversation_id)
        return conversation_id

    async def leaves(self, actor: Actor, conversation_id: bytes, left_seq: int) -> None:
        async with self.stage.services.database.transaction("write") as transaction:
            await transaction.execute(
                update(MEMBER)
                .where(MEMBER.c.conversation_id == conversation_id, MEMBER.c.user_id == actor.user_id)
                .where(MEMBER.c.left_seq.is_(None))
                .values(left_seq=left_seq)
            )

    async def joins(self, actor: Actor, conversation_id: bytes, joined_seq: int) -> None:
        async with self.stage.services.database.transaction("write") as transaction:
            await transaction.execute(
                MEMBER.insert().values(
                    conversation_id=conversation_id,
                    user_id=actor.user_id,
                    joined_seq=joined_seq,
                    role="member",
                    delivered_seq=joined_seq,
                    read_seq=joined_seq,
                    pinned=False,
                    archived=False,
                )
            )

    def told(self, name: str) -> list[tuple[set[int], Any]]:
        """Return the audiences and payloads of the events of this name since the last `clear`."""
        return [
            (set(audience.ids), payload)
            for audience, sent_name, payload in self.stage.bus.sent
            if sent_name == name and isinstance(audience, Members)
        ]

    @property
    def heard(self) -> list[str]:
        """What anybody was told of messages, by name; presence has its own life."""
        mine = ("message.", "receipts.", "typing.")
        return [name for _, name, _ in self.stage.bus.sent if name.startswith(mine)]

    @property
    def statements(self) -> list[str]:
        """The SQL of messages since the last `clear`; presence has its own."""
        return [sql for sql in self.stage.statements if "FROM message" in sql or "FROM member" in sql]

    async def cursors(self, actor: Actor, conversation_id: bytes | None = None) -> tuple[int, int]:
        for row in await self.rows(MEMBER):
            if (row.conversation_id, row.user_id) == (conversation_id or self.pair, actor.user_id):
                return row.delivered_seq, row.read_seq
        raise AssertionError("no member")

    async def check_log(self, conversation_id: bytes) -> int:
        """Recompute the log from its rows alone, as e2ee design section 4 says; return its length."""
        previous = hashlib.sha256(b"hearth log v1\0" + conversation_id).digest()
        ordinal = seq = 0
        for row in await self.rows():
            if row.conversation_id != conversation_id:
                continue
            seq += 1
            ordinal += row.kind == 1
            record_hash = hashlib.sha256(row.message).digest()
            link = previous + struct.pack(">QHQ", seq, row.kind, row.from_user) + record_hash
            previous = hashlib.sha256(link).digest()
            assert (row.seq, row.ordinal, row.record_hash, row.log_hash) == (
                seq,
                ordinal,
                record_hash,
                previous,
            )
        head = next(row for row in await self.rows(CONVERSATION) if row.id == conversation_id)
        assert (head.last_seq, head.last_ordinal, head.log_hash) == (seq, ordinal, previous)
        return seq


@pytest.fixture
async def scene(stage: Stage) -> Scene:
    return await prepare(stage, make_scene)


async def make_scene(stage: Stage) -> Scene:
    alice, bob, carol = await stage.user("alice"), await stage.user("bobby"), await stage.user("carol")
    pair = make_direct_id(stage.services.identity.server_id, alice.user_id, bob.user_id)
    scene = Scene(stage, alice, bob, carol, pair)
    await scene.befriend()
    await begin_epochs(stage.services, pair)
    return scene
