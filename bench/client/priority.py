"""This process and all that it started go before others on the machine while something is measured.

For Linux, and only for who may. Without it a machine that does other work measures that work.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

NICE = -15


@contextmanager
def first(is_wanted: bool) -> Iterator[None]:
    """Go first meanwhile; raises PermissionError where that is not allowed."""
    if not is_wanted:
        yield
        return
    before = os.getpriority(os.PRIO_PROCESS, 0)
    _set(NICE)
    try:
        yield
    finally:
        _set(before)


def _set(nice: int) -> None:
    for thread in _list_threads():
        # Threads end while they are counted.
        with suppress(ProcessLookupError):
            os.setpriority(os.PRIO_PROCESS, thread, nice)


def _list_threads() -> list[int]:
    """Every thread of this process and of those that it started."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parent = int(stat.read_text(encoding="utf-8").rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(stat.parent.name))
    tree = [os.getpid()]
    for process in tree:
        tree += children.get(process, [])
    return [int(task.name) for process in tree for task in Path(f"/proc/{process}/task").glob("*")]
