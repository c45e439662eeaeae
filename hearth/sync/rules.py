"""When a cursor is of use, what a device lacks, and how much fits into one answer. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from hearth.accounts.read_log import LoggedRow, LogSlice
from hearth.conversations.rules import Access
from hearth.sync.contract import Part

MAX_ENTRIES = 200
MAX_LOG_BYTES = 160 * 1024
NEWEST = 50
NEWEST_RECEIPTS = 100
MAX_CURSORS = 1000
"""Of all conversations together in one answer; a page brings its own cursors when it is opened."""
MAX_RECORD_BYTES = 96 * 1024
"""Of records in the newest rows; snapshot, heads and presence want their room in the same answer. At its
largest that is below a socket's out-queue (1 MiB): tests/sync/test_size.py adds it up."""
MAX_PART_BYTES: dict[Part, int] = {"friends": 128 * 1024, "requests": 48 * 1024, "blocked": 48 * 1024}
"""Of each list in the snapshot itself, as JSON."""
MAX_REST_BYTES = 384 * 1024
MAX_PART_ROWS = 500
KEEP_FOR = timedelta(days=30)
KEEP_MOST = 10_000


def needs_snapshot(generation: str | None, own_generation: str, log_seq: int, log: LogSlice) -> bool:
    """Whether a cursor says nothing: none yet, of another database, ahead of this one, or too old."""
    return generation != own_generation or log_seq == 0 or not log.reaches(log_seq)


def cut_log(
    entries: Sequence[LoggedRow], limit: int, max_bytes: int = MAX_LOG_BYTES
) -> tuple[list[LoggedRow], bool]:
    """Return as many entries as fit, at least one if there is one, and whether there are more."""
    page: list[LoggedRow] = []
    for entry in entries[:limit]:
        max_bytes -= len(entry.payload)
        if page and max_bytes < 0:
            break
        page.append(entry)
    return page, len(page) < len(entries)


def count_fitting(sizes: Iterable[int], max_bytes: int) -> int:
    """Return how many rows of these sizes fit, from the first on; one always does."""
    count = 0
    for size in sizes:
        max_bytes -= size
        if count and max_bytes < 0:
            break
        count += 1
    return count


def list_differing(accesses: Iterable[Access], known: Mapping[str, int]) -> list[Access]:
    """Return the conversations whose head is another than the device's, or of which it knows nothing."""
    return [access for access in accesses if known.get(access.head.id.hex()) != access.last_seq]


def page_heads(accesses: Mapping[bytes, Access], after: bytes, most: int) -> tuple[list[Access], bool]:
    """Return the conversations whose ids come after this one, at most `most`, and whether there are more."""
    ids = sorted(key for key in accesses if key > after)
    return [accesses[key] for key in ids[:most]], len(ids) > most
