"""Which of what belongs to a page comes along, and what is said to be left out."""

from hearth.messages.belonging import MOST_OF_A_KIND, Aimed, choose_belonging, list_emptied
from hearth.messages.rules import ENTRY_BYTES, MAX_PAGE_BYTES

EDIT, REACTION, DELETION, PIN = 2, 3, 4, 7


def aim(kind: int, *seqs: int, at: int = 1, size: int = 300, has_more: bool = False) -> list[Aimed]:
    return [Aimed(seq, kind, at, size, has_more) for seq in seqs]


def test_of_edits_the_newest_two_and_the_first_come_that_were_not_emptied() -> None:
    edits = [*aim(EDIT, 5, 6, 7, 8), *aim(EDIT, 4, 9, size=0)]
    chosen = choose_belonging(edits, [], {}, MAX_PAGE_BYTES)
    assert (chosen.aimed, chosen.left_out) == ({5, 7, 8}, {})
    assert list_emptied(edits) == [4, 9]


def test_of_deletions_the_first_come_and_of_pins_the_newest() -> None:
    chosen = choose_belonging([*aim(DELETION, 5, 6, 7, at=2), *aim(PIN, 8, 9, 10)], [], {}, MAX_PAGE_BYTES)
    assert chosen.aimed == {5, 6, 9, 10}


def test_reactions_of_all_entries_take_turns_and_what_does_not_fit_is_counted() -> None:
    found = [*aim(REACTION, *range(10, 20)), *aim(REACTION, 30, 31, at=2)]
    room = 4 * (300 + ENTRY_BYTES)
    chosen = choose_belonging(found, [], {}, room)
    assert chosen.aimed == {18, 19, 30, 31}
    assert chosen.left_out == {1: 8}


def test_what_changes_how_an_entry_reads_comes_before_replies_and_those_before_reactions() -> None:
    found = [*aim(REACTION, 30), *aim(EDIT, 20), *aim(DELETION, 21, at=2)]
    for room, aimed, answered in ((2, {20, 21}, set()), (3, {20, 21}, {5}), (4, {20, 21, 30}, {5})):
        chosen = choose_belonging(found, [], {5: 300}, room * (300 + ENTRY_BYTES))
        assert (chosen.aimed, chosen.answered) == (aimed, answered)


def test_an_older_reaction_beyond_the_newest_is_counted_once() -> None:
    found = aim(REACTION, *range(100, 100 + MOST_OF_A_KIND), has_more=True)
    assert choose_belonging(found, [], {}, MAX_PAGE_BYTES).left_out == {1: 1}


def test_a_deletion_of_a_reaction_that_does_not_fit_is_counted_at_the_message() -> None:
    emptied = aim(REACTION, 10, size=0)
    chosen = choose_belonging(emptied, aim(DELETION, 11, at=10), {}, 0)
    assert (chosen.aimed, chosen.left_out) == (set(), {1: 1})
    assert choose_belonging(emptied, aim(DELETION, 11, at=10), {}, MAX_PAGE_BYTES).aimed == {11}
