"""What a program gives back after a restore goes in requests that the server takes."""

from hearth.client.crypto.log.rows import Row
from hearth.client.restored.offer import _split


def make_row(seq: int, epoch: int, size: int = 1) -> Row:
    return Row(seq, 1, 1, b"d" * 16, b"i" * 16, seq, epoch, 0, 0, b"r" * size, b"h" * 32)


def test_a_request_has_at_most_a_hundred_entries_of_two_epochs() -> None:
    epochs = [1] * 150 + [2, 1, 3, 3, 2, 4]
    batches = list(_split([make_row(seq, epoch) for seq, epoch in enumerate(epochs, 1)]))
    assert [len(batch) for batch in batches] == [100, 52, 3, 1]
    assert [row.seq for batch in batches for row in batch] == list(range(1, 157))


def test_a_request_has_no_more_bytes_than_fit() -> None:
    batches = list(_split([make_row(seq, 1, 60_000) for seq in range(1, 10)]))
    assert [len(batch) for batch in batches] == [4, 4, 1]
