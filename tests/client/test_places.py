"""Places that a device remembers of a log, and the last of them that a restored server still has."""

from typing import Any

import pytest

from hearth.client.replica.places import add_place, find_common
from hearth.messages.contract import Page, ReadHistory
from tests.client.entries import ID


def place(seq: int, *, log: str = "known") -> bytes:
    return f"{log} {seq}".encode().ljust(32)


class Restored:
    """A server whose log is the one that was known up to a seq, then another one."""

    def __init__(self, same: int, last: int) -> None:
        self.same, self.last, self.asked = same, last, 0

    async def __call__(self, command: ReadHistory, result: type[Any]) -> Any:
        self.asked += 1
        seq = min(command.seq, self.last)
        return Page(
            conversation_id=ID,
            entries=[],
            aimed=[],
            answered=[],
            left_out=[],
            hash_before=place(seq) if seq <= self.same else place(seq, log="other"),
            first_seq=1,
            last_seq=self.last,
            last_ordinal=self.last,
            members=[],
        )


def remember(last: int) -> dict[int, bytes]:
    places: dict[int, bytes] = {}
    for seq in range(1, last + 1):
        places = add_place(places, seq, place(seq))
    return places


@pytest.mark.parametrize("last", [1, 2, 9, 64, 65, 1000, 1023, 1024, 20_000])
def test_few_places_are_kept_and_none_is_far(last: int) -> None:
    places = remember(last)
    assert len(places) <= 14 and {last, max(1, last - 1)} <= places.keys()
    for back in (1, 3, 10, 100, 700):
        if back < last:
            nearest = max((seq for seq in places if seq <= last - back), default=0)
            assert last - nearest <= 16 * back


@pytest.mark.parametrize("begin", [1, 2, 500, 511, 4095])
def test_those_are_kept_that_are_the_last_two_of_their_power(begin: int) -> None:
    places: dict[int, bytes] = {}
    for seq in range(begin, begin + 1100):
        places = add_place(places, seq, place(seq))
        kept = set[int]()
        for bits in range(0, 48, 3):
            kept.update([at for at in range(begin, seq + 1) if at % (1 << bits) == 0][-2:])
        assert list(places) == sorted(kept)


@pytest.mark.parametrize("same", [0, 1, 7, 500, 993, 999, 1000])
async def test_the_last_common_place_is_found_in_a_few_questions(same: int) -> None:
    places, server = remember(1000), Restored(same, 1200)
    found = await find_common(server, ID, places, 1200)
    assert found == max((seq for seq in places if seq <= same), default=None)
    assert server.asked <= 5


async def test_a_place_beyond_the_end_of_the_log_is_not_on_it() -> None:
    assert await find_common(Restored(10, 10), ID, {8: place(8), 12: place(12)}, 10) == 8
    assert await find_common(Restored(10, 10), ID, {12: place(12)}, 10) is None
