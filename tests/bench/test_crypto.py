"""When the bench says that the cryptography is quick enough, and when it does not."""

from typing import Any

import pytest

from bench.crypto.measure import count_dropped, list_misses, print_crypto, summarize

Figures = dict[str, Any]


def measured(both: float = 1.0, epoch: float = 300.0, frame: float = 16.7, task: float = 1.2) -> Figures:
    figures = {"seal": [0.2], "open": [0.8], "both": [both], "epoch": [epoch]}
    frames = {
        "longest_frame_ms": frame,
        "dropped": 1,
        "dropped_idle": 1,
        "frames": 90,
        "dearest_task_ms": task,
    }
    return {name: summarize(values) for name, values in figures.items()} | frames


def test_what_is_within_the_bars_is_met(capsys: pytest.CaptureFixture[str]) -> None:
    print_crypto(measured(both=3.0, epoch=3000.0, frame=50.0, task=8.0))
    said = capsys.readouterr().out
    assert "every bar is met" in said and "1 of 90 while epochs were made, 1 in as much time without" in said


@pytest.mark.parametrize(
    ("figures", "what"),
    [
        (measured(both=3.1), "sealing and opening a message takes 3.1 ms"),
        (measured(epoch=3001.0), "an epoch for 200 people takes 3001.0 ms"),
        (measured(frame=66.7), "a frame of 66.7 ms while epochs were made"),
        (measured(task=8.1), "a task of the page took 8.1 ms meanwhile"),
    ],
)
def test_what_is_over_a_bar_is_named(figures: Figures, what: str) -> None:
    [miss] = list_misses(figures)
    assert miss.startswith(what)


def test_medians_and_the_slowest_of_a_hundred_are_told() -> None:
    assert summarize([*range(1, 101)]) == {"median_ms": 50.5, "p99_ms": 100}


def test_a_frame_is_dropped_where_two_are_further_apart_than_one_and_a_half() -> None:
    assert count_dropped([16.6, 16.8, 33.4, 24.9, 50.0]) == 2
