"""What a row of the inbox counts, and how much of it fits into one answer. Pure."""

from collections.abc import Iterable, Iterator

from hearth.conversations.rules import Access
from hearth.messages.contract import Entry

MAX_RECORD_BYTES = 384 * 1024
"""Of records in one answer; as base64 with all around them they stay below a socket's out-queue (1 MiB)."""


def is_all_read(access: Access) -> bool:
    """Whether nothing can be unread, so that nothing has to be counted."""
    return access.read_seq >= access.last_seq


def fit(entries: Iterable[Entry | None], max_bytes: int) -> Iterator[Entry | None]:
    """Yield the entries, without those whose records do not fit any more; smaller ones after them may fit."""
    for entry in entries:
        size = 0 if entry is None else len(entry.record)
        if size > max_bytes:
            yield None
        else:
            max_bytes -= size
            yield entry
