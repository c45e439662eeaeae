"""When the bench says that the client is as it must be, and when it does not."""

from typing import Any

import pytest

from bench.client.judge import list_misses, print_client

Figures = dict[str, Any]


def measured(*over: int, worst: float = 40.0) -> Figures:
    return {"worst_ms": worst, "worst_of_all_ms": worst, "over_50_ms_of_each": list(over), "dearest": []}


def figures(by_clock: Figures, by_processor: Figures, opened: float = 50.0) -> Figures:
    return {
        "messages": 100_000,
        "open": {"median_ms": opened, "worst_ms": opened},
        "open_throttled": {"median_ms": 130, "worst_ms": 130},
        "throttled": {"wheel_up": by_clock},
        "processor": {"wheel_up": {"frames": by_processor, "tasks": measured(0, 0)}},
        "memory": {"nodes": 1900, "heap_mib": 7.4},
    }


def test_no_frame_over_the_bar_is_met(capsys: pytest.CaptureFixture[str]) -> None:
    all_met = figures(measured(0, 0), measured(0, 0))
    assert list(list_misses(all_met)) == []
    print_client(all_met)
    assert "every bar is met" in capsys.readouterr().out


def test_a_frame_in_the_median_round_is_missed_and_named(capsys: pytest.CaptureFixture[str]) -> None:
    missed = figures(measured(0, 1, 2, worst=66.7), measured(0, 0))
    assert list(list_misses(missed)) == [
        "wheel_up: 1 frames over 50 ms in the median round, the longest 66.7 ms",
    ]
    print_client(missed)
    assert "missed: wheel_up" in capsys.readouterr().out


def test_a_frame_in_one_round_of_three_is_told_only(capsys: pytest.CaptureFixture[str]) -> None:
    single = figures(measured(0, 1, 0, worst=66.7), measured(0, 0))
    assert list(list_misses(single)) == []
    print_client(single)
    assert "66.7 ms, 0 1 0" in capsys.readouterr().out


def test_opening_is_judged_and_processor_time_only_told(capsys: pytest.CaptureFixture[str]) -> None:
    slow = figures(measured(0, 0), measured(2, 1, worst=55.0), opened=100.0)
    [opening] = list_misses(slow)
    assert opening.startswith("opening takes 100.0 ms")
    print_client(slow)
    assert "55.0 ms, 2 1" in capsys.readouterr().out
