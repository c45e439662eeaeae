"""Logs: one line per event, stable keys, never the text of an exception, and never in the way."""

import asyncio
import json
import logging
import os
import re
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from hearth import logs
from hearth.logs import ConsoleFormatter, JsonFormatter, LineWriter, outline, report_stray_error

CANARY = "canary-5f3a"


def make_record(message: str, *arguments: object, error: BaseException | None = None) -> logging.LogRecord:
    info = None if error is None else (type(error), error, error.__traceback__)
    return logging.LogRecord("hearth.x", logging.ERROR, __file__, 1, message, arguments, info)


def catch(error: Exception) -> Exception:
    try:
        raise error
    except Exception as caught:
        return caught


def test_json_has_stable_keys() -> None:
    record = make_record("a batch of %d was not written: %s", 3, "disk full")
    record.fields = {"queue": 7, "nothing": None}
    entry = json.loads(JsonFormatter().format(record))
    assert entry.pop("time").endswith("+00:00")
    assert entry == {
        "level": "error",
        "logger": "hearth.x",
        "event": "a batch of %d was not written: %s",
        "message": "a batch of 3 was not written: disk full",
        "queue": 7,
    }


def test_fields_do_not_replace_the_keys() -> None:
    record = make_record("x")
    record.fields = {"level": "fine", "message": "forged"}
    entry = json.loads(JsonFormatter().format(record))
    assert (entry["level"], entry["message"]) == ("error", "x")


@pytest.mark.parametrize("formatter", [JsonFormatter(), ConsoleFormatter()])
def test_one_event_is_one_line(formatter: logging.Formatter) -> None:
    record = make_record("said %s", "a\r\nERROR forged\x1b[31m\u2028\x9b", error=catch(ValueError("x\ny")))
    line = formatter.format(record)
    assert len(line.splitlines()) == 1
    assert "\x1b" not in line


def make_errors() -> Iterator[Exception]:
    """What drivers and Python itself put into their texts."""
    yield ValueError(f"bad value {CANARY}")
    yield KeyError(CANARY)
    yield sqlite3.IntegrityError(f"UNIQUE constraint failed: {CANARY}")
    try:
        try:
            raise RuntimeError(CANARY)
        except RuntimeError as inner:
            raise OSError(28, CANARY) from inner
    except OSError as outer:
        yield outer
    try:
        try:
            raise RuntimeError(CANARY)
        except RuntimeError:
            raise LookupError(CANARY) from None
    except LookupError as outer:
        yield outer


@pytest.mark.parametrize("error", list(make_errors()), ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("formatter", [JsonFormatter(), ConsoleFormatter()])
def test_p01_the_text_of_an_exception_stays_out(error: Exception, formatter: logging.Formatter) -> None:
    line = formatter.format(make_record("it failed", error=catch(error)))
    assert CANARY not in line
    assert type(error).__name__ in line


def test_an_outline_says_what_and_where_with_causes() -> None:
    errors = {type(error).__name__: catch(error) for error in make_errors()}
    lines = outline(errors["OSError"])
    assert lines[0] == "OSError 28"
    assert any(re.fullmatch(r".*test_logs\.py:\d+ make_errors", line) for line in lines)
    assert "RuntimeError" in lines
    assert "RuntimeError" not in outline(errors["LookupError"])


def test_a_loop_of_causes_ends() -> None:
    one, other = ValueError(), ValueError()
    one.__cause__, other.__cause__ = other, one
    assert outline(one) == ["ValueError", "ValueError"]


async def test_what_nobody_caught_is_logged_without_its_repr(caplog: pytest.LogCaptureFixture) -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(report_stray_error)

    async def fail() -> None:
        raise ValueError(CANARY)

    task = asyncio.create_task(fail())
    await asyncio.wait({task})
    del task
    await asyncio.sleep(0)
    loop.call_exception_handler({"message": CANARY, "future": CANARY, "exception": ValueError(CANARY)})
    text = "".join(JsonFormatter().format(record) for record in caplog.records)
    assert "nobody caught an error" in text
    assert CANARY not in text


@contextmanager
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    try:
        yield reading, writing
    finally:
        os.close(reading)
        os.close(writing)


def count_lines(text: bytes) -> tuple[int, int]:
    """Return how many lines of `emit_many` are there, and how many more are said to be missing."""
    lines = text.decode().splitlines()
    reports = [re.search(r"lines were dropped count=(\d+)", line) for line in lines]
    return sum("xxx" in line for line in lines), sum(int(report[1]) for report in reports if report)


def emit_many(writer: LineWriter, count: int) -> None:
    for _ in range(count):
        writer.emit(make_record("x" * 500))


def wait_until_written(writer: LineWriter) -> None:
    deadline = time.monotonic() + 10
    while writer._lines.qsize() and time.monotonic() < deadline:
        time.sleep(0.001)


def read_all(reading: int, into: list[bytes]) -> None:
    while part := os.read(reading, 65536):
        into.append(part)


def test_a_pipe_that_nobody_reads_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every line is written or counted as dropped, however reports and new losses fall together."""
    monkeypatch.setattr(logs, "MAX_WAITING", 50)
    threads, each = 4, 500
    reading, writing = os.pipe()
    writer = LineWriter(writing)
    writer.setFormatter(ConsoleFormatter())
    begun = time.monotonic()
    many = [threading.Thread(target=emit_many, args=(writer, each)) for _ in range(threads)]
    for thread in many:
        thread.start()
    for thread in many:
        thread.join()
    assert time.monotonic() - begun < 5
    parts: list[bytes] = []
    reader = threading.Thread(target=read_all, args=(reading, parts))
    reader.start()
    emit_many(writer, each)
    wait_until_written(writer)
    writer.close()
    writer._thread.join(10)
    assert not writer._thread.is_alive()
    os.close(writing)
    reader.join(10)
    os.close(reading)
    written, reported = count_lines(b"".join(parts))
    assert reported > 100
    assert written + reported + writer.take_dropped() == (threads + 1) * each


def test_a_count_that_could_not_be_written_is_told_later() -> None:
    writer = LineWriter(os.open("/dev/full", os.O_WRONLY))
    writer.setFormatter(ConsoleFormatter())
    for _ in range(3):
        writer.emit(make_record("x"))
    writer.close()
    assert writer.take_dropped() == 3
    assert writer.take_dropped() == 0


def test_a_log_that_cannot_be_written_is_no_error() -> None:
    with pipe() as (_, writing):
        descriptor = os.dup(writing)
    os.close(descriptor)
    writer = LineWriter(descriptor)
    writer.setFormatter(ConsoleFormatter())
    writer.emit(make_record("x"))
    writer.close()
    assert not writer._thread.is_alive()
