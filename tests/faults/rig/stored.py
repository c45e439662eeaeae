"""What the database holds, read back row by row behind the server's back."""

from dataclasses import dataclass, field

from sqlalchemy import select

from hearth.conversations.tables import CONVERSATION, MEMBER
from hearth.db.engine import Database
from hearth.messages.tables import MESSAGE

KIND_MESSAGE = 1


@dataclass(frozen=True, slots=True)
class Row:
    """An entry of a conversation's log."""

    conversation_id: str
    seq: int
    ordinal: int
    client_id: str
    from_user: int
    kind: int
    record: bytes
    record_hash: bytes
    log_hash: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """Where a conversation says its log ends, and who is in it."""

    last_seq: int
    last_ordinal: int
    log_hash: bytes
    members: frozenset[int]


@dataclass
class Stored:
    """Every entry in the order of its key, and every conversation's head."""

    rows: list[Row] = field(default_factory=list)
    heads: dict[str, Head] = field(default_factory=dict)

    def last_messages(self) -> dict[str, int]:
        """Return the seq of the last message of each conversation: programs are given nothing else."""
        return {row.conversation_id: row.seq for row in self.rows if row.kind == KIND_MESSAGE}


async def read_back(database_url: str) -> Stored:
    """Read every row in one snapshot, over a connection of one's own."""
    database = Database(database_url)
    await database.start()
    stored = Stored()
    wanted = (
        *(MESSAGE.c.conversation_id, MESSAGE.c.seq, MESSAGE.c.ordinal, MESSAGE.c.client_id),
        *(MESSAGE.c.from_user, MESSAGE.c.kind, MESSAGE.c.message, MESSAGE.c.record_hash, MESSAGE.c.log_hash),
    )
    try:
        async with database.transaction("read") as transaction:
            query = select(*wanted).order_by(MESSAGE.c.conversation_id, MESSAGE.c.seq)
            for row in await transaction.execute(query):
                stored.rows.append(Row(row[0].hex(), row[1], row[2], row[3].hex(), *row[4:]))
            members: dict[bytes, set[int]] = {}
            for key, user_id in await transaction.execute(select(MEMBER.c.conversation_id, MEMBER.c.user_id)):
                members.setdefault(key, set()).add(user_id)
            columns = (
                CONVERSATION.c.id,
                CONVERSATION.c.last_seq,
                CONVERSATION.c.last_ordinal,
                CONVERSATION.c.log_hash,
            )
            for key, last_seq, last_ordinal, log_hash in await transaction.execute(select(*columns)):
                of_key = frozenset(members.get(key, ()))
                stored.heads[key.hex()] = Head(last_seq, last_ordinal, log_hash, of_key)
    finally:
        await database.stop()
    return stored
