"""What fits into one answer, and when nothing has to be counted."""

from datetime import UTC, datetime

import pytest

from hearth.conversations.rules import Access, Head, Stay
from hearth.inbox.rules import fit, is_all_read
from hearth.messages.contract import Entry

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def entry(size: int) -> Entry:
    return Entry(
        conversation_id="c" * 32,
        seq=1,
        ordinal=1,
        kind=1,
        from_user=1,
        from_device="d" * 32,
        client_id="e" * 32,
        counter=1,
        epoch=0,
        target_seq=0,
        record=b"x" * size,
        log_hash=b"h" * 32,
        timestamp=NOW,
    )


def access(last_seq: int, read_seq: int, joined_seq: int = 0, left_seq: int | None = None) -> Access:
    head = Head(b"c" * 16, "group", True, last_seq, last_seq, b"h" * 32, 0, NOW)
    return Access(head, (Stay(1, "member", joined_seq, left_seq, 0, read_seq),))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (access(0, 0), True),
        (access(5, 5), True),
        (access(5, 4), False),
        (access(5, 0), False),
        (access(5, 0, joined_seq=5), True),
        (access(9, 5, left_seq=5), True),
        (access(9, 4, left_seq=5), False),
    ],
)
def test_whether_all_is_read(given: Access, expected: bool) -> None:
    assert is_all_read(given) is expected


def test_large_records_are_left_out_and_small_ones_after_them_are_not() -> None:
    entries = [entry(60), None, entry(50), entry(40), entry(1)]
    assert list(fit(entries, 100)) == [entries[0], None, None, entries[3], None]
