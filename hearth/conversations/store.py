"""Every SQL statement of conversations. Takes a transaction, returns rows; no events, no permissions."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields
from datetime import datetime

from sqlalchemy import ColumnElement, FromClause, and_, delete, func, insert, null, or_, select, update

from hearth.contract import Transaction
from hearth.conversations.contract import Kind, Role
from hearth.conversations.rules import Head, Stay
from hearth.conversations.tables import CONVERSATION, MEMBER

HEAD = [CONVERSATION.c[field.name] for field in fields(Head)]
STAY = [MEMBER.c[field.name] for field in fields(Stay)]
Found = dict[bytes, tuple[Head, list[Stay]]]


async def find_head(
    transaction: Transaction, conversation_id: bytes, *, is_held: bool = False
) -> Head | None:
    """Return a conversation; with `is_held` its row stays locked until the transaction ends."""
    query = select(*HEAD).where(CONVERSATION.c.id == conversation_id)
    row = (await transaction.execute(query.with_for_update() if is_held else query)).first()
    return None if row is None else Head(*row)


async def list_stays_of_user(
    transaction: Transaction, user_id: int, conversation_ids: Collection[bytes] | None = None
) -> Found:
    """Return the conversations of a user with the user's stays, all or those named. One query."""
    query = (
        select(*HEAD, *STAY)
        .join_from(MEMBER, CONVERSATION, CONVERSATION.c.id == MEMBER.c.conversation_id)
        .where(MEMBER.c.user_id == user_id)
        .order_by(MEMBER.c.joined_seq)
    )
    if conversation_ids is not None:
        query = query.where(MEMBER.c.conversation_id.in_(sorted(conversation_ids)))
    found: Found = {}
    for row in await transaction.execute(query):
        head = Head(*row[: len(HEAD)])
        found.setdefault(head.id, (head, []))[1].append(Stay(*row[len(HEAD) :]))
    return found


async def list_all_stays(
    transaction: Transaction, conversation_ids: Iterable[bytes]
) -> dict[bytes, list[Stay]]:
    """Return every stay of everybody in these conversations, by user. One query, none for no ids."""
    wanted = sorted(set(conversation_ids))
    stays: dict[bytes, list[Stay]] = defaultdict(list)
    if not wanted:
        return stays
    query = select(MEMBER.c.conversation_id, *STAY).where(MEMBER.c.conversation_id.in_(wanted))
    for row in await transaction.execute(query.order_by(MEMBER.c.user_id, MEMBER.c.joined_seq)):
        stays[row[0]].append(Stay(*row[1:]))
    return stays


async def list_met_ids(transaction: Transaction, user_id: int, among: Collection[int]) -> list[int]:
    """Return whom of these a user has met in a conversation, whatever became of it."""
    own, others = MEMBER.alias("own"), MEMBER.alias("others")
    query = (
        select(others.c.user_id)
        .join_from(own, others, others.c.conversation_id == own.c.conversation_id)
        .where(own.c.user_id == user_id, others.c.user_id != user_id, has_met(own, others))
        .where(others.c.user_id.in_(sorted(among)))
    )
    return sorted((await transaction.execute(query.distinct())).scalars())


async def list_companion_ids(transaction: Transaction, user_id: int) -> list[int]:
    """Return who has met a user in a conversation, whatever became of it."""
    own, others = MEMBER.alias("own"), MEMBER.alias("others")
    query = (
        select(others.c.user_id)
        .join_from(own, others, others.c.conversation_id == own.c.conversation_id)
        .where(own.c.user_id == user_id, others.c.user_id != user_id, has_met(others, own))
    )
    return sorted((await transaction.execute(query.distinct())).scalars())


