"""A long conversation in a real database, written by the server's own `append`: places, hashes, cursors.

It runs while the server is stopped, in one transaction, so that 100,000 messages take seconds.
"""

import secrets
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hearth.client.content import Text, seal
from hearth.db.bulk import SQLITE
from hearth.db.engine import Database
from hearth.db.lanes import drive
from hearth.messages.append import Draft, Item, Mark, append
from hearth.messages.contract import KIND_MESSAGE
from hearth.messages.log import make_time_codec

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
    """Append `count` messages of both, the last one now, all of them read by both."""
    codec = make_time_codec(Database(f"sqlite+aiosqlite:///{folder}/hearth.db"))
    id = bytes.fromhex(conversation)
    authors = [Author(user, secrets.token_bytes(16)) for user in (reader, friend)]
    bursts = list(_list_bursts(id, authors, count))
    begun = datetime.now(UTC) - BURST * len(bursts)
    with sqlite3.connect(folder / "hearth.db") as connection:
        for number, drafts in enumerate(bursts, 1):
            drive(append(drafts, SQLITE, begun + BURST * number, codec), connection)
        [[last]] = connection.execute("SELECT last_seq FROM conversation WHERE id = ?", [id])
        marks = tuple(Mark(id, author.user_id, last, last) for author in authors)
        drive(append([marks], SQLITE, datetime.now(UTC), codec), connection)
    connection.close()


def _list_bursts(conversation: bytes, authors: list[Author], count: int) -> Iterator[list[Item]]:
    """Yield what one author writes at a time: one to six messages, in turn."""
    number = turn = 0
    counters = [0, 0]
    while number < count:
        turn = 1 - turn
        burst: list[Item] = []
        for _ in range(min(number * 31 % 6 + 1, count - number)):
            number += 1
            counters[turn] += 1
            burst.append(_draft(conversation, authors[turn], counters[turn], number))
        yield burst


def _draft(conversation: bytes, author: Author, counter: int, number: int) -> Draft:
    record = seal(Text(make_text(number)))
    client_id = number.to_bytes(16, "big")
    return Draft(conversation, author.user_id, client_id, author.device, counter, KIND_MESSAGE, 0, 0, record)
