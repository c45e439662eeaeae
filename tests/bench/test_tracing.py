"""What a trace of the browser says about its dear tasks."""

from typing import Any

import pytest

from bench.client.tracing import Event, list_tasks

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
