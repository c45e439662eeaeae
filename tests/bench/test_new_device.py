"""When the bench says that a new browser is quick enough, and when it does not."""

from typing import Any

import pytest

from bench.client.new_device import count_frames, list_misses, print_new_device, summarize

Figures = dict[str, Any]


def run(newest: float = 2000, older: float = 4000, over: int = 0, longest: float = 33.4) -> Figures:
    frames = {"frames_over_50_ms": over, "longest_frame_ms": longest, "longest_task_ms": 0}
    until, meanwhile = (
        {f"{name}_{when}": n for name, n in frames.items()} for when in ("until_newest", "meanwhile")
    )
    return {"newest_page_ms": newest, "older_ms": older, **until, **meanwhile}


def measured(*runs: Figures) -> Figures:
    dearest = {"ms": 18.2, "of": {"script": 14.8}}
    return {"messages": 10_000, "runs": [*runs], "dearest_task": dearest} | summarize([*runs])


def test_what_is_within_the_bars_is_met(capsys: pytest.CaptureFixture[str]) -> None:
    print_new_device(measured(run(newest=3000, older=5000)))
    assert "every bar is met" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("slow", "what"),
    [
        (run(newest=3001), "the newest page takes 3001 ms"),
        (run(older=5001), "all older messages take 5001 ms more"),
        (run(over=2, longest=66.7), "2 frames over 50 ms while older messages come, the longest 66.7 ms"),
    ],
)
def test_what_is_over_a_bar_in_the_median_round_is_named(
    capsys: pytest.CaptureFixture[str], slow: Figures, what: str
) -> None:
    [miss] = list_misses(measured(run(), slow, slow))
    assert miss.startswith(what)
    assert [*list_misses(measured(run(), run(), slow))] == []
    print_new_device(measured(run(), slow, slow))
    assert f"missed: {miss}" in capsys.readouterr().out


def test_frames_are_counted_by_the_time_between_them() -> None:
    assert count_frames([16.7, 50.0, 66.7], [125.2]) == {
        "frames_over_50_ms": 1,
        "longest_frame_ms": 66.7,
        "longest_task_ms": 125.2,
    }
    assert count_frames([], [])["longest_frame_ms"] == 0