def has_met(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    """Whether in one stay something can be read of the time in which the other was there.

    Not always the same both ways: who is given a history meets who had left by then.
    """
    entered_seq = func.coalesce(other.c.entered_seq, other.c.joined_seq + 1)
    return and_(
        or_(one.c.left_seq.is_(None), one.c.left_seq >= entered_seq),
        or_(other.c.left_seq.is_(None), other.c.left_seq > one.c.joined_seq),
    )


async def insert_conversation(
    transaction: Transaction,
    conversation_id: bytes,
    kind: Kind,
    *,
    log_hash: bytes,
    created_by: int,
    roles: dict[int, Role],
    now: datetime,
) -> None:
    """Store a new conversation with these members, who are in it from its first entry on."""
    await transaction.execute(
        insert(CONVERSATION).values(
            id=conversation_id,
            kind=kind,
            is_open=True,
            last_seq=0,
            last_ordinal=0,
            log_hash=log_hash,
            epoch=0,
            created_by=created_by,
            created_at=now,
        )
    )
    await insert_stays(transaction, conversation_id, roles, joined_seq=0, read_seq=0)


async def insert_stays(
    transaction: Transaction,
    conversation_id: bytes,
    roles: Mapping[int, Role],
    *,
    joined_seq: int,
    read_seq: int,
    entered_seq: int | None = None,
) -> None:
    """Store new stays above `joined_seq`, with cursors at `read_seq`."""
    members = [
        {
            "conversation_id": conversation_id,
            "user_id": user_id,
            "joined_seq": joined_seq,
            "role": role,
            "left_seq": None,
            "delivered_seq": read_seq,
            "read_seq": read_seq,
            "muted_until": None,
            "pinned": False,
            "archived": False,
            "entered_seq": entered_seq,
        }
        for user_id, role in sorted(roles.items())
    ]
    await transaction.execute(insert(MEMBER), members)


async def end_stays(
    transaction: Transaction, conversation_id: bytes, user_ids: Collection[int], left_seq: int
) -> None:
    """Let these people's stays end with an entry, which they may still read."""
    await transaction.execute(
        update(MEMBER)
        .where(MEMBER.c.conversation_id == conversation_id, MEMBER.c.user_id.in_(sorted(user_ids)))
        .where(MEMBER.c.left_seq.is_(None))
        .values(left_seq=left_seq, frozen_delivered_seq=null(), frozen_read_seq=null())
    )


async def delete_stays_from(
    transaction: Transaction, conversation_id: bytes, user_ids: Collection[int], joined_seq: int
) -> None:
    """Remove ended stays that began at a seq or later."""
    await transaction.execute(
        delete(MEMBER)
        .where(MEMBER.c.conversation_id == conversation_id, MEMBER.c.user_id.in_(sorted(user_ids)))
        .where(MEMBER.c.joined_seq >= joined_seq)
    )


async def set_role(transaction: Transaction, conversation_id: bytes, user_id: int, role: Role) -> None:
    await transaction.execute(
        update(MEMBER)
        .where(MEMBER.c.conversation_id == conversation_id, MEMBER.c.user_id == user_id)
        .where(MEMBER.c.left_seq.is_(None))
        .values(role=role)
    )


async def set_epoch(transaction: Transaction, conversation_id: bytes, n: int) -> None:
    await transaction.execute(
        update(CONVERSATION).where(CONVERSATION.c.id == conversation_id).values(epoch=n)
    )


async def set_log_end(transaction: Transaction, conversation_id: bytes, seq: int, log_hash: bytes) -> None:
    await transaction.execute(
        update(CONVERSATION)
        .where(CONVERSATION.c.id == conversation_id)
        .values(last_seq=seq, log_hash=log_hash)
    )


async def count_groups(transaction: Transaction, user_ids: Collection[int]) -> dict[int, int]:
    """Return in how many groups each of these people is now; who is in none is left out."""
    query = (
        select(MEMBER.c.user_id, func.count())
        .join_from(MEMBER, CONVERSATION, CONVERSATION.c.id == MEMBER.c.conversation_id)
        .where(MEMBER.c.user_id.in_(sorted(user_ids)), MEMBER.c.left_seq.is_(None))
        .where(CONVERSATION.c.kind == "group")
        .group_by(MEMBER.c.user_id)
    )
    return {user_id: count for user_id, count in await transaction.execute(query)}


async def set_open(transaction: Transaction, conversation_ids: Collection[bytes], is_open: bool) -> None:
    """Open or close conversations; closing freezes everybody's cursors as they stand, opening thaws them.

    The conversations' rows first: the committer holds them while it moves cursors, so each of its batches is
    wholly before the closing or after it.
    """
    wanted = sorted(conversation_ids)
    await transaction.execute(
        update(CONVERSATION).where(CONVERSATION.c.id.in_(wanted)).values(is_open=is_open)
    )
    frozen = (null(), null()) if is_open else (MEMBER.c.delivered_seq, MEMBER.c.read_seq)
    await transaction.execute(
        update(MEMBER)
        .where(MEMBER.c.conversation_id.in_(wanted), MEMBER.c.left_seq.is_(None))
        .values(frozen_delivered_seq=frozen[0], frozen_read_seq=frozen[1])
    )
