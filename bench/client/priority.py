"""This process and all that it started go before others on the machine while something is measured.

For Linux, and only for who may. Without it a machine that does other work measures that work. Where the
kernel groups processes by session (autogroups, sched(7)), groups take turns, and a browser is one of its own.
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
    before, group_before = os.getpriority(os.PRIO_PROCESS, 0), _read_group()
    _set(NICE, NICE)
    try:
        yield
    finally:
        _set(before, group_before)


def _set(nice: int, group_nice: int) -> None:
    for process in _list_processes():
        # Processes and threads end while they are counted; not every kernel has groups.
        with suppress(FileNotFoundError, ProcessLookupError):
            _group(process).write_text(str(group_nice))
        for task in Path(f"/proc/{process}/task").glob("*"):
            with suppress(ProcessLookupError):
                os.setpriority(os.PRIO_PROCESS, int(task.name), nice)


def _group(process: int) -> Path:
    return Path(f"/proc/{process}/autogroup")


def _read_group() -> int:
    """Return the nice value of this process's group, 0 where there are none."""
    try:
        return int(_group(os.getpid()).read_text().rpartition(" ")[2])
    except (FileNotFoundError, ValueError):
        return 0


def _list_processes() -> list[int]:
    """This process and those that it started, and those that they did."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parent = int(stat.read_text(encoding="utf-8").rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(stat.parent.name))
    tree = [os.getpid()]
    for process in tree:
        tree += children.get(process, [])
    return tree
