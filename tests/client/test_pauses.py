"""Pauses between tries."""

from hearth.client.pauses import Pauses


def test_each_pause_is_twice_the_one_before_up_to_the_longest() -> None:
    pauses = Pauses(0.5, 3.0)
    assert [pauses.next() for _ in range(5)] == [0.5, 1.0, 2.0, 3.0, 3.0]


def test_what_the_server_asks_for_is_the_least_and_changes_nothing_after_it() -> None:
    pauses = Pauses(0.5, 3.0)
    assert [pauses.next(7.0), pauses.next(0.1), pauses.next(None)] == [7.0, 1.0, 2.0]


def test_what_has_worked_begins_with_the_first_again() -> None:
    pauses = Pauses(0.5, 3.0)
    pauses.next()
    pauses.reset()
    assert pauses.next() == 0.5
