"""What a phone has to wait for at the first visit: Lighthouse's performance score of the sign-in page."""

import asyncio
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench import servers
from bench.lighthouse.audit import QUIET, Report, audit

PAGE = "/sign-in"
START_SECONDS = 60.0
TRIES = 3


def first_load(rounds: int) -> dict[str, Any]:
    """Median of `rounds`, each in a browser that was never here, on a phone's network and processor."""
    reports = []
    with tempfile.TemporaryDirectory(prefix="hearth-bench-") as folder:
        port = servers.find_free_port()
        with servers.run_server(servers.hearth_command(Path(folder), port), port, "/api/health"):
            reports = [judge(f"http://localhost:{port}{PAGE}") for _ in range(rounds)]
    return {
        "performance": round(statistics.median(report.scores["performance"] for report in reports)),
        "scores": [report.scores["performance"] for report in reports],
        "wanting": reports[-1].wanting,
    }


def judge(url: str) -> Report:
    """Judge a page once. On a busy machine the beginning of a trace gets lost, so it is tried again."""
    for _ in range(TRIES):
        with run_browser() as port:
            (report,) = asyncio.run(audit(port, [url], ["performance"]))
        if report.fault is None:
            return report
    raise SystemExit(f"Lighthouse could not judge {url}: {report.fault}")


@contextmanager
def run_browser() -> Iterator[int]:
    """A Chromium with an empty profile; gives the port that it can be driven by.

    It is not pinned as servers and load are: the phone's slowness is simulated from what the page itself
    needs, and a browser that shares a core with Lighthouse, which reads along, waits for its judge.
    """
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("the first load is measured in Chromium, which is not installed")
    with tempfile.TemporaryDirectory(prefix="hearth-bench-", ignore_cleanup_errors=True) as profile:
        options = ["--headless=new", "--remote-debugging-port=0", f"--user-data-dir={profile}", *QUIET]
        command = [chromium, *options, "about:blank"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            yield wait_for_port(process, Path(profile) / "DevToolsActivePort")
        finally:
            process.terminate()
            process.wait(15)


def wait_for_port(process: "subprocess.Popen[bytes]", file: Path) -> int:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        lines = file.read_text().splitlines() if file.exists() else []
        if len(lines) > 1:
            return int(lines[0])
        time.sleep(0.05)
    raise SystemExit("Chromium did not start")
