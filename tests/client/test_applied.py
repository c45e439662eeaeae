"""What entries do to messages, in the order of seqs (8.10)."""

from itertools import count

from hearth.client.applied import Stood, apply_all, choose_state
from hearth.client.said import Deletion, Pin, Poll, Reaction, Said, State, Text, Vote

KINDS = {Reaction: 3, Vote: 3, Deletion: 4, Pin: 7}


class Log:
    def __init__(self) -> None:
        self.entries: list[Stood] = []
        self.seqs = count(1)

    def add(self, said: Said, *, at: int = 0, user: int = 1, kind: int | None = None) -> int:
        seq = next(self.seqs)
        number = kind or KINDS.get(type(said), 2 if at else 1)
        self.entries.append(Stood(seq, number, user, at, said))
        return seq


def test_the_last_edit_of_the_same_type_is_shown_and_a_deleted_one_gives_back_what_was_before() -> None:
    log = Log()
    it = log.add(Text("one"))
    log.add(Text("two"), at=it)
    third = log.add(Text("three"), at=it)
    log.add(Poll("?", ("a", "b")), at=it)
    assert (apply_all(log.entries)[it].said, apply_all(log.entries)[it].is_edited) == (Text("three"), True)
    log.add(Deletion(), at=third)
    assert apply_all(log.entries)[it].said == Text("two")


def test_a_deleted_message_takes_all_along_and_a_reply_to_it_stays() -> None:
    log = Log()
    it = log.add(Text("one"))
    reply = log.add(Text("two"), at=it, kind=1)
    for said in (Text("edit"), Reaction("\u2764"), Pin(True), Deletion()):
        log.add(said, at=it)
    assert apply_all(log.entries).keys() == {reply}


def test_a_reaction_counts_once_and_goes_with_all_records_that_say_it() -> None:
    log = Log()
    it = log.add(Text("one"))
    own = [log.add(Reaction("\u2764"), at=it) for _ in range(2)]
    log.add(Reaction("\u2764"), at=it, user=2)
    assert apply_all(log.entries)[it].reactions == {"\u2764": [1, 2]}
    log.add(Deletion(), at=own[0])
    assert apply_all(log.entries)[it].reactions == {"\u2764": [1, 2]}
    log.add(Deletion(), at=own[1])
    assert apply_all(log.entries)[it].reactions == {"\u2764": [2]}


def test_votes_count_by_the_polls_own_rules_until_it_is_closed_for_good() -> None:
    log = Log()
    poll = Poll("?", ("a", "b"))
    it = log.add(poll)
    for user, options in ((1, (0,)), (2, (1,)), (2, (0, 1)), (3, (2,)), (1, (1,))):
        log.add(Vote(options), at=it, user=user)
    assert apply_all(log.entries)[it].votes == {2: (1,), 1: (1,)}
    log.add(Poll("?", ("a", "c"), is_closed=True), at=it)
    log.add(Vote(()), at=it, user=2)
    log.add(Poll("?", ("a", "b"), is_closed=True), at=it)
    log.add(poll, at=it)
    log.add(Vote((0,)), at=it, user=4)
    shown = apply_all(log.entries)[it]
    assert (shown.votes, shown.said) == ({1: (1,)}, Poll("?", ("a", "b"), is_closed=True))


def test_a_pin_stands_until_it_is_taken_away() -> None:
    log = Log()
    it = log.add(Text("one"))
    for is_pinned in (True, False, True):
        log.add(Pin(is_pinned), at=it)
        assert apply_all(log.entries)[it].is_pinned is is_pinned


def test_who_may_not_set_a_state_only_repeats_it() -> None:
    old, new, other = State("old"), State("new"), State("other")
    assert choose_state([]) is None
    assert choose_state([(old, True), (other, False), (new, True), (other, False), (new, False)]) == new
    assert choose_state([(old, False), (other, False)]) == old
