"""Writing users' logs: gapless per user, in the same transaction as what the entries tell."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import bindparam, insert, select, update

from hearth.accounts.tables import USER, USER_LOG
from hearth.contract import Transaction
from hearth.services import LoggedEvent, WrittenEntry

ENCODER = msgspec.json.Encoder()
RAISE = (
    update(USER)
    .where(USER.c.id.in_(bindparam("ids", expanding=True)))
    .values(log_seq=USER.c.log_seq + bindparam("count"))
)
HEADS = select(USER.c.id, USER.c.log_seq).where(
    USER.c.id.in_(bindparam("ids", expanding=True)), USER.c.deleted_at.is_(None)
)


class LiveEntry(msgspec.Struct):
    """A log entry as devices get it (sync's LogEntry, which this lower noun cannot import)."""

    seq: int
    kind: str
    payload: msgspec.Raw
    timestamp: datetime


async def append_to_logs(
    transaction: Transaction, events: Sequence[LoggedEvent], now: datetime
) -> list[WrittenEntry]:
    """Append each event to the log of each of its users; deleted users are passed over."""
    counts = Counter(user_id for event in events for user_id in set(event.user_ids))
    by_count: dict[int, list[int]] = defaultdict(list)
    for user_id, count in sorted(counts.items()):
        by_count[count].append(user_id)
    for count, ids in by_count.items():
        await transaction.execute(RAISE, {"ids": ids, "count": count})
    heads = (await transaction.execute(HEADS, {"ids": sorted(counts)})).all()
    next_seq = {user_id: head - counts[user_id] + 1 for user_id, head in heads}
    rows: list[dict[str, object]] = []
    written: list[WrittenEntry] = []
    for event in events:
        for user_id in sorted(set(event.user_ids) & next_seq.keys()):
            seq = next_seq[user_id]
            next_seq[user_id] = seq + 1
            rows.append(
                {
                    "user_id": user_id,
                    "seq": seq,
                    "kind": event.kind,
                    "payload": event.payload,
                    "timestamp": now,
                }
            )
            entry = LiveEntry(seq, event.kind, msgspec.Raw(event.payload), now)
            written.append(WrittenEntry(user_id, ENCODER.encode(entry)))
    if rows:
        await transaction.execute(insert(USER_LOG), rows)
    return written
