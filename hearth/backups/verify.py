"""Whether a backup is whole: SQLite's own checks, and every conversation's log computed anew.

The hash chain of each log must lead to the head that the conversation has, and each record to its hash.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hearth.backups.file import BackupRefused, reading, require_known_schema
from hearth.conversations.ids import make_first_hash
from hearth.messages.rules import chain_log_hash

HEADS = "SELECT id, last_seq, last_ordinal, log_hash FROM conversation"
ENTRIES = (
    "SELECT conversation_id, seq, ordinal, kind, from_user, record_hash, log_hash, message FROM message "
    "ORDER BY conversation_id, seq"
)
BROKEN_USER_LOGS = (
    "SELECT count(*) FROM (SELECT user_id, max(seq) AS last, min(seq) AS first, count(*) AS entries "
    'FROM user_log GROUP BY user_id) JOIN "user" ON id = user_id '
    "WHERE last <> log_seq OR last - first + 1 <> entries"
)


@dataclass(frozen=True, slots=True)
class Summary:
    """What a backup holds."""

    users: int
    conversations: int
    messages: int
    newest: str | None


@dataclass(slots=True)
class Head:
    """Where a log stands while its entries are walked through."""

    seq: int
    ordinal: int
    log_hash: bytes


def verify(path: Path) -> Summary:
    """Return what a backup holds. Raises BackupRefused when anything about it is wrong."""
    with reading(path) as connection:
        require_known_schema(connection, path)
        faults = list_faults(connection)
        if faults:
            raise BackupRefused(f"{path} is damaged: {'; '.join(faults)}. Use another one.")
        return summarise(connection)


def list_faults(connection: Any) -> list[str]:
    """Return what is wrong, as halves of sentences."""
    report = [row[0] for row in connection.execute("PRAGMA integrity_check(3)")]
    if report != ["ok"]:
        return ["SQLite's integrity check fails"]
    faults = []
    if connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
        faults.append("rows refer to rows that are not there")
    if connection.execute("SELECT count(*) FROM server WHERE length(generation) = 16").fetchone()[0] != 1:
        faults.append("it does not say which server it is of")
    if broken := connection.execute(BROKEN_USER_LOGS).fetchone()[0]:
        faults.append(f"the logs of {broken} users have gaps")
    return faults + list_broken_logs(connection)


def list_broken_logs(connection: Any) -> list[str]:
    """Walk through every conversation's entries; return at most one sentence, which counts the broken."""
    heads = {row[0]: Head(0, 0, make_first_hash(row[0])) for row in connection.execute(HEADS)}
    broken: set[bytes] = set()
    for conversation_id, *entry in connection.execute(ENTRIES):
        head = heads.get(conversation_id)
        if head is None or not follow(head, *entry):
            broken.add(conversation_id)
    for conversation_id, *expected in connection.execute(HEADS):
        head = heads[conversation_id]
        if [head.seq, head.ordinal, head.log_hash] != expected:
            broken.add(conversation_id)
    return [f"{len(broken)} conversations have entries missing or changed"] if broken else []


def follow(
    head: Head,
    seq: int,
    ordinal: int,
    kind: int,
    from_user: int,
    record_hash: bytes,
    log_hash: bytes,
    record: bytes,
) -> bool:
    """Take the next entry; return whether it is one. An emptied record keeps its hash."""
    is_next = seq == head.seq + 1 and ordinal - head.ordinal in (0, 1)
    is_whole = not record or hashlib.sha256(record).digest() == record_hash
    chained = chain_log_hash(head.log_hash, seq, kind, from_user, record_hash)
    head.seq, head.ordinal, head.log_hash = seq, ordinal, log_hash
    return is_next and is_whole and chained == log_hash


def summarise(connection: Any) -> Summary:
    """Return the counts, and the time of the newest message to the second."""
    users, conversations, messages = [
        connection.execute(f"SELECT count(*) FROM {what}").fetchone()[0]  # noqa: S608 - names only
        for what in ('"user" WHERE deleted_at IS NULL', "conversation", "message WHERE kind = 1")
    ]
    newest = connection.execute("SELECT max(timestamp) FROM message").fetchone()[0]
    return Summary(users, conversations, messages, None if newest is None else str(newest)[:19])
