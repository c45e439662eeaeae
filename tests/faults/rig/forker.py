"""Starts servers fast: imports the server's code once and forks, instead of importing anew at every start.

What is forked is `hearth serve` from its first line on; only the second of imports is saved. One line in,
with the arguments and log; one line out, with the process id. Started with --mourn it keeps the dead until
they are asked for: a line with a process id in, one with its exit code or null out. Ends when its input ends.
HEARTH_TEST_CLOCK names a file with the seconds by which the servers' wall clock is wrong.
"""

import json
import os
import signal
import sys
import time
import traceback
from datetime import datetime, timedelta
from pathlib import Path

import hearth.app
import hearth.cli.one_verb
import hearth.cli.serve
import hearth.clock
import hearth.server
from hearth.cli import main

PRELOADED = (hearth.app, hearth.cli.one_verb, hearth.cli.serve, hearth.server)


def serve(order: dict[str, object]) -> None:
    """Become a server. Never returns."""
    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        log = os.open(str(order["log"]), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for target, source in ((0, nothing), (1, log), (2, log)):
            os.dup2(source, target)
        arguments = order["arguments"]
        assert isinstance(arguments, list)
        code = main(arguments)
    except BaseException:  # the child must never come back into the loop below
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


class WrongClock(hearth.clock.SystemClock):
    """The machine's clocks, with a wall clock that somebody moves."""

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=read_error())


def read_error() -> float:
    return float(Path(os.environ["HEARTH_TEST_CLOCK"]).read_text() or 0)


def move_clocks() -> None:
    """Everything that asks for the time of day is told a wrong one; monotonic time goes on as ever."""
    right_time = time.time
    time.time = lambda: right_time() + read_error()
    hearth.app.SystemClock = WrongClock  # type: ignore[attr-defined]


def find_exit_code(pid: int) -> int | None:
    """Return how a server ended, as subprocess says it, or None while it runs. Once for each."""
    found, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if found else None


def run() -> None:
    if "HEARTH_TEST_CLOCK" in os.environ:
        move_clocks()
    if "--mourn" not in sys.argv:
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead are gone at once
    for line in sys.stdin:
        order = json.loads(line)
        if isinstance(order, int):
            print(json.dumps(find_exit_code(order)), flush=True)
            continue
        pid = os.fork()
        if pid == 0:
            serve(order)
        print(pid, flush=True)


if __name__ == "__main__":
    run()
