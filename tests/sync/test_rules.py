"""When a cursor is of use, and how much comes at once."""

from datetime import UTC, datetime

import pytest

from hearth.accounts.read_log import LoggedRow, LogSlice
from hearth.conversations.rules import Access, Head, Stay
from hearth.sync.rules import cut_log, list_differing, needs_snapshot

NOW = datetime(2026, 5, 1, tzinfo=UTC)
OURS, OTHERS = "aa" * 16, "bb" * 16


def row(seq: int, size: int = 10) -> LoggedRow:
    return LoggedRow(seq, "user.changed", b"x" * size, NOW)


@pytest.mark.parametrize(
    ("generation", "log_seq", "first", "expected"),
    [
        (OURS, 5, 1, False),
        (OURS, 10, 1, False),
        (OURS, 10, None, False),
        (OURS, 9, 10, False),
        (OURS, 8, 10, True),
        (OURS, 9, None, True),
        (OURS, 11, 1, True),
        (OURS, 0, 1, True),
        (OTHERS, 5, 1, True),
        (None, 5, 1, True),
    ],
)
def test_which_cursors_need_a_snapshot(
    generation: str | None, log_seq: int, first: int | None, expected: bool
) -> None:
    assert needs_snapshot(generation, OURS, log_seq, LogSlice(10, first, [])) is expected


@pytest.mark.parametrize(
    ("rows", "limit", "max_bytes", "count", "more"),
    [
        ([], 5, 100, 0, False),
        ([row(1), row(2)], 5, 100, 2, False),
        ([row(1), row(2), row(3)], 2, 100, 2, True),
        ([row(1, 60), row(2, 40)], 5, 100, 2, False),
        ([row(1, 60), row(2, 41)], 5, 100, 1, True),
        ([row(1, 500), row(2, 1)], 5, 100, 1, True),
    ],
)
def test_a_page_of_the_log_is_bounded_and_never_empty(
    rows: list[LoggedRow], limit: int, max_bytes: int, count: int, more: bool
) -> None:
    page, has_more = cut_log(rows, limit, max_bytes)
    assert (page, has_more) == (rows[:count], more)


def test_conversations_differ_by_their_heads() -> None:
    def access(number: int, last_seq: int) -> Access:
        head = Head(bytes([number]) * 16, "direct", True, last_seq, last_seq, b"h" * 32, 0, NOW)
        return Access(head, (Stay(1, "member", 0, None, 0, 0),))

    accesses = [access(1, 5), access(2, 5), access(3, 0), access(4, 0), access(5, 5)]
    known = {"01" * 16: 5, "02" * 16: 4, "03" * 16: 0, "05" * 16: 6, "99" * 16: 3}
    assert [one.head.id[0] for one in list_differing(accesses, known)] == [2, 4, 5]
