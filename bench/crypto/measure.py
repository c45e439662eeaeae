"""Seals, opens and makes epochs in a browser's worker, while the page counts its own frames.

A frame can be late for want of a processor, too: so frames are counted for as long again while nothing is
done, and another run is traced for what the page's own main thread had of the processor.
"""

import asyncio
import functools
import http.server
import shutil
import statistics
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

from bench.client.priority import first
from bench.client.tracing import trace

ROOT = Path(__file__).parents[2]
WORKER = "src/crypto/conversations/testing/bench.worker.ts"
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
MESSAGE_MS = 3
"""To seal and open a message of 200 bytes."""
EPOCH_MS = 3000
"""To make an epoch for MEMBERS people."""
MEMBERS = 200
FRAME_MS = 50
DROPPED_MS = 25
"""Between two frames, where one is due every 16.7: the one between them was dropped."""
TASK_MS = 8
"""Half a frame: so much of the processor a task of the page may take meanwhile."""
PATIENCE = 600_000
Figures = dict[str, Any]
RUN = """
(wish) => new Promise((resolve, reject) => {
  const worker = new Worker("worker.js", { type: "module" });
  const moves = document.querySelector("#moves");
  let [last, gaps] = [0, null];
  requestAnimationFrame(function frame(now) {
    gaps?.push(now - last);
    last = now;
    moves.textContent = now;
    requestAnimationFrame(frame);
  });
  worker.onerror = (event) => reject(new Error(event.message));
  worker.onmessage = ({ data }) => {
    if (data === "epochs begin") {
      gaps = [];
      return;
    }
    const busy = gaps;
    gaps = [];
    // As long again, while nothing is done: what the machine itself makes late.
    const passed = busy.reduce((sum, gap) => sum + gap, 0);
    setTimeout(() => resolve({ ...data, busy, idle: gaps }), passed);
  };
  worker.postMessage(wish);
})
"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:
        """Requests are nothing to read."""


@contextmanager
def serve(folder: str) -> Iterator[str]:
    handler = functools.partial(Quiet, directory=folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/page.html"
    server.shutdown()


def measure_crypto(messages: int = 500, epochs: int = 5, *, goes_first: bool = False) -> Figures:
    """Return medians and 99th percentiles in milliseconds, and the frames."""
    with tempfile.TemporaryDirectory(prefix="hearth-bench-") as folder:
        shutil.copy(ROOT / "bench/crypto/page.html", folder)
        command = [str(ROOT / "scripts/with-node"), "node", "build/bundle.mjs", WORKER, f"{folder}/worker.js"]
        subprocess.run(command, cwd=ROOT / "web", check=True)
        with serve(folder) as url:
            wish = {"members": MEMBERS, "messages": messages, "epochs": epochs}
            taken = asyncio.run(_run(url, wish, goes_first))
    both = [seal + opened for seal, opened in zip(taken["seal"], taken["open"], strict=True)]
    named = {"seal": taken["seal"], "open": taken["open"], "both": both, "epoch": taken["epoch"]}
    figures: Figures = {name: summarize(values) for name, values in named.items()}
    return figures | {
        "longest_frame_ms": round(max(taken["busy"]), 1),
        "dropped": count_dropped(taken["busy"]),
        "dropped_idle": count_dropped(taken["idle"]),
        "frames": len(taken["busy"]),
        "dearest_task_ms": round(taken["dearest"], 1),
    }


def count_dropped(gaps: list[float]) -> int:
    return sum(gap > DROPPED_MS for gap in gaps)


def summarize(values: list[float]) -> Figures:
    ordered = sorted(values)
    return {
        "median_ms": round(statistics.median(ordered), 2),
        "p99_ms": round(ordered[int(len(ordered) * 0.99)], 2),
    }


async def _run(url: str, wish: dict[str, int], goes_first: bool) -> Figures:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        with first(goes_first):
            page = await _open(browser, url)
            taken: Figures = await page.evaluate(RUN, wish)
            page = await _open(browser, url)
            async with trace(await page.context.new_cdp_session(page)) as traced:
                await page.evaluate(RUN, {**wish, "messages": 1})
        await browser.close()
        return taken | {"dearest": traced.tasks[-1].cost}


async def _open(browser: Browser, url: str) -> Page:
    """Return the page in a profile of its own: keys stay in the browser's storage."""
    page = await browser.new_page()
    page.set_default_timeout(PATIENCE)
    await page.goto(url)
    return page


def list_misses(figures: Figures) -> Iterator[str]:
    """Yield a sentence for each bar that is missed; none when all is met."""
    message, epoch = figures["both"]["median_ms"], figures["epoch"]["median_ms"]
    if message > MESSAGE_MS:
        yield f"sealing and opening a message takes {message} ms, to be at most {MESSAGE_MS}"
    if epoch > EPOCH_MS:
        yield f"an epoch for {MEMBERS} people takes {epoch} ms, to be at most {EPOCH_MS}"
    if figures["longest_frame_ms"] > FRAME_MS:
        yield f"a frame of {figures['longest_frame_ms']} ms while epochs were made, to be at most {FRAME_MS}"
    if figures["dearest_task_ms"] > TASK_MS:
        yield f"a task of the page took {figures['dearest_task_ms']} ms meanwhile, to be at most {TASK_MS}"


def print_crypto(figures: Figures) -> None:
    print("\nCryptography in the browser's worker, milliseconds (median, 99th percentile):")
    names = {
        "seal": "sealing a message of 200 bytes",
        "open": "opening and judging it, 200 at hand",
        "both": f"both (bar {MESSAGE_MS})",
        "epoch": f"an epoch for {MEMBERS} people (bar {EPOCH_MS})",
    }
    for key, name in names.items():
        print(f"  {name:42} {figures[key]['median_ms']:9,.2f} {figures[key]['p99_ms']:9,.2f}")
    dropped = f"{figures['dropped']} of {figures['frames']} while epochs were made"
    print(f"  {'longest frame of the page meanwhile':42} {figures['longest_frame_ms']:9,.2f}")
    print(f"  frames dropped: {dropped}, {figures['dropped_idle']} in as much time without")
    dearest = f"dearest task of the page (bar {TASK_MS})"
    print(f"  {dearest:42} {figures['dearest_task_ms']:9,.2f}")
    misses = list(list_misses(figures))
    print("\n" + ("\n".join(f"  missed: {miss}" for miss in misses) if misses else "  every bar is met"))
