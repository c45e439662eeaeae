"""A long conversation in a real database, from before encryption: what a server has that is older than it.

It runs while the server is stopped, in one transaction, so that 100,000 messages take seconds: sealed they
would take minutes, and an epoch for every 2,000 of them.
"""

import hashlib
import secrets
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hearth.client.content import keep
from hearth.conversations.ids import make_first_hash
from hearth.db.engine import Database
from hearth.messages.append import COLUMNS, Draft, Place, make_row
from hearth.messages.contract import KIND_MESSAGE
from hearth.messages.log import make_time_codec
from hearth.messages.rules import chain_log_hash

WORDS = (
    "so then we went down to the river and it was cold but nobody minded because the fire was warm".split()
)
SPECIAL = {
    7: "🎉🔥",
    23: "See https://example.org/a/rather/long/path?with=a&query=1 and tell me what you think of it",
    31: "நல்லது — ठीक है, कल मिलते हैं",
    41: "نلتقي غدًا عند النهر في السابعة",
    53: "First line\nsecond line\n\nand one after a gap",
}
"""Every so many messages one of these, so that every way of drawing a message is met."""
BURST = timedelta(minutes=9)


@dataclass(frozen=True)
class Author:
    """Somebody who writes, at a device of their own."""

    user_id: int
    device: bytes


def make_text(number: int) -> str:
    """Return the text of message `number`: it begins with the number, of one word to several lines."""
    for every, text in SPECIAL.items():
        if number % every == 0:
            return text if number % 7 == 0 and every == 7 else f"{number} {text}"
    length = (number * 7919) % 23 + (60 if number % 17 == 0 else 0)
    return " ".join([str(number), *(WORDS[(number + at) % len(WORDS)] for at in range(length))])


def write_messages(folder: Path, conversation: str, reader: int, friend: int, count: int) -> None:
    """Write "Hello" and `count` messages of both, the last one now, all of them read by both.

    The log is empty before. Its hashes are right: clients check every one.
    """
    codec = make_time_codec(Database(f"sqlite+aiosqlite:///{folder}/hearth.db"))
    id = bytes.fromhex(conversation)
    authors = [Author(user, secrets.token_bytes(16)) for user in (reader, friend)]
    rows: list[tuple[Any, ...]] = []
    log_hash = make_first_hash(id)
    bursts = list(_list_bursts(id, authors, count))
    begun = datetime.now(UTC) - BURST * len(bursts)
    for number, burst in enumerate(bursts, 1):
        time = begun + BURST * number
        for draft in burst:
            seq, record_hash = len(rows) + 1, hashlib.sha256(draft.record).digest()
            log_hash = chain_log_hash(log_hash, seq, draft.kind, draft.from_user, record_hash)
            place = Place(seq, seq, log_hash, time, (), is_new=True)
            rows.append(make_row(draft, place, record_hash, codec.write(time)))
    last = len(rows)
    with sqlite3.connect(folder / "hearth.db") as connection:
        marks = ",".join("?" * len(COLUMNS))
        connection.executemany(f"INSERT INTO message ({','.join(COLUMNS)}) VALUES ({marks})", rows)
        connection.execute(
            "UPDATE conversation SET last_seq = ?, last_ordinal = ?, log_hash = ? WHERE id = ?",
            [last, last, log_hash, id],
        )
        connection.execute(
            "UPDATE member SET delivered_seq = ?, read_seq = ? WHERE conversation_id = ?", [last, last, id]
        )
    connection.close()


def _list_bursts(conversation: bytes, authors: list[Author], count: int) -> Iterator[list[Draft]]:
    """Yield what one author writes at a time: "Hello", then one to six messages, in turn."""
    yield [_draft(conversation, authors[0], 1, 0, "Hello")]
    number = turn = 0
    counters = [1, 0]
    while number < count:
        turn = 1 - turn
        burst: list[Draft] = []
        for _ in range(min(number * 31 % 6 + 1, count - number)):
            number += 1
            counters[turn] += 1
            burst.append(_draft(conversation, authors[turn], counters[turn], number, make_text(number)))
        yield burst


def _draft(conversation: bytes, author: Author, counter: int, number: int, text: str) -> Draft:
    record = keep({"type": "text", "text": text})
    client_id = number.to_bytes(16, "big")
    return Draft(conversation, author.user_id, client_id, author.device, counter, KIND_MESSAGE, 0, 0, record)
