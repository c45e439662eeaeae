"""How the server logs: one line per event on standard error, for people or as JSON with stable keys.

Invariants: what an exception says is never written, only what it is and where (its text may hold what people
sent); a blocked or full log never holds up the server: lines are dropped and counted instead.
"""

import asyncio
import json
import logging
import os
import queue
import re
import threading
import traceback
from datetime import UTC, datetime
from typing import Any

from hearth.config import LogFormat

STANDARD_ERROR = 2
MAX_WAITING = 10_000
STOP_SECONDS = 1.0
MAX_FRAMES = 30
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
CODES = ("errno", "sqlite_errorname", "code")


class JsonFormatter(logging.Formatter):
    """One JSON object per event: time (UTC), level, logger, event, its fields, and an exception's outline.

    `event` is the sentence before anything was filled in, so that one kind of event is one value.
    """

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": format_time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.msg if isinstance(record.msg, str) else type(record.msg).__name__,
            "message": record.getMessage(),
        }
        entry |= {name: value for name, value in fields_of(record).items() if name not in entry}
        if record.exc_info and record.exc_info[1] is not None:
            entry["exception"] = outline(record.exc_info[1])
        return json.dumps(entry, default=lambda value: type(value).__name__)


class ConsoleFormatter(logging.Formatter):
    """One line per event; whatever could begin another line, or move a terminal's cursor, becomes a space."""

    def format(self, record: logging.LogRecord) -> str:
        parts = [format_time(record), record.levelname, f"{record.name}:", record.getMessage()]
        parts += [f"{name}={value}" for name, value in fields_of(record).items()]
        if record.exc_info and record.exc_info[1] is not None:
            parts.append(f"[{' < '.join(outline(record.exc_info[1]))}]")
        return CONTROL.sub(" ", " ".join(parts))


def format_time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """Return what was given as `extra={"fields": {…}}`; None is left out."""
    fields = getattr(record, "fields", None)
    given = fields if isinstance(fields, dict) else {}
    return {str(name): value for name, value in given.items() if value is not None}


def outline(error: BaseException) -> list[str]:
    """Return what an exception is, and from where to where it came, newest frame first; causes follow.

    Never its text: a driver's "Duplicate entry '…'" or a KeyError holds what somebody sent.
    """
    lines: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        lines.append(name_error(current))
        frames = traceback.extract_tb(current.__traceback__)
        lines += [f"{shorten(frame.filename)}:{frame.lineno} {frame.name}" for frame in reversed(frames)]
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return lines[:MAX_FRAMES]


def name_error(error: BaseException) -> str:
    """Return the type, with a number or code that says which kind of failure it was."""
    kind = type(error)
    codes = [getattr(error, name, None) for name in CODES]
    if kind.__module__.startswith("asyncmy") and error.args:
        codes.append(error.args[0])
    told = [str(code) for code in codes if isinstance(code, int) or _is_word(code)]
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    return " ".join([name, *told[:1]])


def _is_word(code: object) -> bool:
    return isinstance(code, str) and re.fullmatch(r"[A-Za-z_]{1,40}", code) is not None


def shorten(path: str) -> str:
    """Return a file's name from its package on: where Python lies on this machine is of no use to anybody."""
    return re.split(r"site-packages[/\\]|(?=hearth[/\\])", path)[-1]


class LineWriter(logging.Handler):
    """Writes lines in a thread of its own, so that a pipe nobody reads stops nobody."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._lines: queue.Queue[str | None] = queue.Queue(MAX_WAITING)
        self._dropped = 0
        self._counting = threading.Lock()
        self._thread = threading.Thread(target=self._write, name="hearth-log", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._lines.put_nowait(self.format(record))
        except queue.Full:
            self._count_dropped()
        except Exception:  # a line that cannot be made must not stop what it tells of
            self._count_dropped()

    def close(self) -> None:
        """Write what waits, but wait no longer than a second."""
        try:
            self._lines.put_nowait(None)
        except queue.Full:
            pass
        else:
            self._thread.join(STOP_SECONDS)
        super().close()

    def _write(self) -> None:
        while (line := self._lines.get()) is not None:
            dropped = self.take_dropped()
            if dropped:
                line += f"\n{self.format(make_record('lines were dropped', dropped))}"
            if not self._put(line.encode("utf-8", "backslashreplace") + b"\n"):
                self._count_dropped(dropped + 1)

    def take_dropped(self) -> int:
        """Return how many lines were dropped since this was last asked; each is counted once."""
        with self._counting:
            dropped, self._dropped = self._dropped, 0
        return dropped

    def _count_dropped(self, lines: int = 1) -> None:
        with self._counting:
            self._dropped += lines

    def _put(self, content: bytes) -> bool:
        """Write below Python's own buffer, whose lock would be held while the pipe is full; is it all out?"""
        try:
            while content:
                content = content[os.write(self._descriptor, content) :]
        except OSError:
            return False
        return True


def make_record(event: str, count: int) -> logging.LogRecord:
    record = logging.LogRecord("hearth.logs", logging.WARNING, "", 0, event, None, None)
    record.fields = {"count": count}
    return record


def set_up_logging(log_format: LogFormat) -> None:
    """Log Hearth from INFO on and libraries from WARNING on, but for two that a stranger can make warn."""
    logging.raiseExceptions = False
    logging.captureWarnings(True)
    handler = LineWriter(STANDARD_ERROR)
    handler.setFormatter(JsonFormatter() if log_format == "json" else ConsoleFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("hearth").setLevel(logging.INFO)
    # They warn of every malformed request and of every write to a peer that is gone: strangers must not fill
    # the log.
    for name in ("uvicorn.error", "asyncio"):
        logging.getLogger(name).setLevel(logging.ERROR)


def report_stray_error(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what nobody caught in the event loop, without the reprs that asyncio would add."""
    error = context.get("exception")
    logging.getLogger("hearth.loop").error(
        "nobody caught an error", exc_info=error if isinstance(error, BaseException) else None
    )
