"""Places of a log that a device remembers, and the last of them that a server still has after a restore.

Few are kept, and denser towards the end: of each power of eight the last two seqs that it divides.
"""

from collections.abc import Mapping

from hearth.client.replica.catch_up import Ask
from hearth.messages.contract import Page, ReadHistory

STEP, MOST_BITS = 3, 48


def add_place(places: Mapping[int, bytes], seq: int, log_hash: bytes) -> dict[int, bytes]:
    """Return the remembered places with the next one, H by seq; about log2(seq) of them stay."""
    grown = {**places, seq: log_hash}
    divided = sorted(grown)
    kept = set(divided[-2:])
    for bits in range(STEP, MOST_BITS, STEP):
        divided = [at for at in divided if at % (1 << bits) == 0]
        if not divided:
            break
        kept.update(divided[-2:])
    return {at: grown[at] for at in sorted(kept)}


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
