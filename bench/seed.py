"""Fills an empty database with users, devices and group conversations, as registration would leave them.

Group conversations have no command yet, and 200 registrations would measure Argon2. Everything else in the
bench goes through the shipped server.
"""

import asyncio
import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import insert

from hearth.accounts.tables import DEVICE, USER
from hearth.conversations.tables import CONVERSATION, MEMBER
from hearth.db.engine import Database
from hearth.db.migrate import migrate
from hearth.db.server import load_identity
from hearth.messages.tables import MESSAGE


@dataclass(frozen=True)
class SeededUser:
    id: int
    token: str
    conversation: str
    """The user's conversation, as hex."""


async def seed(
    database_url: str, users: int, per_conversation: int, *, has_epochs: bool = False
) -> list[SeededUser]:
    """Write `users` people in conversations of `per_conversation` and return them with their tokens.

    With epochs everybody has a chain and every conversation its first epoch: sealed records can be sent.
    """
    database = Database(database_url)
    await database.start()
    try:
        await migrate(database)
        people = await _write(database, users, per_conversation)
        if has_epochs:
            await _begin_epochs(database)
        return people
    finally:
        await database.stop()


async def _begin_epochs(database: Database) -> None:
    """Write chains and epochs as the tests do: made by commands they take as long as what is measured."""
    from tests.epochs.written import Writer

    identity, _ = await load_identity(database)
    async with database.transaction("write") as transaction:
        await Writer(transaction, identity.server_id, datetime.now(UTC)).write()


async def _write(database: Database, users: int, per_conversation: int) -> list[SeededUser]:
    now = datetime.now(UTC)
    tokens = [secrets.token_urlsafe(32) for _ in range(users)]
    conversations = [secrets.token_bytes(16) for _ in range(-(-users // per_conversation))]
    async with database.transaction("write") as transaction:
        await transaction.execute(insert(USER), [_user_row(number, now) for number in range(1, users + 1)])
        await transaction.execute(
            insert(DEVICE), [_device_row(number, token, now) for number, token in enumerate(tokens, 1)]
        )
        await transaction.execute(insert(CONVERSATION), [_conversation_row(id, now) for id in conversations])
        await transaction.execute(
            insert(MEMBER),
            [_member_row(conversations[(n - 1) // per_conversation], n) for n in range(1, users + 1)],
        )
    return [
        SeededUser(number, token, conversations[(number - 1) // per_conversation].hex())
        for number, token in enumerate(tokens, 1)
    ]


def _user_row(number: int, now: datetime) -> dict[str, object]:
    return {
        "id": number,
        "username": f"bench{number}",
        "username_key": f"bench{number}",
        "password": "v1$none",
        "kdf_salt": bytes(16),
        "kdf_memory": 65536,
        "kdf_iterations": 3,
        "kdf_parallelism": 1,
        "display_name": f"Bench {number}",
        "about": "",
        "status": "offline",
        "settings": {"share_presence": True},
        "is_admin": False,
        "log_seq": 0,
        "created_at": now,
    }


def _device_row(number: int, token: str, now: datetime) -> dict[str, object]:
    return {
        "id": secrets.token_bytes(16),
        "user_id": number,
        "token_hash": hashlib.sha256(token.encode()).digest(),
        "name": "bench",
        "created_at": now,
        "last_seen": now,
    }


def _conversation_row(id: bytes, now: datetime, last_seq: int = 0) -> dict[str, object]:
    return {
        "id": id,
        "kind": "group",
        "is_open": True,
        "last_seq": last_seq,
        "last_ordinal": last_seq,
        "log_hash": hashlib.sha256(b"hearth log v1\0" + id).digest(),
        "epoch": 0,
        "created_by": 1,
        "created_at": now,
    }


def _member_row(conversation: bytes, user: int) -> dict[str, object]:
    return {
        "conversation_id": conversation,
        "user_id": user,
        "joined_seq": 0,
        "role": "member",
        "delivered_seq": 0,
        "read_seq": 0,
        "pinned": False,
        "archived": False,
    }


async def seed_history(database_url: str, messages: int) -> SeededUser:
    """Write one person with one conversation of `messages` records of 300 bytes."""
    [person] = await seed(database_url, 1, 1)
    database = Database(database_url)
    await database.start()
    try:
        conversation = bytes.fromhex(person.conversation)
        record = secrets.token_bytes(300)
        for first in range(1, messages + 1, 10_000):
            last = min(first + 9_999, messages)
            async with database.transaction("write") as transaction:
                await transaction.execute(
                    insert(MESSAGE),
                    [_message_row(conversation, seq, record) for seq in range(first, last + 1)],
                )
        async with database.transaction("write") as transaction:
            await transaction.execute(
                CONVERSATION.update()
                .where(CONVERSATION.c.id == conversation)
                .values(last_seq=messages, last_ordinal=messages)
            )
    finally:
        await database.stop()
    return person


def _message_row(conversation: bytes, seq: int, record: bytes) -> dict[str, object]:
    return {
        "conversation_id": conversation,
        "seq": seq,
        "ordinal": seq,
        "client_id": seq.to_bytes(16, "big"),
        "from_user": 1,
        "from_device": bytes(16),
        "counter": seq,
        "kind": 1,
        "target_seq": 0,
        "epoch": 0,
        "message": record,
        "record_hash": bytes(32),
        "log_hash": bytes(32),
        "timestamp": datetime.now(UTC),
    }


def seed_now(
    database_url: str, users: int, per_conversation: int, *, has_epochs: bool = False
) -> list[SeededUser]:
    return asyncio.run(seed(database_url, users, per_conversation, has_epochs=has_epochs))
