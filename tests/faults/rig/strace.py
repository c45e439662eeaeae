"""strace on a running server: what it asks of the kernel, and errors that the kernel seems to give.

Debian's package strace; on a machine without it, or where tracing is forbidden, the tests say so.
"""

import asyncio
import re
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.faults.rig.victim import Victim
from tests.unavailable import give_up

ATTACH_SECONDS = 20.0


class CannotTrace(Exception):
    """strace is missing or not allowed to."""


@asynccontextmanager
async def trace(victim: Victim, output: Path, *options: str) -> AsyncIterator[None]:
    """As `attach`, for tests: what cannot be traced is skipped, or fails with CI=true."""
    try:
        async with attach(victim, output, *options):
            yield
    except CannotTrace as reason:
        give_up(reason)


@asynccontextmanager
async def attach(victim: Victim, output: Path, *options: str) -> AsyncIterator[None]:
    """Trace all threads of the server while the block runs. Raises CannotTrace."""
    program = shutil.which("strace")
    if program is None:
        raise CannotTrace("strace is not installed")
    process = await asyncio.create_subprocess_exec(
        *(program, "-f", "-yy", "-s", "2000", "-o", str(output), *options, "-p", str(victim.pid)),
        stdin=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    try:
        line = await asyncio.wait_for(process.stderr.readline(), ATTACH_SECONDS)
        if b"attached" not in line:
            raise CannotTrace(f"strace cannot attach: {line.decode(errors='replace').strip()}")
        yield
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
            await process.communicate()


def find_events(output: Path) -> list[str]:
    """Return in order: "sync" for each flush of the database that succeeded, "ack" for each sent answer.

    A call that strace splits in two counts where it ends.
    """
    events = []
    open_calls: dict[str, str] = {}
    for line in output.read_text(errors="replace").splitlines():
        thread, _, call = line.partition(" ")
        if call.endswith("<unfinished ...>"):
            open_calls[thread] = call
            if is_ack(call):  # bytes may leave the moment the call begins
                events.append("ack")
            continue
        if resumed := re.match(r"\s*<\.\.\. \w+ resumed>", call):
            began = open_calls.pop(thread, "")
            call = began.removesuffix("<unfinished ...>") + call[resumed.end() :]
            if is_ack(began):
                continue
        if is_ack(call):
            events.append("ack")
        elif re.match(r"\s*f(data)?sync\(\d+<[^>]*hearth\.db", call) and call.rstrip().endswith("= 0"):
            events.append("sync")
    return events


def is_ack(call: str) -> bool:
    """Whether this call writes the answer to a message.send to a socket."""
    return "<TCP" in call and re.search(r'43\d+\[\{\\"ok\\":\{\\"seq\\"', call) is not None
