"""What a trace of the browser says about its dear tasks."""

from typing import Any

import pytest

from bench.client.tracing import Event, Task, list_frames, list_tasks

PAGE = {"pid": 7, "tid": 1}


def event(name: str, begun: int, took: int, **more: Any) -> Event:
    """Return an event of the page's main thread that had the processor all the time, in microseconds."""
    return {"ph": "X", "name": name, "ts": begun, "dur": took, "tdur": took, **PAGE, **more}


def test_a_task_costs_what_it_took_the_processor_and_each_cause_what_was_not_within_another() -> None:
    events = [
        event("RunTask", 0, 10_000),
        event("ThreadControllerImpl::RunTask", 10, 9_980),
        event("FireAnimationFrame", 100, 6_000),
        event("FunctionCall", 200, 5_000),
        event("MajorGC", 300, 2_000),
        event("Layout", 3_000, 1_500),
        event("PrePaint", 7_000, 1_000),
        event("RunTask", 20_000, 3_000, tdur=1_000),
    ]
    dear, cheap = list_tasks(events)
    assert dear.cost == 10
    assert dear.causes == pytest.approx(
        {"other": 3, "script": 2.5, "garbage": 2, "layout": 1.5, "paint": 1}, abs=1e-9
    )
    assert cheap.cost == 1


def test_only_the_thread_that_runs_the_page_counts() -> None:
    events = [
        event("RunTask", 0, 1_000),
        event("FunctionCall", 10, 100),
        event("RunTask", 0, 90_000, tid=2),
        event("Paint", 0, 90_000, tid=2),
    ]
    [task] = list_tasks(events)
    assert task.cost == 1


def test_nothing_costs_more_than_it_takes() -> None:
    [task] = list_tasks([event("RunTask", 0, 1_000, tdur=5_000), event("FunctionCall", 10, 100)])
    assert task.cost == 1


def test_a_frame_costs_all_that_is_done_since_the_one_before() -> None:
    events = [
        event("RunTask", 0, 4_000),
        event("FireAnimationFrame", 100, 2_000),
        event("FunctionCall", 200, 1_000),
        event("RunTask", 5_000, 3_000),
        event("MajorGC", 5_100, 2_500),
        event("RunTask", 9_000, 6_000),
        event("FireAnimationFrame", 9_100, 5_000),
        event("RunTask", 20_000, 7_000),
    ]
    first, second = list_frames(list_tasks(events))
    assert first.cost == 4
    assert second.cost == 9
    assert second.causes["garbage"] == 2.5


def test_what_comes_after_the_last_frame_is_none() -> None:
    assert list(list_frames([Task(5, {"script": 5.0})])) == []


def test_the_page_is_where_frames_are_drawn_whatever_a_worker_runs() -> None:
    events = [
        event("RunTask", 0, 1_000),
        event("FireAnimationFrame", 10, 100),
        *(event("FunctionCall", 10 * number, 5, tid=2) for number in range(9)),
        event("RunTask", 0, 90_000, tid=2),
    ]
    [task] = list_tasks(events)
    assert task.cost == 1 and task.ends_frame
