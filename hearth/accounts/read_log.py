"""Reading users' logs from a cursor, and letting go of what is too old to be asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, delete, func, select

from hearth.accounts.tables import USER, USER_LOG
from hearth.contract import Transaction


@dataclass(frozen=True, slots=True)
class LoggedRow:
    """One entry of a user's log; `payload` is the event's JSON."""

    seq: int
    kind: str
    payload: bytes
    timestamp: datetime


@dataclass(frozen=True, slots=True)
class LogSlice:
    """Entries after a cursor, oldest first. `first_seq` is the oldest entry kept, None when there is none."""

    head: int
    first_seq: int | None
    entries: list[LoggedRow]

    def reaches(self, after: int) -> bool:
        """Whether the log still holds everything after this cursor."""
        if after >= self.head:
            return after == self.head
        return self.first_seq is not None and self.first_seq <= after + 1


async def read_log(transaction: Transaction, user_id: int, after: int, limit: int) -> LogSlice:
    """Return at most `limit` entries after a cursor, and where the log begins and ends. Two queries."""
    own = USER_LOG.c.user_id == user_id
    first = select(func.min(USER_LOG.c.seq)).where(own).scalar_subquery()
    ends = (await transaction.execute(select(USER.c.log_seq, first).where(USER.c.id == user_id))).first()
    head, first_seq = (0, None) if ends is None else ends
    query = (
        select(USER_LOG.c.seq, USER_LOG.c.kind, USER_LOG.c.payload, USER_LOG.c.timestamp)
        .where(own, USER_LOG.c.seq > after)
        .order_by(USER_LOG.c.seq)
        .limit(limit)
    )
    return LogSlice(head, first_seq, [LoggedRow(*row) for row in await transaction.execute(query)])


async def list_user_ids_after(transaction: Transaction, user_id: int, limit: int) -> Sequence[int]:
    """Return the next user ids, ascending: for walking over everybody in small steps."""
    query = select(USER.c.id).where(USER.c.id > user_id).order_by(USER.c.id).limit(limit)
    return (await transaction.execute(query)).scalars().all()


async def list_surplus(
    transaction: Transaction, user_ids: Sequence[int], *, before: datetime, most: int
) -> dict[int, int]:
    """Return up to which seq each of these users' logs is older than `before` or beyond `most` entries."""
    of_these = USER_LOG.c.user_id.in_(user_ids)
    old = (
        select(USER_LOG.c.user_id, func.max(USER_LOG.c.seq))
        .where(of_these, USER_LOG.c.timestamp < before)
        .group_by(USER_LOG.c.user_id)
    )
    is_surplus = and_(USER_LOG.c.user_id == USER.c.id, USER_LOG.c.seq == USER.c.log_seq - most)
    surplus = select(USER.c.id, USER_LOG.c.seq).join_from(USER, USER_LOG, is_surplus).where(of_these)
    ends: dict[int, int] = {}
    for query in (old, surplus):
        for user_id, seq in await transaction.execute(query):
            ends[user_id] = max(seq, ends.get(user_id, 0))
    return ends


async def drop_entries(transaction: Transaction, ends: Mapping[int, int]) -> None:
    """Delete each user's entries up to and with a seq; what is left is still without gaps."""
    for user_id, seq in sorted(ends.items()):
        await transaction.execute(
            delete(USER_LOG).where(USER_LOG.c.user_id == user_id, USER_LOG.c.seq <= seq)
        )
