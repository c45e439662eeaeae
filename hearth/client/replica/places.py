"""Places of a log that a device remembers, and the last of them that a server still has after a restore.

Few are kept, and denser towards the end: of each power of eight the last two seqs that it divides.
"""

from collections.abc import Mapping

from hearth.client.replica.catch_up import Ask
from hearth.messages.contract import Page, ReadHistory

STEP, MOST_BITS = 3, 48


def add_place(places: Mapping[int, bytes], seq: int, log_hash: bytes) -> dict[int, bytes]:
    """Return the remembered places with the one after the last, H by seq; about log2(seq) of them stay.

    It is called for each entry that is read: only what the new place drives out is looked at.
    """
    grown = {**places, seq: log_hash}
    for bits in range(0, MOST_BITS, STEP):
        if seq % (1 << bits):
            break
        driven_out = seq - (2 << bits)
        if driven_out in grown and not _is_kept(driven_out, seq):
            del grown[driven_out]
    return grown


def _is_kept(at: int, last: int) -> bool:
    """Tell whether a place is one of the last two that some power of eight divides."""
    for bits in range(0, MOST_BITS, STEP):
        if at % (1 << bits):
            return False
        if (last >> bits) - (at >> bits) < 2:
            return True
    return False


async def find_common(ask: Ask, key: str, places: Mapping[int, bytes], last_seq: int) -> int | None:
    """Return the highest of these seqs up to which the server's log is the one that was known.

    `last_seq` is the end of the server's log. None when not even the lowest is on it.
    """
    seqs = sorted(seq for seq in places if seq <= last_seq)
    if seqs and await _is_there(ask, key, seqs[-1], places[seqs[-1]]):
        return seqs[-1]
    low, high = -1, len(seqs) - 2
    while low < high:
        middle = (low + high + 1) // 2
        if await _is_there(ask, key, seqs[middle], places[seqs[middle]]):
            low = middle
        else:
            high = middle - 1
    return seqs[low] if low >= 0 else None


async def _is_there(ask: Ask, key: str, seq: int, log_hash: bytes) -> bool:
    command = ReadHistory(conversation_id=key, seq=seq, direction="after", limit=1)
    page: Page = await ask(command, Page)
    starts_there = not page.entries or page.entries[0].seq == seq + 1
    return starts_there and page.hash_before == log_hash
